//! What is asked seldom: settings, statistics, facts. One question after a sample, never instead of one.
//!
//! The questions take turns on the session that samples, each at its own pace, and each with its own backoff:
//! one that fails is asked less often. When the budget is tight those that tell least for their cost give way
//! first ([`Question::can_wait`]): texts, then tables; the samples themselves are the last to.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::clock::{Clock, Monotonic};
use daemon::log::chain;
use wire::pg::database::Database;
use wire::pg::statements::{Statement, Statements};

use crate::condition::{Condition, Scene};
use crate::hints::{self, hints};
use crate::probe;
use crate::probe::activity::Snapshot;
use crate::probe::names::{Named, Names};
use crate::probe::statements::{Extension, Key};
use crate::serverlog::source::Source;
use crate::serverlog::watch::Signpost;
use crate::session::{Session, SessionError};
use crate::statements::{Added, Ledger};
use crate::texts::Texts;

/// What may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Settings,
    Statements,
    Texts,
    Tables,
    Database,
}

/// Which of them are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub with_statements: bool,
    pub with_database: bool,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    Statements(Box<Statements>),
    Database(Box<Database>),
}

/// The moment in which a question is asked.
#[derive(Debug)]
pub struct Moment<'a> {
    pub snapshot: &'a Snapshot,
    pub names: &'a mut Names,
    pub prefix: &'a str,
    pub clock: &'a Clock,
    /// Whether the budget leaves no room for what can wait.
    pub is_tight: bool,
}

/// Asks what is due.
#[derive(Debug)]
pub struct Survey {
    signpost: Option<Signpost>,
    scope: Scope,
    turns: BTreeMap<Question, Turn>,
    settings: BTreeMap<String, String>,
    /// Why no log can be followed, if that is so.
    log_hint: Option<String>,
    extension: hints::Extension,
    ledger: Ledger,
    texts: Texts,
    /// Statements that were told without a text.
    nameless: Vec<i64>,
    condition: Condition,
}

/// When a question is asked next, and how often.
#[derive(Clone, Copy, Debug)]
struct Turn {
    due: Monotonic,
    interval: Duration,
}

/// The dearest statements are told with their texts each time: they are what the record is about.
const TOLD_ALWAYS: usize = 10;

/// A question that keeps failing is asked so much more seldom at the most.
const BACKOFF_MOST: u32 = 16;

// === impl Question ===

impl Question {
    /// In the order in which they are asked at first.
    const ALL: [Self; 5] = [
        Self::Settings,
        Self::Statements,
        Self::Texts,
        Self::Tables,
        Self::Database,
    ];

    fn interval(self) -> Duration {
        Duration::from_secs(match self {
            // Whether any text is asked for is decided by what is known already.
            Self::Settings | Self::Statements | Self::Database | Self::Texts => 60,
            Self::Tables => 300,
        })
    }

    fn can_wait(self) -> bool {
        matches!(self, Self::Texts | Self::Tables)
    }

    fn is_in(self, scope: Scope) -> bool {
        match self {
            Self::Settings => true,
            Self::Statements | Self::Texts => scope.with_statements,
            Self::Tables | Self::Database => scope.with_database,
        }
    }
}

// === impl Survey ===

impl Survey {
    pub fn new(scope: Scope, signpost: Option<Signpost>) -> Self {
        Self {
            signpost,
            scope,
            turns: BTreeMap::new(),
            settings: BTreeMap::new(),
            log_hint: None,
            extension: hints::Extension::Unknown,
            ledger: Ledger::default(),
            texts: Texts::default(),
            nameless: Vec::new(),
            condition: Condition::default(),
        }
    }

    /// It may be another server by now: everything is asked anew.
    pub fn greet(&mut self, now: Monotonic) {
        let turn = |question: Question| Turn {
            due: now,
            interval: question.interval(),
        };
        let asked = Question::ALL
            .into_iter()
            .filter(|question| question.is_in(self.scope));
        self.turns = asked.map(|question| (question, turn(question))).collect();
        self.ledger.forget();
        self.condition.forget();
    }

    /// Asks the one question that is due the longest, if any is.
    pub async fn step(
        &mut self,
        session: &mut Session,
        moment: Moment<'_>,
    ) -> Result<Option<Report>, SessionError> {
        self.texts.learn_from(moment.snapshot);
        let now = moment.clock.monotonic();
        let due = self.turns.iter().filter(|(question, turn)| {
            turn.due <= now && !(moment.is_tight && question.can_wait())
        });
        let Some((&question, _)) = due.min_by_key(|(_, turn)| turn.due) else {
            return Ok(None);
        };
        let asked = self.ask(question, session, moment).await;
        if let Some(turn) = self.turns.get_mut(&question) {
            turn.interval = if asked.is_ok() {
                question.interval()
            } else {
                (turn.interval * 2).min(question.interval() * BACKOFF_MOST)
            };
            turn.due = now + turn.interval;
        }
        asked
    }

    async fn ask(
        &mut self,
        question: Question,
        session: &mut Session,
        moment: Moment<'_>,
    ) -> Result<Option<Report>, SessionError> {
        match question {
            Question::Settings => self.ask_settings(session).await.map(|()| None),
            Question::Statements => self.ask_statements(session, moment).await,
            Question::Texts => self.ask_texts(session, moment.clock).await.map(|()| None),
            Question::Tables => {
                let tables = probe::database::ask_tables(session).await?;
                self.condition.enter_tables(tables);
                Ok(None)
            }
            Question::Database => Ok(Some(self.ask_database(session, moment).await)),
        }
    }

    async fn ask_settings(&mut self, session: &mut Session) -> Result<(), SessionError> {
        self.settings = probe::settings::ask(session).await?;
        if let Some(signpost) = &self.signpost {
            match Source::of_server(signpost.wanted(), &self.settings) {
                Ok(source) => {
                    self.log_hint = None;
                    signpost.point(source);
                }
                Err(error) => {
                    let hint = format!("the server's log is not followed: {}", chain(&error));
                    if self.log_hint.as_ref() != Some(&hint) {
                        tracing::warn!(hint, "no log");
                    }
                    self.log_hint = Some(hint);
                }
            }
        }
        Ok(())
    }

    async fn ask_statements(
        &mut self,
        session: &mut Session,
        moment: Moment<'_>,
    ) -> Result<Option<Report>, SessionError> {
        let is_loaded = self
            .settings
            .get("shared_preload_libraries")
            .is_none_or(|libraries| libraries.contains("pg_stat_statements"));
        if !is_loaded {
            self.extension = hints::Extension::NotLoaded;
            return Ok(None);
        }
        let Some(extension) = Extension::find(session).await? else {
            self.extension = hints::Extension::NotCreated;
            return Ok(None);
        };
        let look = match extension.look(session).await {
            Err(error) if error.is_denied() => {
                self.extension = hints::Extension::Denied;
                return Err(error);
            }
            look => look?,
        };
        self.extension = hints::Extension::Works;
        let Some(added) = self.ledger.enter(&look, moment.snapshot.at) else {
            return Ok(None);
        };
        let now = moment.clock.monotonic();
        let named = added
            .listed
            .iter()
            .flat_map(|(key, _)| [Named::Database(key.database), Named::Role(key.user)]);
        let missing = moment.names.missing(named, now);
        if !missing.is_empty() && !session.is_over() {
            // Without names there are numbers still.
            let _ = moment.names.ask(session, &missing, now).await;
        }
        Ok(Some(self.statements(&added, &extension, &moment)))
    }

    fn statements(&mut self, added: &Added, extension: &Extension, moment: &Moment<'_>) -> Report {
        let now = moment.clock.monotonic();
        self.nameless.clear();
        let listed = added
            .listed
            .iter()
            .enumerate()
            .map(|(place, (key, counts))| {
                let Key {
                    user,
                    database,
                    query_id,
                    is_top_level,
                } = *key;
                let (fingerprint, statement) = self.texts.tell(query_id, place < TOLD_ALWAYS, now);
                if fingerprint.is_none() {
                    self.nameless.push(query_id);
                }
                Statement {
                    query_id: query_id.to_string(),
                    database: moment.names.get(Named::Database(database)),
                    user: moment.names.get(Named::Role(user)),
                    is_top_level,
                    fingerprint,
                    statement,
                    counts: *counts,
                }
            });
        let statements = listed.collect();
        let size = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let known_max = self.settings.get("pg_stat_statements.max");
        Report::Statements(Box::new(Statements {
            interval_us: added.interval_us,
            version: extension.to_string(),
            statements,
            others: added.others,
            others_count: size(added.others_count),
            known: size(added.known),
            known_max: known_max.and_then(|max| max.parse().ok()),
            evictions: added.evictions,
            is_reset: added.is_reset,
        }))
    }

    async fn ask_texts(
        &mut self,
        session: &mut Session,
        clock: &Clock,
    ) -> Result<(), SessionError> {
        let began = clock.monotonic();
        let unknown = self.texts.unknown(self.nameless.iter().copied(), began);
        if unknown.is_empty() {
            return Ok(());
        }
        let Some(extension) = Extension::find(session).await? else {
            return Ok(());
        };
        let texts = extension.texts(session, &unknown).await;
        let now = clock.monotonic();
        self.texts.asked(now, texts.is_ok().then(|| now - began));
        for (query_id, text, is_cut) in texts? {
            // The beginning of a text is another statement's as well.
            if !is_cut {
                self.texts.learn(query_id, &text);
            }
        }
        Ok(())
    }

    async fn ask_database(&mut self, session: &mut Session, moment: Moment<'_>) -> Report {
        let (state, errors) = probe::database::ask(session).await;
        for error in errors {
            tracing::debug!(error = chain(&error), "part of the facts is missing");
        }
        let mut hints = hints(&self.settings, self.extension);
        hints.extend(self.log_hint.clone());
        let scene = Scene {
            snapshot: moment.snapshot,
            names: moment.names,
            facts: session.facts(),
            settings: &self.settings,
            prefix: moment.prefix,
        };
        Report::Database(Box::new(self.condition.enter(state, &scene, hints)))
    }
}
