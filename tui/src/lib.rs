//! The operator's console: from a load spike to the functions, queries and requests behind it.
//!
//! Data goes one way round. The terminal and the store send messages ([`action::Msg`]); a message
//! changes the [`state::State`] and nothing else does; the state is drawn ([`view`]); what must
//! happen outside is returned as an [`action::Effect`] and done by [`run`]. Questions to the store
//! are asked on a thread of their own ([`fetch`]), so the screen never waits. Modules stand in that
//! order: how it starts, what it asks, what it knows, what it draws, what holds it together.

pub mod cli;
pub mod settings;

pub mod ask;
pub mod client;
pub mod fetch;
pub mod live;

pub mod action;
pub mod board;
pub mod callgraph;
pub mod calltree;
pub mod columns;
pub mod dossier;
pub mod event;
pub mod fuzzy;
pub mod keymap;
pub mod missing;
pub mod spot;
pub mod state;
pub mod statements;
pub mod typed;
pub mod vendor;
pub mod when;

pub mod format;
pub mod text;
pub mod theme;
pub mod view;
pub mod zone;

pub mod command;
pub mod export;
pub mod report;

pub mod bookmark;
pub mod bundle;
pub mod clipboard;
pub mod clock;
pub mod run;
pub mod terminal;

#[cfg(test)]
#[path = "../tests/support/fixture.rs"]
mod fixture;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

use cli::{Cli, EXIT_SETTINGS, EXIT_USAGE};
use client::Client;
use settings::{Environment, Settings, SettingsError};

/// The program: reads the command line and the settings, then does what they say.
pub fn main() -> anyhow::Result<ExitCode> {
    let mut cli = Cli::parse();
    if let Some(outcome) = cli.command.as_ref().and_then(command::run_alone) {
        return outcome;
    }
    let spot = match cli.take_spot() {
        Ok(spot) => spot,
        Err(words) => return Ok(refuse(&anyhow::anyhow!(words), EXIT_USAGE)),
    };
    if let Some(words) = cli.file.as_deref().and_then(cli::misspelt) {
        return Ok(refuse(&anyhow::anyhow!(words), EXIT_USAGE));
    }
    let (settings, note) = match settings_of(&cli) {
        Ok(settings) => settings,
        Err(error) => return Ok(refuse(&anyhow::Error::new(error), EXIT_SETTINGS)),
    };
    let client = match Client::try_new(&settings.url, settings.token) {
        Ok(client) => client,
        Err(error) => return Ok(refuse(&anyhow::Error::new(error), EXIT_SETTINGS)),
    };
    let client = match cli.bundle.as_ref().or(cli.file.as_ref()) {
        None => client,
        Some(path) => {
            let bundle = bundle::Bundle::read(path);
            let bundle = bundle.with_context(|| path.display().to_string())?;
            cli.spike.get_or_insert(bundle.spike);
            client.with_bundle(bundle)
        }
    };
    match &cli.command {
        Some(command) => {
            if let Some(note) = note {
                eprintln!("bitville-tui: {note}");
            }
            command::run(&client, command, cli.project.clone())
        }
        None if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() => {
            let words = "no terminal to open the console in; `bitville-tui report` prints the \
                         newest incident, `bitville-tui spikes` lists them";
            Ok(refuse(&anyhow::anyhow!(words), EXIT_USAGE))
        }
        None => {
            cli.zone = cli.zone.or(settings.zone);
            let start: state::Start = cli.into();
            let start = state::Start {
                spot,
                // One line has room for one of them.
                notice: note.or(start.notice),
                production: settings.production,
                columns: settings.requests_columns,
                vendors: settings.vendors,
                ..start
            };
            run::run(start, client).map(|()| ExitCode::SUCCESS)
        }
    }
}

/// The settings. A bundle is opened where there are none, or wrong ones, which is only noted: whoever got one in a
/// ticket has no store.
fn settings_of(cli: &Cli) -> Result<(Settings, Option<String>), SettingsError> {
    let loaded = Settings::load(cli, Environment::read());
    if cli.bundle.is_none() && cli.file.is_none() {
        return loaded.map(|settings| (settings, None));
    }
    let (settings, note) = match loaded {
        Ok(settings) => (settings, None),
        Err(error) => {
            let note = format!("without settings: {:#}", anyhow::Error::new(error));
            (Settings::default(), Some(note))
        }
    };
    // Nobody is asked, so whatever they say of a store can't be wrong.
    let of_nobody = Settings {
        url: settings::DEFAULT_URL.to_owned(),
        token: None,
        ..settings
    };
    Ok((of_nobody, note))
}

fn refuse(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("bitville-tui: {error:#}");
    ExitCode::from(code)
}
