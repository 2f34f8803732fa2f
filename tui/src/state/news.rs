//! What the store's stream of news does to the state.
//!
//! A live screen asks for what is new, but not faster than it could be seen to change. A still one counts it.

use wire::time::Micros;

use super::State;
use super::update::REFRESH;
use crate::action::Effect;
use crate::live::News;

/// A live screen is renewed four times a bucket, but not more often than this.
const RENEWED_AFTER_MIN: Micros = Micros::from_seconds(2);

/// Records by the store's own count, which begins with its start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stored {
    latest: Option<u64>,
    seen: u64,
}

// === impl Stored ===

impl Stored {
    /// Takes a newer count; false if it says nothing new.
    fn tell(&mut self, records: u64) -> bool {
        match self.latest.replace(records) {
            // What was there before this console was, it has not missed.
            None => self.seen = records,
            // The store was started again.
            Some(before) if before > records => self.seen = 0,
            Some(before) => return before != records,
        }
        true
    }

    /// All of it is on the screen, or will be at once.
    pub(super) fn catch_up(&mut self) {
        self.seen = self.latest.unwrap_or_default();
    }
}

// === impl State ===

impl State {
    /// Records that came since the screen stands still.
    pub fn unseen(&self) -> u64 {
        if self.window.is_live {
            return 0;
        }
        let stored = self.stored;
        stored
            .latest
            .unwrap_or_default()
            .saturating_sub(stored.seen)
    }

    pub(super) fn heed(&mut self, news: News, effects: &mut Vec<Effect>) {
        match news {
            News::Open => {
                // Whoever opens a stream answers questions, too.
                if let Some(failure) = &mut self.failure {
                    failure.retry_at_us = self.clock_at_us;
                    effects.push(Effect::Draw);
                }
            }
            News::Spikes => self.refresh_after(Micros(0)),
            News::Stored { records } => {
                let is_new = self.stored.tell(records);
                if self.window.is_live {
                    let bucket =
                        Micros(self.window.range.span().0 / i64::from(super::update::BUCKETS));
                    let pace = Micros(bucket.0 / 4).clamp(RENEWED_AFTER_MIN, REFRESH);
                    self.refresh_after(pace);
                } else if is_new {
                    effects.push(Effect::Draw);
                }
            }
        }
    }

    /// Has the next round begin so long after the last one, unless it is due before.
    fn refresh_after(&mut self, pace: Micros) {
        if let Some(due) = self.refresh_at_us {
            let sooner = (due - REFRESH + pace).max(self.clock_at_us);
            self.refresh_at_us = Some(due.min(sooner));
        }
    }
}
