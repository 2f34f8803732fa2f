//! Everything that is stored, to Graylog: an outage there costs neither data nor ingest.
//!
//! ```text
//! day's files -> source -> ledger -> deliver -> server
//!                  ^          |         |
//!                  |          +<- receipt, or failure: the same again
//!               cursor <------+
//! ```
//!
//! There is no queue beside the database: a cursor follows the records, and replay is the normal path. It
//! moves when the server has read a batch to its end, which is the one receipt that GELF over TCP has:
//! the batch's connection is shut down for writing, and the server's own clean end of stream answers. What
//! is in doubt is sent again with the same `_event_id`.
//!
//! In data-flow order: `filter` says which records, `source` reads them and writes their messages,
//! `ledger` hands out batches and knows what is done with, `pace` holds back what is late, `server` picks
//! whom to send to, and `deliver` sends; `suspicion` finds the record that nobody takes. `run` is the thread that does all of this, so that neither ingest
//! nor questions ever wait for it; `conclude` is what a delivery
//! comes to, `report` what the thread hears and says, `status` where that can be read.

pub(crate) mod filter;
mod source;

mod ledger;
mod pace;

mod connection;
mod deliver;
mod http;
mod identity;
mod server;
mod suspicion;

mod streams;

pub(crate) mod run;

mod conclude;
mod report;

pub(crate) mod command;
pub(crate) mod status;
