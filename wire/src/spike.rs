//! A spike as the store tells of it.

use serde::{Deserialize, Serialize};

use crate::query::{Spike, Suspect};

/// A new spike with the suspects that were known by then: told to a webhook and a program, and stored as a
/// record so that it is forwarded like all others.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpikeFound {
    /// A few lines to read, as chat servers take them.
    pub text: String,
    pub spike: Spike,
    /// The first few.
    pub suspects: Vec<Suspect>,
    pub unexplained_share: f64,
}

impl SpikeFound {
    pub const KIND: &'static str = "spike";
}
