//! `bitville-pgagent`: the daemon on a database server. Flags, settings, exit code; see the library.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use daemon::settings;

/// Watches PostgreSQL, and harms nothing: sessions and who blocks whom, every second.
#[derive(Debug, Parser)]
#[command(name = "bitville-pgagent", version)]
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
    pgagent::start(&settings::path(flags.settings), flags.check_config)
}
