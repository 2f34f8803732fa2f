//! Who held locks that others waited for, and who these were.

use wire::query::{LockEpisode, LockEpisodes, LockNode, LockTree};

use super::page::{Cell, Column, Page, Table};
use super::range::Stretch;
use super::{Parameters, write};
use crate::ask::Trouble;
use crate::cli::commands::RangeArgs;
use crate::client::Client;
use crate::format;

/// Pile-ups whose victims are listed; the table above has all of them.
const DETAILED_MAX: usize = 5;

pub(super) async fn answer(
    client: &Client,
    args: &RangeArgs,
    project: Parameters,
) -> Result<String, Trouble> {
    let stretch = Stretch::of(client, &args.when).await?;
    let parameters = stretch.with(project);
    let locks: LockEpisodes = client.question("/v1/locks", &parameters).await?;
    Ok(write(&locks, args.printing.format, |locks| {
        page(locks, &stretch.words)
    }))
}

pub(crate) fn page(answer: &LockEpisodes, words: &str) -> Page {
    let mut page = Page::default();
    page.fact("range", words);
    page.tables.push(table(&answer.episodes));
    let detailed = answer.episodes.iter().take(DETAILED_MAX);
    page.tables.extend(detailed.map(victims));
    page
}

/// Who waited for whom at one moment.
pub(crate) fn moment(answer: &LockTree, words: &str) -> Page {
    let mut page = Page::default();
    page.fact("range", words);
    if let Some(at_us) = answer.at_us {
        let when = format!("{} {} UTC", format::date(at_us), format::clock(at_us));
        page.fact("moment", when);
    }
    if answer.nodes_left_out > 0 {
        let count = format::count(u64::from(answer.nodes_left_out));
        page.notes
            .push(format!("{count} more sessions of that moment."));
    }
    page.tables.push(Table {
        columns: vec![
            Column::figure("below", "depth"),
            Column::figure("waited", "waited_us"),
            Column::figure("behind it", "behind"),
            Column::words("on", "relation"),
            Column::figure("pid", "pid"),
            Column::words("state", "state"),
            Column::words("who", "label"),
            Column::words("request", "correlation_id"),
            Column::words("statement", "query"),
        ],
        rows: answer.nodes.iter().map(node).collect(),
        empty: "Nobody was seen to wait for a lock.",
        ..Table::default()
    });
    page
}

fn node(node: &LockNode) -> Vec<Cell> {
    let party = &node.party;
    let wait = node.wait.as_ref();
    let id = party.correlation_id.map(|id| id.to_string());
    vec![
        Cell::count(u64::from(node.depth)),
        wait.map_or_else(|| Cell::words(""), |wait| Cell::duration(wait.waited_us)),
        Cell::count(u64::from(node.behind)),
        Cell::maybe(wait.and_then(|wait| wait.relation.as_deref())),
        Cell::of(party.pid.to_string(), party.pid),
        Cell::maybe(party.state.as_deref()),
        Cell::words(&party.label),
        Cell::maybe(id.as_deref()),
        Cell::maybe(party.lock_query()),
    ]
}

pub(crate) fn table(episodes: &[LockEpisode]) -> Table {
    Table {
        columns: vec![
            Column::figure("waited", "waited_us"),
            Column::figure("at worst", "waiters_peak"),
            Column::figure("from (UTC)", "begin_at_us"),
            Column::figure("to", "end_at_us"),
            Column::words("on", "relation"),
            Column::figure("pid", "pid"),
            Column::words("state", "state"),
            Column::words("who held", "label"),
            Column::words("request", "correlation_id"),
            Column::words("issued by", "caller"),
            Column::words("statement", "query"),
        ],
        rows: episodes.iter().map(row).collect(),
        empty: "Nobody was seen to wait for a lock.",
        ..Table::default()
    }
}

fn row(episode: &LockEpisode) -> Vec<Cell> {
    let root = &episode.root;
    let id = root.correlation_id.map(|id| id.to_string());
    vec![
        Cell::duration(episode.waited_us),
        Cell::count(u64::from(episode.waiters_peak)),
        Cell::instant(episode.begin_at_us),
        Cell::instant(episode.end_at_us),
        Cell::maybe(episode.relation.as_deref()),
        Cell::of(root.pid.to_string(), root.pid),
        Cell::maybe(root.state.as_deref()),
        Cell::words(&root.label),
        Cell::maybe(id.as_deref()),
        Cell::maybe(root.lock_caller()),
        Cell::maybe(root.lock_query()),
    ]
}

fn victims(episode: &LockEpisode) -> Table {
    Table {
        title: format!(
            "Who waited behind pid {} = {}",
            episode.root.pid, episode.root.label
        ),
        columns: vec![
            Column::figure("waited", "waited_us"),
            Column::figure("sessions", "count"),
            Column::words("who", "label"),
            Column::words("the longest", "correlation_id"),
            Column::words("statement", "query"),
        ],
        rows: episode
            .victims
            .iter()
            .map(|victim| {
                let id = victim.correlation_id.map(|id| id.to_string());
                vec![
                    Cell::duration(victim.waited_us),
                    Cell::count(u64::from(victim.count)),
                    Cell::words(&victim.label),
                    Cell::maybe(id.as_deref()),
                    Cell::maybe(victim.query.as_deref()),
                ]
            })
            .collect(),
        empty: "nobody",
    }
}
