//! Lock episodes: who held a lock, and who waited behind it.
//!
//! ```text
//! 14:01:12  7m28s  118  10h51m  pid 19607  POST /cron/reprice  held stock
//!                  312   8h32m   └ POST /checkout  UPDATE stock SET qty = …
//! ```

use wire::query::{LockEpisode, LockEpisodes, LockVictim};

use super::{Column, Line, figure, maybe, words};
use crate::format;

pub(super) const COLUMNS: &[Column] = &[
    words("began", 9, 0),
    figure("lasted", 9, 76),
    figure("waiters", 8, 0),
    figure("waited", 9, 0),
    words("  who held it, and who waited", 0, 0),
];

pub(super) fn lines(answer: &LockEpisodes) -> Vec<Line> {
    let mut lines = Vec::new();
    for episode in &answer.episodes {
        lines.push(root(episode));
        let last = episode.victims.len().saturating_sub(1);
        let victims = episode.victims.iter().enumerate();
        lines.extend(victims.map(|(index, it)| Line {
            at_us: Some(episode.worst_at_us),
            ..victim(it, index == last)
        }));
    }
    lines
}

fn root(episode: &LockEpisode) -> Line {
    let root = &episode.root;
    let relation = maybe(episode.relation.as_ref(), |it| format!("  held {it}"));
    let mut detail = vec![format!(
        "{}–{} {}, worst at {}: {} waiting at once",
        format::clock(episode.begin_at_us),
        format::clock(episode.end_at_us),
        format::zone(episode.end_at_us),
        format::clock(episode.worst_at_us),
        format::count(u64::from(episode.waiters_peak)),
    )];
    if let Some(state) = &root.state {
        detail.push(format!("the holder was {state}, last seen"));
    }
    let caller = maybe(root.lock_caller(), |it| format!(", issued by {it}"));
    let what = if root.took_lock.is_some() {
        "took the lock"
    } else {
        "its last statement"
    };
    if let Some(query) = root.lock_query() {
        detail.push(format!("{what}{caller}: {query}"));
    }
    if let Some(id) = root.correlation_id {
        detail.push(format!("request {id}"));
    }
    Line {
        cells: vec![
            format::clock(episode.begin_at_us),
            format::duration(episode.end_at_us - episode.begin_at_us),
            format::count_within(u64::from(episode.waiters_peak), 7),
            format::duration(episode.waited_us),
            format!("  pid {}  {}{relation}", root.pid, root.label),
        ],
        detail,
        request: root.correlation_id,
        at_us: Some(episode.worst_at_us),
        ..Line::default()
    }
}

fn victim(victim: &LockVictim, is_last: bool) -> Line {
    let branch = if is_last { "└" } else { "├" };
    let query = victim.query.as_deref().unwrap_or("");
    let mut detail = vec![format!(
        "{} sessions of {} waited {} in all",
        format::count(u64::from(victim.count)),
        victim.label,
        format::duration(victim.waited_us)
    )];
    detail.extend(
        victim
            .query
            .as_ref()
            .map(|query| format!("they ran: {query}")),
    );
    if let Some(id) = victim.correlation_id {
        detail.push(format!("waited longest: request {id}"));
    }
    Line {
        cells: vec![
            String::new(),
            String::new(),
            format::count_within(u64::from(victim.count), 7),
            format::duration(victim.waited_us),
            format!("   {branch} {}  {query}", victim.label),
        ],
        detail,
        request: victim.correlation_id,
        ..Line::default()
    }
}
