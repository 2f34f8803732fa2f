//! Identifiers, each a type of its own, so that a request's id can't be passed for a record's.
//!
//! All of them check on the way in (`try_new`, serde) and never after.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::limits;

/// The id of one PHP request (UUID v4). Postgres sees it as `application_name` = `bv:<uuid>`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CorrelationId(pub Uuid);

/// The id of one record (UUID v7, made by its producer). Storing is idempotent on it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

/// A project: 1 to 64 of `[A-Za-z0-9._-]`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Project(String);

/// A host's name: 1 to 255 bytes without control characters.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Host(String);

/// What kind of thing a record describes: 1 to 64 of `[a-z0-9_]`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Kind(String);

/// The number of a spike, as the operator types it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpikeId(pub i64);

/// A process id of a Postgres backend.
pub type BackendPid = i32;

/// A name that is not one: what was given, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {allowed} is allowed, got {given:?}")]
pub struct NameError {
    field: &'static str,
    allowed: &'static str,
    given: String,
}

// === impl CorrelationId ===

impl CorrelationId {
    /// Reads the id from an `application_name` such as `bv:0b6c…`; anything else is `None`.
    pub fn from_application_name(name: &str, prefix: &str) -> Option<Self> {
        let id = name.strip_prefix(prefix)?;
        // Only the canonical form counts: the braced and the bare forms that `Uuid` also reads are
        // never written by the listener.
        (id.len() == 36)
            .then(|| Uuid::try_parse(id).ok().map(Self))
            .flatten()
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl EventId ===

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl SpikeId ===

impl fmt::Display for SpikeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl Project, Host, Kind ===

fn is_project(name: &str) -> bool {
    (1..=limits::PROJECT_BYTES_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_host(name: &str) -> bool {
    (1..=limits::HOST_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn is_kind(name: &str) -> bool {
    (1..=limits::KIND_BYTES_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

macro_rules! name {
    ($type:ident, $field:literal, $check:ident, $allowed:literal) => {
        impl $type {
            /// Checks the name; the error says what is allowed.
            pub fn try_new(name: impl Into<String>) -> Result<Self, NameError> {
                let name = name.into();
                if $check(&name) {
                    return Ok(Self(name));
                }
                // Enough to recognise what was sent, too little to fill a log with it.
                let given = name.chars().take(80).collect();
                Err(NameError {
                    field: $field,
                    allowed: $allowed,
                    given,
                })
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                Self::try_new(name).map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(Project, "project", is_project, "1 to 64 of [A-Za-z0-9._-]");
name!(
    Host,
    "host",
    is_host,
    "1 to 255 bytes without control characters"
);
name!(Kind, "kind", is_kind, "1 to 64 of [a-z0-9_]");

#[cfg(test)]
mod tests;
