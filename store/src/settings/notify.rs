//! `[notify]`: who is told of a new spike.

use std::path::PathBuf;
use std::time::Duration;

use daemon::settings::Section;

/// What the notifier is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    pub is_on: bool,
    /// Whether it is stored as a record, which is forwarded like all others.
    pub is_gelf_on: bool,
    /// The file with the URL that gets a POST; such URLs are secrets.
    pub webhook_file: Option<PathBuf>,
    /// A program that gets the same on its standard input.
    pub command: Option<PathBuf>,
    /// How long after a spike was found, so that there is something to say of it.
    pub delay: Duration,
    /// How long either may take.
    pub timeout: Duration,
    /// How many suspects are told.
    pub suspects_max: usize,
}

/// An hour later nobody needs to be told.
const DELAY_MAX: Duration = Duration::from_secs(3_600);

const TIMEOUT_MIN: Duration = Duration::from_secs(1);
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

// === impl Notify ===

impl Notify {
    pub(super) const SECTION: &'static str = "notify";

    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let notify = Self {
            is_on: section.boolean("enabled", "on"),
            is_gelf_on: section.boolean("gelf", "on"),
            webhook_file: section.path_optional("webhook_file", ""),
            command: section.path_optional("command", ""),
            delay: section.duration_between("delay", "20s", Duration::ZERO, DELAY_MAX),
            timeout: section.duration_between("timeout", "10s", TIMEOUT_MIN, TIMEOUT_MAX),
            suspects_max: usize::try_from(section.number_between("suspects", "3", 1, 20))
                .unwrap_or(1),
        };
        let is_told =
            notify.is_gelf_on || notify.webhook_file.is_some() || notify.command.is_some();
        if notify.is_on && !is_told {
            section.refuse(
                "enabled",
                "on needs gelf, a webhook_file or a command, or nobody is told",
            );
        }
        notify
    }
}
