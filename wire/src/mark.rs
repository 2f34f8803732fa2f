//! A moment that somebody marked.

use serde::{Deserialize, Serialize};

/// Something that was done to the site at a moment: a deployment, a change of settings. Whoever does it sends it,
/// so that a spike behind it is told with it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// One word: `deployment`.
    pub what: String,
    /// Which one.
    #[serde(default)]
    pub text: String,
}

impl Mark {
    pub const KIND: &'static str = "mark";
}
