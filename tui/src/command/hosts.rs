//! The last that was heard of each host, and its PHP-FPM pools.

use wire::host::Role;
use wire::query::{HostSeen, Hosts, PoolSeen};

use super::page::{Cell, Column, Page, Table};
use super::{Parameters, write};
use crate::ask::Trouble;
use crate::cli::Format;
use crate::client::Client;

pub(super) async fn answer(
    client: &Client,
    format: Format,
    project: Parameters,
) -> Result<String, Trouble> {
    let hosts: Hosts = client.question("/v1/hosts", &project).await?;
    Ok(write(&hosts, format, page))
}

pub(crate) fn page(answer: &Hosts) -> Page {
    let mut page = Page::default();
    page.tables.push(Table {
        columns: vec![
            Column::words("project", "project"),
            Column::words("host", "host"),
            Column::words("role", "role"),
            Column::figure("heard (UTC)", "at_us"),
            Column::figure("cores", "cores"),
            Column::figure("load", "load1"),
            Column::figure("cpu", "busy_percent"),
            Column::figure("clock behind", "clock_behind_us"),
        ],
        rows: answer.hosts.iter().map(row).collect(),
        empty: "No host has reported.",
        ..Table::default()
    });
    let pools = answer.hosts.iter().flat_map(|host| {
        let pools = host.pools.iter();
        pools.map(move |seen| pool(host, seen))
    });
    let rows: Vec<Vec<Cell>> = pools.collect();
    if !rows.is_empty() {
        page.tables.push(pools_table(rows));
    }
    page
}

fn row(seen: &HostSeen) -> Vec<Cell> {
    let metrics = seen.metrics.as_ref();
    let clock = seen.clock.as_ref();
    let percent = metrics.and_then(|it| it.busy_percent);
    vec![
        Cell::words(seen.project.as_str()),
        Cell::words(seen.host.as_str()),
        Cell::maybe(metrics.map(|it| role(it.role))),
        metrics.map_or(Cell::Nothing, |it| Cell::instant(it.at_us)),
        Cell::maybe_count(metrics.map(|it| u64::from(it.cores))),
        metrics.map_or(Cell::Nothing, |it| Cell::load(it.load1)),
        percent.map_or(Cell::Nothing, |percent| {
            Cell::of(format!("{percent:.0} %"), percent)
        }),
        clock.map_or(Cell::Nothing, |it| Cell::duration(it.behind_us)),
    ]
}

fn pools_table(rows: Vec<Vec<Cell>>) -> Table {
    Table {
        title: "PHP-FPM pools".to_owned(),
        columns: vec![
            Column::words("host", "host"),
            Column::words("pool", "pool"),
            Column::figure("heard (UTC)", "at_us"),
            Column::figure("active", "active"),
            Column::figure("idle", "idle"),
            Column::figure("total", "total"),
            Column::figure("queue", "listen_queue"),
            Column::figure("max reached", "children_max_reached"),
            Column::figure("oldest", "oldest_us"),
            Column::words("error", "error"),
        ],
        rows,
        empty: "",
    }
}

fn pool(host: &HostSeen, seen: &PoolSeen) -> Vec<Cell> {
    vec![
        Cell::words(host.host.as_str()),
        Cell::words(seen.pool.as_deref().unwrap_or(&seen.address)),
        Cell::instant(seen.at_us),
        Cell::maybe_count(seen.active),
        Cell::maybe_count(seen.idle),
        Cell::maybe_count(seen.total),
        Cell::maybe_count(seen.listen_queue),
        Cell::maybe_count(seen.children_max_reached),
        seen.oldest_us.map_or(Cell::Nothing, Cell::duration),
        Cell::maybe(seen.error.as_deref()),
    ]
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Web => "web",
        Role::Db => "db",
    }
}
