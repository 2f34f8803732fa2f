//! The real program against what happens to it: kills, garbage, full disks, bad settings.
//!
//! - `bench`: a collector in a folder of its own, and a client that frames as PHP does.
//! - `store`: a store that misbehaves on purpose.
//! - `away`: what a store and a disk do to it.
//! - `clock`: a wall clock that is set.
//! - `health`: what it tells of itself, and what it tells systemd.
//! - `kills`: nothing acknowledged is lost, whatever ends the process.
//! - `neighbours`: nobody's nonsense disturbs anybody else.
//! - `others`: what comes as a datagram or waits in the spool folder.
//! - `starts`: what it checks before it opens anything.
//! - `workers`: the process that works is replaced, killed, reloaded.

mod bench;
mod store;

mod away;
mod clock;
mod health;
mod kills;
mod neighbours;
mod others;
mod starts;
mod workers;
