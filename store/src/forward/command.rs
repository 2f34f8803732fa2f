//! `bitville-store forward`: what people see of it and can ask for, whether the store runs or not.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;
use daemon::clock::Clock;
use wire::figure::{count, duration};
use wire::time::Instant;

use crate::calendar;
use crate::db::custody::{Command, Custody, Why};
use crate::db::files::Files;
use crate::db::reader::Reader;
use crate::settings::Store;

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum ForwardCommand {
    /// How far records have been forwarded, and what waits
    Status,
    /// Forward again what was received between two moments; a store that runs begins within a second
    Replay {
        #[arg(long, value_name = "T", allow_hyphen_values = true)]
        from: String,
        #[arg(
            long,
            value_name = "T",
            default_value = "now",
            allow_hyphen_values = true
        )]
        to: String,
    },
    /// Leave out what waits now; it stays here, and can be replayed as long as it is kept
    Skip,
}

/// Does it.
pub(crate) fn run(settings: &Store, command: &ForwardCommand) -> anyhow::Result<()> {
    let files = Files::at(&settings.data_dir);
    let destination = &settings.graylog.destination;
    let clock = Clock::system();
    let order = |command| Custody::open(&files, destination)?.order(command);
    match command {
        ForwardCommand::Status => {
            let custody = Custody::open_reader(&files, destination)?;
            let custody = custody.context(
                "nothing was forwarded from here yet; [graylog] enabled = on, and a start of the store, begin it",
            )?;
            status(settings, &custody, &files, &clock)?;
        }
        ForwardCommand::Replay { from, to } => {
            let moment = |text: &str| calendar::parse_moment(text, clock.now());
            let (from, to) = (moment(from).context("--from")?, moment(to).context("--to")?);
            anyhow::ensure!(from < to, "--from must be before --to");
            order(Command::Replay { from, to })?;
            eprintln!("asked; `forward status` shows how far it is");
        }
        ForwardCommand::Skip => {
            order(Command::Skip)?;
            eprintln!(
                "asked; a store that runs skips what waits once what is under way has come back"
            );
        }
    }
    Ok(())
}

fn status(settings: &Store, custody: &Custody, files: &Files, clock: &Clock) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let (totals, now) = (custody.totals()?, clock.now());
    let reader = Reader::new(files.clone(), clock.clone());
    let destination = &settings.graylog.destination;
    if !settings.graylog.is_on {
        writeln!(out, "{destination}: [graylog] enabled = off")?;
    }
    let servers: Vec<String> = settings
        .graylog
        .servers
        .iter()
        .map(ToString::to_string)
        .collect();
    writeln!(out, "{destination}: {}", servers.join(", "))?;
    if !totals.state.is_empty() {
        writeln!(out, "state         {}", totals.state)?;
    }
    if let Some(at_us) = totals.received_at_us {
        writeln!(out, "last receipt  {} ago", duration(now - at_us))?;
    }
    writeln!(out, "forwarded     {} records", count(totals.records))?;
    writeln!(
        out,
        "waiting       {} records{}",
        count(waiting(custody, &reader)?),
        {
            let oldest = oldest(custody, &reader)?;
            oldest.map_or_else(String::new, |at_us| {
                format!(", the oldest for {}", duration(now - at_us))
            })
        }
    )?;
    for (name, records) in [
        ("filtered", totals.filtered),
        ("put aside", totals.put_aside),
        ("lost", totals.lost),
    ] {
        if records > 0 {
            writeln!(out, "{name:<13} {} records", count(records))?;
        }
    }
    for stretch in custody.stretches()? {
        let (why, day, records) = (stretch.why.as_str(), stretch.day, count(stretch.len()));
        writeln!(out, "{why:<13} {records} records of {day}")?;
    }
    for (_, command) in custody.commands()? {
        match command {
            Command::Skip => writeln!(out, "asked for     skip")?,
            Command::Replay { from, to } => {
                let length = duration(to - from);
                writeln!(
                    out,
                    "asked for     replay of {length}, from {} ago",
                    duration(now - from)
                )?;
            }
        }
    }
    Ok(())
}

fn waiting(custody: &Custody, reader: &Reader) -> anyhow::Result<u64> {
    let days = reader.files().days()?;
    let last_id = |day| match reader.day(day)? {
        Some(reader) => reader.last_id(),
        None => Ok(0),
    };
    Ok(custody.waiting(&days, last_id)?)
}

/// When the oldest record that waits was received.
fn oldest(custody: &Custody, reader: &Reader) -> anyhow::Result<Option<Instant>> {
    let (cursors, stretches) = (custody.cursors()?, custody.stretches()?);
    let mut received = Vec::new();
    for day in reader.days()? {
        let cursor = cursors.get(&day.day).copied().unwrap_or(0);
        let backlog = stretches
            .iter()
            .filter(|it| it.why == Why::Backlog && it.day == day.day);
        let after = backlog.map(|it| it.after_id).min().unwrap_or(cursor);
        received.extend(day.received_after(after)?);
    }
    Ok(received.into_iter().min())
}
