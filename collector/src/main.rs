//! `bitville-collector`: the daemon on a web server. Flags, settings, exit code; see the library.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use daemon::inspect::Wanted;
use daemon::settings;

/// Takes records from PHP, keeps them, and sends them to the store.
#[derive(Debug, Parser)]
#[command(name = "bitville-collector", version)]
struct Flags {
    /// The settings file; without it the one that the environment names
    #[arg(long, value_name = "PATH", global = true)]
    settings: Option<PathBuf>,
    /// Only say whether the settings are in order
    #[arg(long)]
    check_config: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Say how the running collector is: queue, uplink, what was taken and dropped
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what waits in the journal and whether it is sound; changes nothing, needs no daemon
    Journal {
        /// The journal's folder; without it the one of the settings
        #[arg(long, value_name = "PATH")]
        dir: Option<PathBuf>,
        /// Also list so many of the oldest unread records
        #[arg(long, value_name = "N", default_value_t = 0)]
        records: usize,
        /// With their bodies, which may hold personal data
        #[arg(long, requires = "records")]
        bodies: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Work for a supervisor: not to be started by hand
    #[command(hide = true)]
    Worker,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let path = settings::path(flags.settings);
    match flags.command {
        None => collector::start(&path, flags.check_config),
        Some(Command::Status { json }) => collector::show_status(&path, json),
        Some(Command::Journal {
            dir,
            records,
            bodies,
            json,
        }) => {
            let wanted = Wanted {
                records,
                bodies,
                json,
            };
            collector::show_journal(&path, dir, wanted)
        }
        Some(Command::Worker) => collector::worker::start(),
    }
}
