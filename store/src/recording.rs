//! Recordings: records taken out of one store and sent to another, their times moved.
//!
//! A recording is NDJSON, one record a line as it came in, compressed with zstd. Export reads the
//! files beside a running store; replay goes through the ordinary ingest, so what is shown of a
//! recording went the way of live data.

mod export;
mod replay;
mod shift;

pub(crate) use export::{Selection, export, line};
pub(crate) use replay::{Target, replay};
