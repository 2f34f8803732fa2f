//! What is asked seldom: settings, statistics, facts. One question after a sample, never instead of one.
//!
//! The questions take turns on the session that samples, each at its own pace. Each has its own backoff: what
//! fails or costs much is asked less often, and what tells least for its cost gives way first
//! ([`Question::ALL`] is in that order).

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::clock::Monotonic;
use daemon::log::chain;

use crate::probe;
use crate::serverlog::source::Source;
use crate::serverlog::watch::Signpost;
use crate::session::{Session, SessionError};

/// What may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Settings,
}

/// Asks what is due.
#[derive(Debug)]
pub struct Survey {
    signpost: Option<Signpost>,
    due: BTreeMap<Question, Turn>,
}

/// When a question is asked next, and how often.
#[derive(Clone, Copy, Debug)]
struct Turn {
    due: Monotonic,
    interval: Duration,
}

/// A question that fails is not asked again for so long, and at most so much longer each time.
const BACKOFF_MOST: u32 = 16;

// === impl Question ===

impl Question {
    const ALL: [Self; 1] = [Self::Settings];

    fn interval(self) -> Duration {
        match self {
            Self::Settings => Duration::from_secs(60),
        }
    }
}

// === impl Survey ===

impl Survey {
    pub fn new(signpost: Option<Signpost>) -> Self {
        Self {
            signpost,
            due: BTreeMap::new(),
        }
    }

    /// It may be another server by now: everything is asked anew.
    pub fn greet(&mut self, now: Monotonic) {
        let turn = |question: Question| Turn {
            due: now,
            interval: question.interval(),
        };
        self.due = Question::ALL
            .map(|question| (question, turn(question)))
            .into();
    }

    /// Asks the one question that is due the longest, if any is.
    pub async fn step(
        &mut self,
        session: &mut Session,
        now: Monotonic,
    ) -> Result<(), SessionError> {
        let due = self.due.iter().filter(|(_, turn)| turn.due <= now);
        let Some((&question, _)) = due.min_by_key(|(_, turn)| turn.due) else {
            return Ok(());
        };
        let asked = match question {
            Question::Settings => self.ask_settings(session).await,
        };
        let turn = self.due.entry(question).or_insert(Turn {
            due: now,
            interval: question.interval(),
        });
        let most = question.interval() * BACKOFF_MOST;
        turn.interval = match asked {
            Ok(()) => question.interval(),
            Err(_) => (turn.interval * 2).min(most),
        };
        turn.due = now + turn.interval;
        asked
    }

    async fn ask_settings(&mut self, session: &mut Session) -> Result<(), SessionError> {
        let settings = probe::settings::ask(session).await?;
        if let Some(signpost) = &self.signpost {
            match Source::of_server(signpost.wanted(), &settings) {
                Ok(source) => signpost.point(source),
                Err(error) => tracing::warn!(error = chain(&error), "no log to follow"),
            }
        }
        Ok(())
    }
}
