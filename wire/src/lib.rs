//! The types that cross a process boundary, their codec and their limits.
//!
//! `docs/protocol.md` tells the protocol in prose; this crate is its Rust half, `php/src/` its PHP
//! half, and the golden bytes in `wire/testdata/` hold the two together. Modules stand in the order
//! in which a record travels: PHP frames it, the collector admits it, a batch carries it to the
//! store, the console asks for what became of it.
//!
//! This crate opens nothing and asks for no time: bytes and values in, values and bytes out.

pub mod ids;
pub mod limits;
pub mod time;

pub mod frame;
pub mod record;

pub mod fpm;
pub mod histogram;
pub mod host;
pub mod pg;
pub mod profile;
pub mod request;
pub mod sql;
pub mod traffic;

pub mod agent;
pub mod batch;
pub mod datagram;

pub mod mark;
pub mod query;
pub mod spike;

pub mod figure;
pub mod human;
pub mod ini;
pub mod text;
