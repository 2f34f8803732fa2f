//! A list of captured requests, over as many of the store's pages as are wanted.

use wire::limits::ANSWER_ROWS_MAX;
use wire::query::{RequestRow, Requests};

use super::page::{Cell, Column, Page, Table};
use super::range::Stretch;
use super::{Parameters, write};
use crate::ask::Trouble;
use crate::cli::commands::{Narrowed, RequestsArgs};
use crate::client::Client;
use crate::format;

pub(super) async fn answer(
    client: &Client,
    args: &RequestsArgs,
    project: Parameters,
) -> Result<String, Trouble> {
    let stretch = Stretch::of(client, &args.when).await?;
    let mut parameters = stretch.with(project);
    parameters.extend(narrowed(&args.narrowed));
    parameters.push(("sort", args.sort.parameter().to_owned()));
    let wanted = args.limit as usize;
    let mut all = Requests::default();
    while all.requests.len() < wanted {
        let rows = (wanted - all.requests.len()).min(ANSWER_ROWS_MAX);
        let mut asked = parameters.clone();
        asked.push(("limit", rows.to_string()));
        asked.extend(all.next.take().map(|next| ("cursor", next)));
        let page: Requests = client.question("/v1/requests", &asked).await?;
        let is_last = page.next.is_none() || page.requests.is_empty();
        all.requests.extend(page.requests);
        (all.total, all.total_is_exact) = (page.total, page.total_is_exact);
        all.next = page.next;
        if is_last {
            break;
        }
    }
    all.requests.truncate(wanted);
    let order = args.sort.label();
    Ok(write(&all, args.printing.format, |all| {
        page(all, &stretch.words, order)
    }))
}

/// What narrows requests and profiles down.
pub(super) fn narrowed(narrowed: &Narrowed) -> Parameters {
    let filter = narrowed.filter.clone().map(|filter| ("filter", filter));
    let route = narrowed.route.clone().map(|route| ("route", route));
    filter.into_iter().chain(route).collect()
}

pub(crate) fn page(answer: &Requests, words: &str, order: &str) -> Page {
    let mut page = Page::default();
    let about = if answer.total_is_exact {
        ""
    } else {
        "at least "
    };
    page.fact("range", words);
    page.fact(
        "requests",
        format!(
            "{} of {about}{}, by {order}",
            format::count(answer.requests.len() as u64),
            format::count(answer.total)
        ),
    );
    page.tables.push(table(&answer.requests));
    page
}

pub(crate) fn table(rows: &[RequestRow]) -> Table {
    Table {
        title: String::new(),
        columns: vec![
            Column::figure("began (UTC)", "at_us"),
            Column::figure("wall", "wall_us"),
            Column::figure("SQL", "sql_us"),
            Column::figure("statements", "sql_count"),
            Column::figure("waited", "lock_us"),
            Column::figure("blocked", "blocked_us"),
            Column::figure("memory", "memory_peak_bytes"),
            Column::figure("status", "status"),
            Column::words("host", "host"),
            Column::words("id", "correlation_id"),
            Column::words("route", "label"),
            Column::words("url", "url"),
        ],
        rows: rows.iter().map(row).collect(),
        empty: "No request was captured that matches.",
    }
}

fn row(row: &RequestRow) -> Vec<Cell> {
    vec![
        Cell::instant(row.at_us),
        Cell::duration(row.wall_us),
        Cell::duration(row.sql_us),
        Cell::count(u64::from(row.sql_count)),
        Cell::wait(row.lock_us),
        Cell::wait(row.blocked_us),
        Cell::bytes(row.memory_peak_bytes),
        row.status
            .map_or(Cell::Nothing, |status| Cell::of(status.to_string(), status)),
        Cell::words(row.host.as_str()),
        Cell::words(&row.correlation_id.to_string()),
        Cell::words(&row.label),
        Cell::words(&row.url),
    ]
}
