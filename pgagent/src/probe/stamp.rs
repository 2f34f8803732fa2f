//! The server's `timestamptz`, read without a calendar.
//!
//! On the wire it is a count of microseconds since 2000-01-01 UTC, which is what an
//! [`Instant`](wire::time::Instant) is but for its epoch.

use std::error::Error;

use tokio_postgres::types::{FromSql, Type, accepts};
use wire::time::Instant;

/// A `timestamptz` as an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(pub(super) Instant);

/// 2000-01-01 UTC, in microseconds since 1970.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

impl<'a> FromSql<'a> for Stamp {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        // `infinity` is the largest number there is: it stays one.
        Ok(Self(Instant(micros.saturating_add(EPOCH_MICROS))))
    }

    accepts!(TIMESTAMPTZ);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_counts_from_1970() {
        let read = |micros: i64| {
            Stamp::from_sql(&Type::TIMESTAMPTZ, &micros.to_be_bytes()).map(|stamp| stamp.0.0)
        };
        assert_eq!(read(0).unwrap(), 946_684_800_000_000);
        assert_eq!(read(-EPOCH_MICROS).unwrap(), 0);
        assert_eq!(read(i64::MAX).unwrap(), i64::MAX);
        assert!(Stamp::from_sql(&Type::TIMESTAMPTZ, &[0; 4]).is_err());
    }
}
