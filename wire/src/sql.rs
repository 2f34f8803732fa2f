//! The shape of a SQL statement: what stays of it when its values are taken out.
//!
//! ```text
//! select * from Cart where session='8f3a' and qty in (1,2, 3) -- slow?
//! SELECT * FROM cart WHERE session = ? AND qty IN (?)
//! ```
//!
//! [`normalize`] takes out comments, literals and parameters, folds case and space, and leaves one
//! element of a list in which all are alike. What it returns can leave the host: values, and with
//! them secrets, are gone. [`fingerprint`] is a hash of that text: the same for PHP, which knows a
//! statement as `:sku`, for the server, which knows it as `$1`, and for a log line with the value.
//!
//! This is a lexer, not a parser. It reads what no parser would (texts that the server has cut,
//! statements of other databases, garbage) in linear time, and what it has returned it returns
//! unchanged. It is no judge of whether a statement is valid, and knows nothing of its meaning.

mod lexer;
mod locking;
mod word;
mod writer;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

pub use locking::{names_relation, takes_locks};

/// Statements that are alike but for their values share one. Displayed as 16 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u64);

/// A text that is no fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("fingerprint: 16 hex digits are allowed, got {given:?}")]
pub struct FingerprintError {
    given: String,
}

/// The statement without comments and values, on one line.
pub fn normalize(sql: &str) -> String {
    let mut writer = writer::Writer::with_capacity(sql.len());
    for token in lexer::Lexer::new(sql) {
        writer.push(token);
    }
    writer.finish()
}

/// The fingerprint of a statement, normalized or not.
pub fn fingerprint(sql: &str) -> Fingerprint {
    Fingerprint::of_normalized(&normalize(sql))
}

// === impl Fingerprint ===

impl Fingerprint {
    /// The fingerprint of what [`normalize`] has returned, without normalizing again.
    pub fn of_normalized(text: &str) -> Self {
        Self(fnv_1a(text.as_bytes()))
    }

    /// For a column or an index; [`Fingerprint::raw`] gives the number back.
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    pub const fn raw(self) -> u64 {
        self.0
    }

    /// The digits that it is displayed as.
    pub fn digits(self) -> [u8; 16] {
        let mut digits = [0; 16];
        for (place, digit) in digits.iter_mut().enumerate() {
            let nibble = self.0 >> (60 - 4 * place) & 0xf;
            *digit = b"0123456789abcdef"[nibble as usize];
        }
        digits
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex
            .then(|| u64::from_str_radix(text, 16).ok().map(Self))
            .flatten()
            .ok_or_else(|| FingerprintError {
                given: text.chars().take(40).collect(),
            })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Fingerprint {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fingerprint".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[0-9a-f]{16}$"})
    }
}

// As text: JSON readers round numbers beyond 2^53.
impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// FNV-1a with 64 bits, with the offset basis and prime that Fowler, Noll and Vo publish (also in
/// RFC 9923). Fingerprints are stored, so this may never change; nobody gains from a collision.
fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
