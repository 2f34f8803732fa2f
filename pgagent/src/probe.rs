//! What is asked of the server each tick, and how its rows are read.
//!
//! Statements stand in `src/sql/`. The hot ones call the functions behind the views and join no
//! catalog, so they answer while `pg_class`, `pg_authid` or `pg_database` are locked; they return
//! numbers (oids) where people want names, and [`names`] gives those from a cache.
//!
//! Rows become plain values here. What they mean is decided in [`crate::sample`].

pub mod activity;
pub mod database;
pub mod locks;
pub mod names;
pub mod settings;
pub mod statements;

mod stamp;
