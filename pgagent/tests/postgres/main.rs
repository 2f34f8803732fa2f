//! pgagent against a real PostgreSQL 15: what it sees, and that it harms nothing.
//!
//! Each test has a cluster of its own, in a temporary folder, on a unix socket alone. Where there is
//! no PostgreSQL 15 a test says `SKIPPED:` and passes.

mod cluster;

mod agent;
mod program;
mod receiver;

mod harm;
mod locks;
mod logs;
mod older;
mod statistics;
mod storms;
mod whole;
