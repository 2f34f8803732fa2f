//! Logging: lines on standard error, where systemd's journal or a supervisor picks them up.
//!
//! `BITVILLE_LOG`, else `RUST_LOG`, chooses what is shown, as `info` or `daemon=debug,warn`. The
//! daemons' text is lower case with data in fields, and an `error` means that somebody must act.

use std::error::Error;
use std::io;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::clock::{Clock, Monotonic};

/// The environment variables that choose the level, the first that is set wins.
const VARIABLES: [&str; 2] = ["BITVILLE_LOG", "RUST_LOG"];

/// What is shown unless the environment says otherwise.
const LEVEL_DEFAULT: &str = "info";

/// Lets a line through once per interval, for trouble that repeats itself.
#[derive(Debug)]
pub struct Sparingly {
    interval: Duration,
    last: Option<Monotonic>,
}

/// Starts logging. Call once, first thing; a second call changes nothing.
pub fn init() {
    let wanted = VARIABLES
        .iter()
        .find_map(|name| Some((name, std::env::var(name).ok()?)));
    let (filter, refused) = match &wanted {
        None => (EnvFilter::new(LEVEL_DEFAULT), None),
        Some((name, text)) => match EnvFilter::try_new(text) {
            Ok(filter) => (filter, None),
            Err(error) => (EnvFilter::new(LEVEL_DEFAULT), Some((name, error))),
        },
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // It would tell of a log that can't be written on standard error, and panic when that is the
        // log that can't be written: a pipe whose reader is gone must not end a daemon.
        .log_internal_errors(false);
    if subscriber.try_init().is_ok()
        && let Some((variable, error)) = refused
    {
        tracing::warn!(%variable, %error, "log filter refused, showing info and above");
    }
}

/// An error and its causes in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

// === impl Sparingly ===

impl Sparingly {
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            last: None,
        }
    }

    /// Whether to log now.
    pub fn now(&mut self, clock: &Clock) -> bool {
        let now = clock.monotonic();
        let is_due = self.last.is_none_or(|last| now - last >= self.interval);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}
