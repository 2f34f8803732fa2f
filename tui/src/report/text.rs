//! The incident and the spikes as pages for a terminal and for CSV.
//!
//! Shorter than the Markdown, which is made to be kept: who, with what proof, who waited, the slowest.
//! As CSV the incident is its suspects.

use wire::ids::{Host, Project};
use wire::query::Spike;

use super::incident::Incident;
use super::markdown::{sentence, words};
use crate::command::page::{Cell, Column, Page, Table};
use crate::command::{locks, requests, suspects};
use crate::format;

/// The whole report.
pub fn incident(incident: &Incident) -> Page {
    let spike = &incident.spike;
    let mut page = suspects::page(&incident.suspects);
    page.title = format!("Spike {}: {}", spike.id, sentence(incident));
    page.facts
        .insert(0, ("why it counts", spike.reason.clone()));
    if let Some(culprit) = &incident.culprit {
        let row = &culprit.row;
        page.fact(
            "proof",
            format!("{} {}, request {}", row.method, row.url, row.correlation_id),
        );
    }
    if let Some(guilty) = incident.guilty_statement() {
        page.fact("statement", guilty.sql);
        page.fact(
            "run by",
            guilty.caller.unwrap_or_else(|| "unknown".to_owned()),
        );
    }
    let mut held = locks::table(&incident.locks);
    "Who held locks".clone_into(&mut held.title);
    let mut slowest = requests::table(&incident.worst);
    "The slowest requests".clone_into(&mut slowest.title);
    page.tables.extend([held, slowest]);
    for seen in &incident.gaps {
        page.notes.push(format!(
            "Missing: {} records of {} that {} gave up at {} UTC ({}).",
            format::count(seen.gap.records),
            format::bytes(seen.gap.bytes),
            seen.host,
            format::clock(seen.at_us),
            seen.gap.reason
        ));
    }
    page
}

/// The spikes, the newest first.
pub fn spikes(spikes: &[Spike]) -> Page {
    let table = Table {
        columns: vec![
            Column::figure("spike", "id"),
            Column::figure("began (UTC)", "begin_at_us"),
            Column::figure("ended", "end_at_us"),
            Column::words("lasted", "lasted"),
            Column::words("what", "measure"),
            Column::figure("peak", "peak"),
            Column::figure("usual", "baseline"),
            Column::words("database", "wait_class"),
            Column::words("project", "project"),
            Column::words("host", "host"),
        ],
        rows: spikes.iter().map(row).collect(),
        empty: "No spike in the last 7 days.",
        ..Table::default()
    };
    Page {
        tables: vec![table],
        ..Page::default()
    }
}

fn row(spike: &Spike) -> Vec<Cell> {
    vec![
        Cell::of(spike.id.to_string(), spike.id),
        Cell::instant(spike.begin_at_us),
        spike.end_at_us.map_or(Cell::Nothing, Cell::instant),
        Cell::words(&words::lasted(spike)),
        Cell::words(words::measure(spike.measure)),
        Cell::load(spike.peak),
        Cell::load(spike.baseline),
        Cell::maybe(spike.wait_class.as_deref()),
        Cell::maybe(spike.project.as_ref().map(Project::as_str)),
        Cell::maybe(spike.host.as_ref().map(Host::as_str)),
    ]
}
