//! The server's own log: read as it grows, taken apart, and told to the store.
//!
//! ```text
//! files -> place -> parser (stderr | csv | json) -> entry -> class -> report -> journal
//! ```
//!
//! Everything up to the report is sans-I/O: bytes in, entries out. An [`entry::Entry`] is the same
//! whichever of the three formats it was written in, and what it means is found out once, from the entry.
//!
//! The formats' source is `src/backend/utils/error/` of PostgreSQL (`elog.c`, `csvlog.c`, `jsonlog.c`) and
//! the chapter "Error Reporting and Logging" of its manual.

mod scan;

pub mod stamp;

pub mod severity;

pub mod prefix;

pub mod entry;

mod csv;
mod json;
mod stderr;

mod buffer;
pub mod parser;

pub mod redact;

mod plan;

pub mod class;

pub mod report;

pub mod source;

pub mod files;
pub mod places;

pub mod follow;

pub mod watch;
