//! `bitville-store`: see `cli` for what it can be told.

use std::process::ExitCode;

use clap::Parser;
use store::cli::{Arguments, Failure};

fn main() -> ExitCode {
    daemon::log::init();
    match store::cli::run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Settings(error)) => {
            eprintln!("bitville-store: {error:#}");
            ExitCode::from(daemon::settings::EXIT_CONFIG)
        }
        Err(Failure::Other(error)) => {
            eprintln!("bitville-store: {error:#}");
            ExitCode::FAILURE
        }
    }
}
