//! Who explains what a spike or a range added.

use wire::query::{Confidence, Suspects};

use super::page::{Cell, Column, Page, Table};
use super::range::Stretch;
use super::{Parameters, write};
use crate::ask::Trouble;
use crate::cli::commands::SuspectsArgs;
use crate::client::Client;
use crate::format;

pub(super) async fn answer(
    client: &Client,
    args: &SuspectsArgs,
    project: Parameters,
) -> Result<String, Trouble> {
    // A spike has its own range, project and baseline, so its number says it all.
    let when = &args.range.when;
    let mut parameters = match when.spike {
        Some(id) => vec![("spike", id.to_string())],
        None => Stretch::of(client, when).await?.with(project),
    };
    parameters.push(("baseline", args.baseline.name().to_owned()));
    let suspects: Suspects = client.question("/v1/suspects", &parameters).await?;
    Ok(write(&suspects, args.range.printing.format, page))
}

pub(crate) fn page(answer: &Suspects) -> Page {
    let mut page = Page::default();
    page.fact("range", format::range(answer.range));
    page.fact(
        "baseline",
        if answer.baseline.span().0 > 0 {
            format!(
                "{}, {}",
                format::range(answer.baseline),
                answer.compared_with.words()
            )
        } else {
            "none: everything counts as added".to_owned()
        },
    );
    page.fact("added", format!("{:+.1} load", answer.added_load));
    page.tables.push(table(answer));
    page.tables.extend(events(answer));
    page.notes.push(format!(
        "{} is unexplained. A load is how many requests or sessions were active at once, on average.",
        format::percent(answer.unexplained_share)
    ));
    page
}

fn table(answer: &Suspects) -> Table {
    let suspects = answer.suspects.iter();
    Table {
        title: String::new(),
        columns: vec![
            Column::figure("explains", "share"),
            Column::figure("load", "extra_load"),
            Column::words("kind", "kind"),
            Column::words("new", "is_new"),
            Column::words("confidence", "confidence"),
            Column::words("suspect", "label"),
            Column::words("evidence", "evidence"),
            Column::words("request", "correlation_id"),
        ],
        rows: suspects
            .map(|suspect| {
                let id = suspect.correlation_id.map(|id| id.to_string());
                vec![
                    Cell::share(suspect.share),
                    Cell::of(format!("{:+.1}", suspect.extra_load), suspect.extra_load),
                    Cell::words(suspect.kind.words()),
                    Cell::words(if suspect.is_new { "new" } else { "" }),
                    Cell::words(confidence(suspect.confidence)),
                    Cell::words(&suspect.label),
                    Cell::words(&suspect.evidence),
                    Cell::maybe(id.as_deref()),
                ]
            })
            .collect(),
        empty: "No suspect stands out.",
    }
}

fn events(answer: &Suspects) -> Option<Table> {
    let events = answer.events.iter();
    let rows: Vec<Vec<Cell>> = events
        .map(|event| {
            vec![
                Cell::instant(event.at_us),
                Cell::words(event.host.as_str()),
                Cell::words(&event.class),
                Cell::count(event.count),
                Cell::words(&event.text),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| Table {
        title: "Meanwhile in the databases' logs".to_owned(),
        columns: vec![
            Column::figure("first (UTC)", "at_us"),
            Column::words("host", "host"),
            Column::words("class", "class"),
            Column::figure("times", "count"),
            Column::words("text", "text"),
        ],
        rows,
        empty: "",
    })
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}
