//! What a screen can be written as.

use super::Form;
use crate::cli::Format;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the screen shows, as its command prints it.
    Page(Format),
    /// A request's function profile, for another tool.
    Profile(Form),
    /// The incident of the selected spike, as Markdown.
    Report,
    /// The incident in one file, to be opened without a store.
    Bundle,
}

// === impl Kind ===

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Page(Format::Md),
        Self::Page(Format::Text),
        Self::Page(Format::Json),
        Self::Page(Format::Csv),
        Self::Profile(Form::Folded),
        Self::Profile(Form::Speedscope),
        Self::Profile(Form::Pprof),
        Self::Report,
        Self::Bundle,
    ];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Page(Format::Md) => "md",
            Self::Page(Format::Text) => "text",
            Self::Page(Format::Json) => "json",
            Self::Page(Format::Csv) => "csv",
            Self::Profile(Form::Folded) => "folded",
            Self::Profile(Form::Speedscope) => "speedscope",
            Self::Profile(Form::Pprof) => "pprof",
            Self::Report => "report",
            Self::Bundle => "bundle",
        }
    }

    /// What its files end in.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Page(Format::Md) | Self::Report => "md",
            Self::Page(Format::Text) => "txt",
            Self::Page(Format::Json) => "json",
            Self::Page(Format::Csv) => "csv",
            Self::Profile(form) => form.ending(),
            Self::Bundle => "bvz",
        }
    }
}
