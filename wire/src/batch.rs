//! A batch on its way to the store, and the store's answer.
//!
//! `POST /v1/records`, one record a line. The answer comes after the commit. A record that is put
//! aside is final, like one that is stored: the sender moves on.

use serde::{Deserialize, Serialize};

/// Where batches go.
pub const PATH: &str = "/v1/records";

/// The header that says when a batch was sent, by the sender's clock, in microseconds since the epoch: what the
/// store tells the hosts' clocks apart by. A sender need not say.
pub const SENT_AT: &str = "bitville-sent-at-us";

/// The body's type.
pub const CONTENT_TYPE: &str = "application/x-ndjson";

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// New records, now on disk.
    pub stored: u64,
    /// Records that were there already: an earlier answer got lost.
    pub known: u64,
    pub put_aside: Vec<PutAside>,
}

/// One record that the store keeps apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAside {
    /// Its line in the batch, counted from 1.
    pub line: usize,
    /// What was wrong, where, and what is allowed.
    pub reason: String,
}

/// An error as RFC 9457 has it (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the kind of trouble; `about:blank` when the status says it all.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What was wrong with this very request, and what is allowed.
    pub detail: String,
    /// The parameter at fault, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
}

/// The type of a [`Problem`].
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

impl Problem {
    pub fn new(status: u16, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: title.into(),
            status,
            detail: detail.into(),
            parameter: None,
        }
    }

    /// Names the parameter at fault.
    #[must_use]
    pub fn about(mut self, parameter: impl Into<String>) -> Self {
        self.parameter = Some(parameter.into());
        self
    }
}

/// The lines of a batch that hold something, with their numbers counted from 1.
pub fn lines(body: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    body.split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
}
