//! The machine's wall clock and its time zone, read here and nowhere else.
//!
//! The state is told the time by messages, so that tests bring their own.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use wire::time::Instant;

use crate::zone::Zone;

/// The present instant. A clock before 1970 reads as 1970, one beyond all bounds as their end.
pub fn now() -> Instant {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Instant(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// The machine's time zone: `TZ`, else what `/etc/localtime` says, else UTC.
pub fn local_zone() -> Zone {
    TimeZone::try_system().map_or_else(|_| Zone::utc(), Zone::of)
}
