//! The store as its users meet it: the real program, real sockets, real files.
//!
//! - `ingest`: what is accepted, what is refused and how, and that sending again changes nothing
//! - `datagrams`: records by UDP, signed, and never answered
//! - `kill`: nothing acknowledged is lost, however the program ends
//! - `questions`: requests, correlation in both orders, paging, errors
//! - `spikes`: a lock pile-up sent over HTTP is found and its holder named
//! - `traffic`: all requests, added up, on the timeline
//! - `recordings`: export to the letter, replay moved in time
//! - `faults`: a reader that stays, clients that trickle, a disk that is full
//! - `room`: a disk that is short of room
//! - `care`: check, backup, import, clocks, and logs that find their requests
//! - `description`: the API as `OpenAPI`, tags, the stream of news
//! - `forwarding`: messages that Graylog takes, by TCP, TLS and HTTP
//! - `outages`: Graylog dies, freezes, crawls and resets; nothing is lost
//! - `commands`: settings and tokens on the command line

mod graylog;
mod harness;
mod records;

mod care;
mod commands;
mod datagrams;
mod description;
mod faults;
mod forwarding;
mod ingest;
mod kill;
mod notices;
mod outages;
mod questions;
mod recordings;
mod room;
mod spikes;
mod traffic;
