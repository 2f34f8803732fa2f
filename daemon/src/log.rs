//! Logging: lines on standard error, where systemd's journal or a supervisor picks them up.
//!
//! `BITVILLE_LOG`, else `RUST_LOG`, chooses what is shown, as `info` or `daemon=debug,warn`. The
//! daemons' text is lower case with data in fields, and an `error` means that somebody must act.

use std::io;

use tracing_subscriber::EnvFilter;

/// The environment variables that choose the level, the first that is set wins.
const VARIABLES: [&str; 2] = ["BITVILLE_LOG", "RUST_LOG"];

/// What is shown unless the environment says otherwise.
const LEVEL_DEFAULT: &str = "info";

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
        .with_writer(io::stderr);
    if subscriber.try_init().is_ok()
        && let Some((variable, error)) = refused
    {
        tracing::warn!(%variable, %error, "log filter refused, showing info and above");
    }
}
