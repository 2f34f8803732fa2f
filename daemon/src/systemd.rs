//! What systemd is told (`Type=notify`) and asks: readiness, the end, a sign of life.
//!
//! Without systemd there is nobody to tell, and these do nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// The daemon takes work from now on.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// The daemon takes no more work and finishes what it has.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

/// One line for `systemctl status`.
pub fn status(text: &str) {
    tell(NotifyState::Status(text));
}

/// The daemon is alive. To be said more often than [`watchdog_interval`].
pub fn alive() {
    tell(NotifyState::Watchdog);
}

/// Within which time systemd wants a sign of life (`WatchdogSec=`); none if it does not watch.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd can't be told");
    }
}
