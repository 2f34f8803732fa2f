//! How much a message matters: the levels of syslog, which GELF has taken over.

use wire::pg::log::Severity;

/// A syslog severity, the worst first (RFC 5424, section 6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// The database server as a whole has come to an end.
    Emergency = 0,
    /// Data is damaged, or there is no room for more.
    Alert = 1,
    /// A session came to an end by it, or the load rises far above its usual.
    Critical = 2,
    /// A request or a statement failed.
    Error = 3,
    /// Somebody waits, or something is about to run out.
    Warning = 4,
    /// Slow, but well.
    Notice = 5,
    /// As usual.
    Informational = 6,
    Debug = 7,
}

// === impl Level ===

impl Level {
    pub(crate) fn number(self) -> i64 {
        self as i64
    }

    /// As Postgres itself tells syslog, but for errors: there they are warnings.
    pub(crate) fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Panic => Self::Emergency,
            Severity::Fatal => Self::Critical,
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Notice => Self::Notice,
            Severity::Log | Severity::Info => Self::Informational,
            Severity::Debug => Self::Debug,
        }
    }
}
