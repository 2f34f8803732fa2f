//! What statements are called by their query ids: from sessions that run them, else from
//! `pg_stat_statements`.
//!
//! Sessions show their texts anyway, so most ids are known without asking. The rest is asked for seldom, since
//! the server reads a file of all texts for it, and ever less often if that takes it long.

use std::collections::HashMap;
use std::time::Duration;

use daemon::clock::Monotonic;
use wire::sql::Fingerprint;

use crate::probe::activity::Snapshot;
use crate::serverlog::redact;

/// Texts that are remembered; beyond this the memory starts over. At some 300 bytes each, 6 MiB.
const TEXTS_MAX: usize = 20_000;
/// A text is told again after so long: the store may have forgotten the day that it was told on.
const TELL_INTERVAL: Duration = Duration::from_secs(6 * 3_600);

/// How often texts are asked for, at the most and at the least.
const ASK_INTERVAL: Duration = Duration::from_secs(600);
const ASK_INTERVAL_MOST: Duration = Duration::from_secs(6 * 3_600);
/// A fetch that takes longer makes the next one come later: the file is large.
const FETCH_DEAR: Duration = Duration::from_millis(200);

/// Texts by query id.
#[derive(Debug, Default)]
pub struct Texts {
    known: HashMap<i64, Text>,
    due: Option<Monotonic>,
    interval: Option<Duration>,
}

#[derive(Debug)]
struct Text {
    fingerprint: Fingerprint,
    statement: String,
    told: Option<Monotonic>,
}

// === impl Texts ===

impl Texts {
    /// Learns what sessions show. A text that the server has cut is another statement's as well.
    pub fn learn_from(&mut self, snapshot: &Snapshot) {
        for backend in &snapshot.backends {
            let Some((id, sql)) = backend.query_id.zip(backend.query.as_deref()) else {
                continue;
            };
            let is_whole = backend
                .query_bytes
                .and_then(|bytes| usize::try_from(bytes).ok())
                == Some(sql.len());
            if is_whole
                && backend.state.as_deref() == Some("active")
                && !self.known.contains_key(&id)
            {
                self.learn(id, sql);
            }
        }
    }

    /// Learns one text.
    pub fn learn(&mut self, query_id: i64, sql: &str) {
        // What a role may not see has this text.
        if sql.is_empty() || sql == "<insufficient privilege>" {
            return;
        }
        if self.known.len() >= TEXTS_MAX {
            self.known.clear();
        }
        let statement = redact::statement(sql).text;
        let text = Text {
            fingerprint: Fingerprint::of_normalized(&statement),
            statement,
            told: None,
        };
        self.known.insert(query_id, text);
    }

    /// A statement's fingerprint, and its text if it is time to tell it, or it is asked for.
    pub fn tell(
        &mut self,
        query_id: i64,
        is_wanted: bool,
        now: Monotonic,
    ) -> (Option<Fingerprint>, Option<String>) {
        let Some(text) = self.known.get_mut(&query_id) else {
            return (None, None);
        };
        let is_due = is_wanted || text.told.is_none_or(|told| now - told >= TELL_INTERVAL);
        if is_due {
            text.told = Some(now);
        }
        (
            Some(text.fingerprint),
            is_due.then(|| text.statement.clone()),
        )
    }

    /// Which of these have to be asked for, if it is time to ask.
    pub fn unknown(&self, query_ids: impl Iterator<Item = i64>, now: Monotonic) -> Vec<i64> {
        if self.due.is_some_and(|due| now < due) {
            return Vec::new();
        }
        query_ids
            .filter(|id| !self.known.contains_key(id))
            .collect()
    }

    /// Notes that texts were asked for, and how long it took; nothing if they could not be had.
    pub fn asked(&mut self, now: Monotonic, took: Option<Duration>) {
        let interval = self.interval.unwrap_or(ASK_INTERVAL);
        let next = match took {
            Some(took) if took <= FETCH_DEAR => ASK_INTERVAL,
            _ => (interval * 2).min(ASK_INTERVAL_MOST),
        };
        self.interval = Some(next);
        self.due = Some(now + next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::activity::Backend;

    fn at(seconds: u64) -> Monotonic {
        Monotonic::default() + Duration::from_secs(seconds)
    }

    fn snapshot(sql: &str, bytes: i32) -> Snapshot {
        let backend = Backend {
            query_id: Some(7),
            query: Some(sql.to_owned()),
            query_bytes: Some(bytes),
            state: Some("active".to_owned()),
            ..Backend::default()
        };
        Snapshot {
            backends: vec![backend],
            ..Snapshot::default()
        }
    }

    #[test]
    fn what_a_session_shows_need_not_be_asked_for() {
        let mut texts = Texts::default();
        texts.learn_from(&snapshot("select 'a", 2_000));
        assert_eq!(texts.unknown([7].into_iter(), at(0)), [7], "it was cut");
        texts.learn_from(&snapshot("select 1", 8));
        assert_eq!(texts.unknown([7, 8].into_iter(), at(0)), [8]);
    }

    #[test]
    fn a_text_is_told_once_in_a_while() {
        let mut texts = Texts::default();
        texts.learn(7, "select 42");
        let (fingerprint, text) = texts.tell(7, false, at(0));
        assert_eq!(text.as_deref(), Some("SELECT ?"));
        assert_eq!(texts.tell(7, false, at(60)), (fingerprint, None));
        assert!(texts.tell(7, false, at(6 * 3_600)).1.is_some());
        assert!(texts.tell(7, true, at(6 * 3_600 + 1)).1.is_some());
        texts.learn(8, "<insufficient privilege>");
        assert_eq!(texts.tell(8, false, at(0)), (None, None));
    }

    #[test]
    fn a_large_file_is_read_less_and_less_often() {
        let mut texts = Texts::default();
        let due = |texts: &Texts, seconds| !texts.unknown([1].into_iter(), at(seconds)).is_empty();
        texts.asked(at(0), Some(Duration::from_millis(5)));
        assert!(!due(&texts, 599) && due(&texts, 600));
        texts.asked(at(600), Some(Duration::from_secs(1)));
        assert!(!due(&texts, 1_799) && due(&texts, 1_800));
        texts.asked(at(1_800), None);
        assert!(!due(&texts, 4_199) && due(&texts, 4_200));
        texts.asked(at(4_200), Some(Duration::from_millis(5)));
        assert!(due(&texts, 4_800));
    }
}
