//! Tells systemd when the daemon is ready and when it stops (`Type=notify`).
//!
//! Without systemd there is nobody to tell, and these do nothing.

use sd_notify::NotifyState;

/// The daemon takes work from now on.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// The daemon takes no more work and finishes what it has.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd can't be told");
    }
}
