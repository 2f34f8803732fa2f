//! `bitville-collector`: the daemon on a web server. Flags, settings, exit code; see the library.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use daemon::settings;

/// Takes records from PHP, keeps them, and sends them to the store.
#[derive(Debug, Parser)]
#[command(name = "bitville-collector", version)]
struct Flags {
    /// The settings file; without it the one that the environment names
    #[arg(long, value_name = "PATH")]
    settings: Option<PathBuf>,
    /// Only say whether the settings are in order
    #[arg(long)]
    check_config: bool,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    collector::start(&settings::path(flags.settings), flags.check_config)
}
