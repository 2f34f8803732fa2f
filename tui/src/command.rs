//! Every screen as a command: asks the store, makes a [`page::Page`] of the answer, prints it.
//!
//! JSON is the store's answer with all that it has; text, Markdown and CSV are pages made for reading.
//! Each kind of answer has a module of its own, with its question and its page. What goes wrong is
//! told on standard error, in words, and by the exit code; standard output then stays empty.

pub mod page;
pub mod range;

mod bundle;
pub(crate) mod functions;
pub(crate) mod health;
pub(crate) mod hosts;
pub(crate) mod locks;
pub(crate) mod logs;
mod profile;
pub(crate) mod request;
pub(crate) mod requests;
mod shell;
pub(crate) mod sql;
pub(crate) mod suspects;
mod waits;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use wire::ids::Project;

use crate::ask::Trouble;
use crate::cli::{Command, EXIT_NOTHING, EXIT_TROUBLE, EXIT_USAGE, Format};
use crate::client::Client;
use crate::report;
use crate::text::is_hidden;
use page::Page;

/// Parameters of a question.
pub type Parameters = Vec<(&'static str, String)>;

/// Does what a command says that needs neither settings nor a store, if it is one of those.
pub fn run_alone(command: &Command) -> Option<anyhow::Result<ExitCode>> {
    match command {
        Command::Completions { shell } => Some(shell::completions(*shell)),
        Command::Man => Some(shell::man()),
        _ => None,
    }
}

/// Does what a command says, and returns how it went.
pub fn run(
    client: &Client,
    command: &Command,
    project: Option<Project>,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::Report { spike, format } => report::print_report(client, *spike, project, *format),
        Command::Spikes { format } => report::print_spikes(client, project, *format),
        Command::Completions { .. } | Command::Man => unreachable!("they ask nobody"),
        Command::Bundle { spike, output } => bundle::run(client, *spike, output, project),
        Command::Profile(args) => profile::run(client, args, of_project(project)),
        _ => {
            let printed = block_on(answered(client, command, project))?;
            match printed {
                Ok(text) => put(&text),
                Err(trouble) => Ok(complain(&trouble)),
            }
        }
    }
}

/// The command's whole output.
async fn answered(
    client: &Client,
    command: &Command,
    project: Option<Project>,
) -> Result<String, Trouble> {
    let project = of_project(project);
    match command {
        Command::Report { .. }
        | Command::Spikes { .. }
        | Command::Profile(_)
        | Command::Bundle { .. }
        | Command::Completions { .. }
        | Command::Man => unreachable!("they print by themselves"),
        Command::Suspects(args) => suspects::answer(client, args, project).await,
        Command::Requests(args) => requests::answer(client, args, project).await,
        Command::Request(args) => request::answer(client, args).await,
        Command::Functions(args) => functions::answer(client, args, project).await,
        Command::Sql(args) => sql::answer(client, args, project).await,
        Command::Waits(args) => waits::answer(client, args, project).await,
        Command::Locks(args) => locks::answer(client, args, project).await,
        Command::Hosts(printing) => hosts::answer(client, printing.format, project).await,
        Command::Logs(args) => logs::answer(client, args, project).await,
        Command::Health(printing) => health::answer(client, printing.format).await,
    }
}

fn of_project(project: Option<Project>) -> Parameters {
    let project = project.map(|project| ("project", project.to_string()));
    project.into_iter().collect()
}

/// The answer as JSON, or a page of it.
pub fn write<T: Serialize>(answer: &T, format: Format, page: impl FnOnce(&T) -> Page) -> String {
    match format {
        Format::Json => json(answer),
        format => page(answer).write(format),
    }
}

/// Indented JSON that does nothing to a terminal: what is hidden or steers is written as `\u009b`,
/// which means the same to every reader of JSON.
pub fn json<T: Serialize>(value: &T) -> String {
    let plain = serde_json::to_string_pretty(value).expect("answers have string keys alone");
    let mut text = String::with_capacity(plain.len() + 1);
    for character in plain.chars() {
        if character == '\n' || !is_hidden(character) {
            text.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            // Writing to a string never fails.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text.push('\n');
    text
}

/// Says why there is no answer.
pub fn complain(trouble: &Trouble) -> ExitCode {
    eprintln!(
        "bitville-tui: {}",
        crate::text::Shown::new(&trouble.to_string()).as_str()
    );
    ExitCode::from(match trouble {
        // What the store calls wrong came from the command line.
        Trouble::Problem(problem) if problem.status == 400 => EXIT_USAGE,
        trouble if trouble.is_not_found() => EXIT_NOTHING,
        _ => EXIT_TROUBLE,
    })
}

/// Prints it all.
pub fn put(text: &str) -> anyhow::Result<ExitCode> {
    put_bytes(text.as_bytes())
}

/// The same of what is no text.
pub fn put_bytes(bytes: &[u8]) -> anyhow::Result<ExitCode> {
    match io::stdout().lock().write_all(bytes) {
        // Whoever reads has seen enough: `requests | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        outcome => outcome
            .map(|()| ExitCode::SUCCESS)
            .context("cannot write to standard output"),
    }
}

pub fn block_on<T>(
    work: impl Future<Output = Result<T, Trouble>>,
) -> anyhow::Result<Result<T, Trouble>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    Ok(runtime.context("cannot start the runtime")?.block_on(work))
}

#[cfg(test)]
mod tests;
