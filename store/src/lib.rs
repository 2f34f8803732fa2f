//! The centre: what the agents saw comes in, and the answer to "who caused this spike?" goes out.
//!
//! In data-flow order: `ingest` takes batches and answers after the commit, `db` keeps them in one
//! SQLite file per UTC day, `correlate` resolves who waits for whom, `spike` finds the spikes and
//! names the suspects, `query` asks the database, and `api` gives the answers out over HTTP.
//! `recording` takes records out of one store and sends them to another.
//!
//! Nothing else in Bitville knows SQLite, and nothing here knows how an agent gathers what it sends.

mod limits;
pub mod settings;

pub mod cli;
mod serve;

mod calendar;
mod cert;
mod network;
mod token;

mod background;
mod guard;
mod listen;
mod rate;
mod refusal;
mod tally;
mod unzip;

mod ingest;

mod clocks;
mod correlate;
mod db;
mod rollup;

mod spike;

mod gelf;

mod forward;

mod api;
mod query;

mod recording;
