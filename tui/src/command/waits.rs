//! What database sessions waited for.

use wire::query::Waits;

use super::page::{Cell, Column, Page, Table};
use super::range::Stretch;
use super::{Parameters, write};
use crate::ask::Trouble;
use crate::cli::commands::RangeArgs;
use crate::client::Client;
use crate::format;

pub(super) async fn answer(
    client: &Client,
    args: &RangeArgs,
    project: Parameters,
) -> Result<String, Trouble> {
    let parameters = Stretch::of(client, &args.when).await?.with(project);
    let waits: Waits = client.question("/v1/waits", &parameters).await?;
    Ok(write(&waits, args.printing.format, page))
}

fn page(answer: &Waits) -> Page {
    let mut page = Page::default();
    page.fact("range", format::range(answer.range));
    page.tables.push(Table {
        columns: vec![
            Column::figure("time", "active_us"),
            Column::figure("load", "load"),
            Column::words("wait event", "name"),
        ],
        rows: answer
            .events
            .iter()
            .map(|event| {
                vec![
                    Cell::duration(event.active_us),
                    Cell::load(event.load),
                    Cell::words(&event.name),
                ]
            })
            .collect(),
        empty: "No database session was seen.",
        ..Table::default()
    });
    page
}
