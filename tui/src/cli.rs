//! The command line.

pub mod commands;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use wire::ids::{CorrelationId, Project, SpikeId};
use wire::time::Micros;

use crate::spot::{Spot, link};
use crate::zone::Zone;
use commands::{
    FunctionsArgs, LogsArgs, Printing, ProfileArgs, RangeArgs, RequestArgs, RequestsArgs, SqlArgs,
    SuspectsArgs,
};

/// Something outside went wrong: no store, a refused token, an answer that makes no sense.
pub const EXIT_TROUBLE: u8 = 1;
/// The command line is wrong, or asks for a screen where there is none. clap uses the same.
pub const EXIT_USAGE: u8 = 2;
/// The store answers, but has no such spike, request or function.
pub const EXIT_NOTHING: u8 = 3;
/// The settings file or the token file is wrong (`EX_CONFIG` of sysexits).
pub const EXIT_SETTINGS: u8 = 78;

/// A range shorter than this shows nothing, one longer than this is not kept.
const RANGE_SECONDS: std::ops::RangeInclusive<u64> = 60..=31 * 86_400;

const EXIT_CODES: &str = "Exit codes:
  0   done
  1   the store can't be reached, refuses the token, or answers nonsense
  2   the command line, a time or a filter is wrong, or there is no terminal to open the console in
  3   there is no such spike, request or function
  78  the settings or the token file is wrong

Settings ([tui] in settings.ini): url, token_file, production, zone,
requests_columns. A flag wins over BITVILLE_URL, that over the file.";

/// The operator's console: from a load spike to the functions, queries and requests behind it.
///
/// Without a command it opens the console on the newest spike.
#[derive(Clone, Debug, Parser)]
#[command(name = "bitville-tui", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// Settings file [default: /etc/bitville/settings.ini if it is there].
    #[arg(long, value_name = "FILE", global = true)]
    pub settings: Option<PathBuf>,

    /// Where the store answers queries [default: `http://127.0.0.1:7802`; env: `BITVILLE_URL`].
    #[arg(long, value_name = "URL", global = true)]
    pub url: Option<String>,

    /// File with the read token; must be readable by its owner alone.
    #[arg(long, value_name = "FILE", global = true)]
    pub token_file: Option<PathBuf>,

    /// Only this project.
    #[arg(long, value_name = "PROJECT", global = true, value_parser = parse_project)]
    pub project: Option<Project>,

    /// Open on the last 15m, 1h, 2d … instead of on the newest spike.
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    pub range: Option<Micros>,

    /// Open on this spike.
    #[arg(long, value_name = "N", value_parser = parse_spike, conflicts_with = "range")]
    pub spike: Option<SpikeId>,

    /// Open this request, by its correlation id.
    #[arg(long, value_name = "UUID", value_parser = parse_request)]
    pub request: Option<CorrelationId>,

    /// Show times in this zone: UTC, local, Europe/Prague … [default: zone in the settings, else UTC].
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    pub zone: Option<Zone>,

    /// Open this bundle instead of asking a store; with `report`, print it from there.
    #[arg(long, value_name = "FILE", global = true)]
    pub bundle: Option<PathBuf>,

    /// A bundle to open, as --bundle, or a link that the console has copied: bitville://…
    #[arg(value_name = "BUNDLE|LINK", conflicts_with = "bundle")]
    pub file: Option<PathBuf>,

    /// A link to open in the bundle.
    #[arg(value_name = "LINK", conflicts_with_all = LOOKED)]
    pub link: Option<String>,

    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Print the incident: what happened, who is to blame, and the proof.
    Report {
        /// The spike's number, or `newest`.
        #[arg(long, value_name = "N|newest", default_value = "newest", value_parser = parse_which)]
        spike: Which,
        #[arg(long, value_enum, default_value_t = Format::Md)]
        format: Format,
    },
    /// Write an incident into one file, which `bitville-tui FILE` opens without a store.
    Bundle {
        /// The spike's number, or `newest`.
        #[arg(long, value_name = "N|newest", default_value = "newest", value_parser = parse_which)]
        spike: Which,
        /// The file, which must not be there yet: incident.bvz
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },
    /// List the spikes of the last week, the newest first.
    Spikes {
        #[arg(long, value_enum, default_value_t = Format::Md)]
        format: Format,
    },
    /// Rank who explains what a spike or a range added.
    Suspects(SuspectsArgs),
    /// List captured requests.
    Requests(RequestsArgs),
    /// Show one request: what it cost, its statements, its functions, its locks.
    Request(RequestArgs),
    /// List functions by the time that requests spent in them.
    Functions(FunctionsArgs),
    /// Write function profiles for another tool: of a request, or of the slowest ones of a range.
    Profile(ProfileArgs),
    /// List statements by the time that requests spent in them.
    Sql(SqlArgs),
    /// List what database sessions waited for.
    Waits(RangeArgs),
    /// List who held locks that others waited for.
    Locks(RangeArgs),
    /// Show the last that was heard of each host.
    Hosts(Printing),
    /// List what the databases' and PHP-FPM's logs tell, the newest first.
    Logs(LogsArgs),
    /// Show how the store is, and those who report to it.
    Health(Printing),
    /// Print a script that completes the command line: source <(bitville-tui completions bash).
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page: bitville-tui man | man -l -
    Man,
}

/// Which spike to report on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Newest,
    Number(SpikeId),
}

/// How a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns, to read in a terminal.
    Text,
    /// Markdown, to read or to paste into a ticket.
    Md,
    /// All that the store answered.
    Json,
    /// The main table, for spreadsheets: whole figures, units in the headings.
    Csv,
}

/// What a link says, too.
const LOOKED: [&str; 3] = ["range", "spike", "request"];

// === impl Cli ===

impl Cli {
    /// The spot that the command line links to, if it does.
    pub fn take_spot(&mut self) -> Result<Option<Spot>, String> {
        let is_link = |path: &Path| path.to_string_lossy().starts_with(link::SCHEME);
        let first = self.file.take_if(|file| is_link(file));
        let first = first.map(|file| file.to_string_lossy().into_owned());
        let text = match (first, self.link.take()) {
            (None, None) => return Ok(None),
            (Some(link), None) | (None, Some(link)) => link,
            (Some(_), Some(_)) => return Err("one link is allowed, behind a bundle".to_owned()),
        };
        if self.command.is_some() {
            return Err("a link opens the console, and goes with no command".to_owned());
        }
        if self.range.is_some() || self.spike.is_some() || self.request.is_some() {
            let words = "a link says where to look: without --range, --spike and --request";
            return Err(words.to_owned());
        }
        let spot = link::read(&text).map_err(|fault| {
            // The place is told by what stands there; nobody counts to column 84.
            let rest: String = text.chars().skip(fault.column).take(24).collect();
            match &*rest {
                "" => format!("the link, at its end: {}", fault.words),
                rest => format!("the link, at {rest:?}: {}", fault.words),
            }
        })?;
        Ok(Some(spot))
    }
}

/// What to say of a word that is neither a command nor a file.
pub fn misspelt(word: &Path) -> Option<String> {
    if word.exists() || word.extension().is_some() || word.components().count() != 1 {
        return None;
    }
    let program = Cli::command();
    let names: Vec<&str> = program
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    Some(format!(
        "{:?} is neither a command nor a bundle's file; commands are {}",
        word.to_string_lossy(),
        names.join(", ")
    ))
}

fn parse_project(text: &str) -> Result<Project, String> {
    Project::try_new(text).map_err(|error| error.to_string())
}

pub(crate) fn parse_zone(text: &str) -> Result<Zone, String> {
    if text.eq_ignore_ascii_case("local") {
        return Ok(crate::clock::local_zone());
    }
    Zone::named(text)
}

fn parse_span(text: &str) -> Result<Micros, String> {
    let span: Duration = wire::human::parse_duration(text).map_err(|error| error.to_string())?;
    if !RANGE_SECONDS.contains(&span.as_secs()) {
        return Err(format!("1m to 31d is allowed, got {text:?}"));
    }
    Ok(Micros(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
}

fn parse_spike(text: &str) -> Result<SpikeId, String> {
    text.parse()
        .map(SpikeId)
        .map_err(|_| "a spike's number is allowed".to_owned())
}

fn parse_request(text: &str) -> Result<CorrelationId, String> {
    text.parse()
        .map(CorrelationId)
        .map_err(|_| "a UUID is allowed".to_owned())
}

fn parse_which(text: &str) -> Result<Which, String> {
    if text == "newest" {
        return Ok(Which::Newest);
    }
    parse_spike(text)
        .map(Which::Number)
        .map_err(|_| "a spike's number or \"newest\" is allowed".to_owned())
}

#[cfg(test)]
mod tests;
