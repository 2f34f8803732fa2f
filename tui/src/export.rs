//! What goes into files: screens as their commands print them, and function profiles in the forms that other
//! tools read: folded stacks, speedscope, pprof.
//!
//! [`Paths`] are what all three are made of: stacks of functions, each with its time. Profiles that
//! were sampled have stacks. Call pairs have none: see [`paths`] for what is exact then and what is an
//! estimate, which each form says in its own way.

pub mod errand;
pub mod file;
pub mod folded;
pub mod kind;
pub mod paths;
pub mod pprof;
pub mod screen;
pub mod speedscope;

pub use paths::Paths;

/// A form that profiles are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A line per stack, `main();f;g 1200` in microseconds: for flamegraph.pl, inferno, flamelens.
    Folded,
    /// JSON for <https://www.speedscope.app>.
    Speedscope,
    /// Gzipped protobuf for `go tool pprof` and all that read the same.
    Pprof,
}

// === impl Form ===

impl Form {
    pub fn write(self, paths: &Paths) -> Vec<u8> {
        match self {
            Self::Folded => folded::write(paths).into_bytes(),
            Self::Speedscope => speedscope::write(paths).into_bytes(),
            Self::Pprof => pprof::write(paths),
        }
    }

    /// What its files end in.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Folded => "folded.txt",
            Self::Speedscope => "speedscope.json",
            Self::Pprof => "pb.gz",
        }
    }
}

#[cfg(test)]
mod tests;
