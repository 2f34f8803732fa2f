//! How the store is, how far it has forwarded, and those who report to it.

use wire::query::{AgentSeen, BreakerState, Forwarding, Health};

use super::page::{Cell, Column, Page, Table};
use super::write;
use crate::ask::Trouble;
use crate::cli::Format;
use crate::client::Client;
use crate::format;

pub(super) async fn answer(client: &Client, format: Format) -> Result<String, Trouble> {
    let health: Health = client.question("/v1/health", &[]).await?;
    Ok(write(&health, format, page))
}

pub(crate) fn page(answer: &Health) -> Page {
    let mut page = Page::default();
    page.fact(
        "store",
        format!(
            "{}, up {}",
            answer.version,
            format::duration(answer.uptime_us)
        ),
    );
    page.fact(
        "records since its start",
        format!(
            "{} stored, {} known already, {} put aside",
            format::count(answer.records_stored),
            format::count(answer.records_known),
            format::count(answer.records_put_aside)
        ),
    );
    page.fact("databases", format::bytes(answer.database_bytes));
    if answer.days_unread > 0 {
        page.fact("days not yet brought up", format::count(answer.days_unread));
    }
    if let Some(forwarding) = &answer.forwarding {
        forward(&mut page, forwarding);
    }
    page.tables.push(Table {
        columns: vec![
            Column::words("project", "project"),
            Column::words("host", "host"),
            Column::words("agent", "agent"),
            Column::words("version", "version"),
            Column::figure("heard (UTC)", "at_us"),
            Column::figure("up", "uptime_us"),
            Column::figure("memory", "rss_bytes"),
            Column::figure("waits in its journal", "journal_bytes"),
            Column::words("last error", "last_error"),
        ],
        rows: answer.agents.iter().map(agent).collect(),
        empty: "No agent has reported.",
        ..Table::default()
    });
    page
}

fn forward(page: &mut Page, forwarding: &Forwarding) {
    page.fact(
        "forwarding",
        format!(
            "{}; {} records wait, the oldest for {}; {} forwarded, {} lost, {} put aside",
            forwarding.state,
            format::count(forwarding.records_waiting),
            format::duration(forwarding.lag_us),
            format::count(forwarding.records),
            format::count(forwarding.records_lost),
            format::count(forwarding.records_put_aside)
        ),
    );
    if let Some(warning) = &forwarding.warning {
        page.fact("warning", warning.clone());
    }
    for server in &forwarding.servers {
        let breaker = match server.breaker {
            BreakerState::Closed => "in use",
            BreakerState::Open => "breaker open",
            BreakerState::HalfOpen => "breaker half open",
        };
        let error = server.last_error.as_deref();
        let error = error.map(|error| format!(": {error}")).unwrap_or_default();
        page.fact("server", format!("{} {breaker}{error}", server.url));
    }
}

fn agent(seen: &AgentSeen) -> Vec<Cell> {
    let journal = seen.health.gauges.get("journal_bytes");
    vec![
        Cell::words(seen.project.as_str()),
        Cell::words(seen.host.as_str()),
        Cell::words(&seen.health.agent),
        Cell::words(&seen.health.version),
        Cell::instant(seen.at_us),
        Cell::duration(seen.health.uptime_us),
        Cell::bytes(seen.health.rss_bytes),
        Cell::bytes(journal.and_then(|bytes| u64::try_from(*bytes).ok())),
        Cell::maybe(seen.health.last_error.as_deref()),
    ]
}
