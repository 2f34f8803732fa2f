//! Who waited for whom at the worst moment, as a tree.

use wire::query::{LockEpisode, Party};
use wire::time::Micros;

use super::LISTED_MAX;
use super::words::{fenced, put, text};
use crate::format;
use crate::report::incident::Incident;
use crate::text::Shown;

/// A line of the tree is cut here: wide enough for a statement's beginning, and no page wide.
const COLUMNS_MAX: usize = 160;

/// A pile-up with less than one in so many of all seconds of waiting is counted, and not listed.
const SHARE_LEAST: i64 = 100;

pub(super) fn locks(page: &mut String, incident: &Incident) {
    page.push_str("## Locks\n\n");
    if incident.locks.is_empty() {
        page.push_str("Nobody was seen to wait for a lock.\n\n");
        return;
    }
    let listed = worth_listing(&incident.locks);
    for episode in listed {
        lock_episode(page, episode);
    }
    let rest = (incident.locks.len() - listed.len()) as u64;
    if rest > 0 {
        put(
            page,
            format_args!(
                "{} smaller pile-ups are not listed.\n\n",
                format::count(rest)
            ),
        );
    }
}

/// The largest, which come first: where one has nearly all of the waiting, the others are what was in its way.
fn worth_listing(episodes: &[LockEpisode]) -> &[LockEpisode] {
    let sum: i64 = episodes.iter().map(|episode| episode.waited_us.0).sum();
    let is_small = |episode: &LockEpisode| episode.waited_us.0 < sum / SHARE_LEAST;
    let count = episodes.iter().position(is_small).unwrap_or(episodes.len());
    &episodes[..count.clamp(1, LISTED_MAX)]
}

fn lock_episode(page: &mut String, episode: &LockEpisode) {
    let relation = episode
        .relation
        .as_deref()
        .map(|relation| format!(" on {}", text(relation)))
        .unwrap_or_default();
    put(
        page,
        format_args!(
            "At its worst ({} UTC) {} sessions waited{}; {} of waiting in all from {} to {}.\n\n",
            format::clock(episode.worst_at_us),
            episode.waiters_peak,
            relation,
            format::duration(episode.waited_us),
            format::clock(episode.begin_at_us),
            format::clock(episode.end_at_us),
        ),
    );
    let mut tree = party(&episode.root);
    for (index, victim) in episode.victims.iter().take(LISTED_MAX).enumerate() {
        let is_last = index + 1 == episode.victims.len();
        put(
            &mut tree,
            format_args!(
                "\n{} {} × {} waited {}  {}",
                if is_last { "└─" } else { "├─" },
                victim.count,
                Shown::squeezed(&victim.label).as_str(),
                format::duration(victim.waited_us),
                Shown::squeezed(victim.query.as_deref().unwrap_or(""))
                    .fit(120)
                    .as_str(),
            ),
        );
    }
    let rest = &episode.victims[episode.victims.len().min(LISTED_MAX)..];
    if !rest.is_empty() {
        let waited = rest
            .iter()
            .fold(Micros(0), |sum, victim| sum + victim.waited_us);
        put(
            &mut tree,
            format_args!(
                "\n└─ … {} more kinds of waiters, {}",
                rest.len(),
                format::duration(waited)
            ),
        );
    }
    put(page, format_args!("{}\n", fenced(&tree, "")));
}

/// Who stands at the root: the session, and below it the statement that matters.
fn party(party: &Party) -> String {
    let state = party
        .state
        .as_deref()
        .map(|state| format!(" ({state})"))
        .unwrap_or_default();
    let who = format!("pid {} = {}{state}", party.pid, party.label);
    let mut lines = Shown::squeezed(&who).fit(COLUMNS_MAX).as_str().to_owned();
    let Some(query) = party.lock_query() else {
        return lines;
    };
    let what = match &party.took_lock {
        Some(statement) if statement.count > 1 => {
            let count = format::count(u64::from(statement.count));
            format!("took the lock, ×{count} in its transaction")
        }
        Some(_) => "took the lock".to_owned(),
        None => "its last statement".to_owned(),
    };
    let caller = party
        .lock_caller()
        .map(|caller| format!(", issued by {caller}"))
        .unwrap_or_default();
    let words = format!("{what}{caller}: {query}");
    let words = Shown::squeezed(&words).fit(COLUMNS_MAX - 2);
    put(&mut lines, format_args!("\n│ {}", words.as_str()));
    lines
}
