//! Entries of the databases' and PHP-FPM's logs, the newest first.

use wire::query::{LogEntry, Logs};

use super::page::{Cell, Column, Page, Table};
use super::range::Stretch;
use super::{Parameters, write};
use crate::ask::Trouble;
use crate::cli::commands::LogsArgs;
use crate::client::Client;

pub(super) async fn answer(
    client: &Client,
    args: &LogsArgs,
    project: Parameters,
) -> Result<String, Trouble> {
    let stretch = Stretch::of(client, &args.when).await?;
    let mut parameters = stretch.with(project);
    let host = args.host.as_ref().map(ToString::to_string);
    parameters.extend(host.map(|host| ("host", host)));
    parameters.extend(args.kind.clone().map(|kind| ("kind", kind)));
    let request = args.request.map(|id| id.to_string());
    parameters.extend(request.map(|id| ("correlation_id", id)));
    parameters.push(("limit", args.limit.to_string()));
    let logs: Logs = client.question("/v1/logs", &parameters).await?;
    Ok(write(&logs, args.printing.format, |logs| {
        page(logs, &stretch.words)
    }))
}

pub(crate) fn page(answer: &Logs, words: &str) -> Page {
    let mut page = Page::default();
    page.fact("range", words);
    page.tables.push(Table {
        columns: vec![
            Column::figure("at (UTC)", "at_us"),
            Column::words("host", "host"),
            Column::words("kind", "kind"),
            Column::words("request", "correlation_id"),
            Column::words("text", "text"),
        ],
        rows: answer.entries.iter().map(row).collect(),
        empty: "No log entry matches.",
        ..Table::default()
    });
    if answer.next_to_at_us.is_some() {
        page.notes
            .push("There are older ones; --limit or --to shows them.".to_owned());
    }
    page
}

fn row(entry: &LogEntry) -> Vec<Cell> {
    let id = entry.correlation_id.map(|id| id.to_string());
    vec![
        Cell::instant(entry.at_us),
        Cell::words(entry.host.as_str()),
        Cell::words(&entry.kind),
        Cell::maybe(id.as_deref()),
        Cell::words(&entry.text),
    ]
}
