//! What every daemon does alike, in the order of its life: it reads its settings, starts to log,
//! learns when to stop, asks its clock, counts what it does; and the agents keep what they take in a
//! journal until the store has committed it.
//!
//! An agent needs one thing of all this: an [`outbox::Outbox`]. What is put into it reaches the
//! store, through kills, restarts and outages, or is counted as lost and reported as a gap.
//!
//! Nothing here knows what a request or a lock is: a record is a line of JSON.

pub mod settings;

pub mod authority;
pub mod log;
pub mod replace;
pub mod secret;
pub mod shutdown;
pub mod systemd;

pub mod clock;
pub mod counters;

pub mod host;
pub mod producer;

pub mod in_work;
pub mod journal;

pub mod backoff;
pub mod breaker;
pub mod uplink;

pub mod health;
pub mod outbox;

pub mod endpoint;
pub mod exposition;
pub mod identity;
pub mod inspect;
pub mod listen;
pub mod status;
