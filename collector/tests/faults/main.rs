//! The real program against what happens to it: kills, garbage, full disks, bad settings.
//!
//! - `bench`: a collector in a folder of its own, and a client that frames as PHP does.
//! - `kills`: nothing acknowledged is lost, whatever ends the process.
//! - `neighbours`: nobody's nonsense disturbs anybody else.
//! - `others`: what comes as a datagram or waits in the spool folder.
//! - `starts`: what it checks before it opens anything.

mod bench;

mod kills;
mod neighbours;
mod others;
mod starts;
