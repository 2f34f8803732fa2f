//! The incident as a page of Markdown that can be pasted into a ticket.
//!
//! What came over the wire is made harmless for a terminal (see [`Shown`]) and for Markdown: it
//! stands in code spans, or has the characters escaped that would mean something.

use std::fmt::Write as _;

use wire::query::{LockEpisode, Measure, Party, RequestDetail, Spike, SuspectKind};
use wire::time::Micros;

use super::incident::Incident;
use crate::format;
use crate::text::Shown;

/// Functions and lock victims that are listed; the others are counted.
const LISTED_MAX: usize = 5;

/// The whole report.
pub fn incident(incident: &Incident) -> String {
    let mut page = String::new();
    headline(&mut page, incident);
    suspects(&mut page, incident);
    culprit(&mut page, incident);
    locks(&mut page, incident);
    worst(&mut page, incident);
    missing(&mut page, incident);
    again(&mut page, incident);
    page
}

/// The spikes as a table.
pub fn spikes(spikes: &[Spike]) -> String {
    if spikes.is_empty() {
        return "No spike in the last 7 days.\n".to_owned();
    }
    let mut page = String::from(
        "| spike | began (UTC) | lasted | what | peak | usual | database | where |\n|---:|---|---|---|---:|---:|---|---|\n",
    );
    for spike in spikes {
        put(
            &mut page,
            format_args!(
                "| {} | {} {} | {} | {} | {} | {} | {} | {} |\n",
                spike.id,
                format::date(spike.begin_at_us),
                format::clock(spike.begin_at_us),
                lasted(spike),
                measure(spike.measure),
                format::load(spike.peak),
                format::load(spike.baseline),
                text(spike.wait_class.as_deref().unwrap_or("")),
                text(&place(spike)),
            ),
        );
    }
    page
}

fn headline(page: &mut String, incident: &Incident) {
    let spike = &incident.spike;
    put(
        page,
        format_args!("# Spike {}: {}\n\n", spike.id, text(&sentence(incident))),
    );
    let times = format::times(spike.peak, spike.baseline)
        .map(|times| format!(", {times} the usual"))
        .unwrap_or_default();
    let end = match spike.end_at_us {
        Some(end) => format!("to {}", format::clock(end)),
        None => format!("and still runs at {}", format::clock(incident.now_at_us)),
    };
    put(
        page,
        format_args!(
            "- **When:** {} {} {end} UTC ({}), worst at {}\n",
            format::date(spike.begin_at_us),
            format::clock(spike.begin_at_us),
            lasted(spike),
            format::clock(spike.peak_at_us),
        ),
    );
    put(
        page,
        format_args!(
            "- **How bad:** {} {} against {} before{times}\n",
            measure(spike.measure),
            format::load(spike.peak),
            format::load(spike.baseline),
        ),
    );
    let place = place(spike);
    if !place.is_empty() {
        put(page, format_args!("- **Where:** {}\n", text(&place)));
    }
    put(
        page,
        format_args!(
            "- **Why it counts as a spike:** {}\n\n",
            text(&spike.reason)
        ),
    );
}

/// What happened, in one sentence.
fn sentence(incident: &Incident) -> String {
    let spike = &incident.spike;
    let rose = format!(
        "{} rose to {}",
        measure(spike.measure),
        format::load(spike.peak)
    );
    let Some(first) = incident.suspects.suspects.first() else {
        return format!("{rose}, and no suspect stands out");
    };
    let label = Shown::squeezed(&first.label);
    let share = format::percent(first.share);
    match first.kind {
        SuspectKind::LockHolder => {
            format!(
                "{rose} because {} held locks that others waited for ({share} of it)",
                label.as_str()
            )
        }
        SuspectKind::Route => format!("{rose}, {share} of it in {}", label.as_str()),
    }
}

fn suspects(page: &mut String, incident: &Incident) {
    let answer = &incident.suspects;
    put(
        page,
        format_args!(
            "## Suspects\n\nThe spike added {} of load ({}) over its baseline ({}).\n\n",
            format::load(answer.added_load),
            format::range(answer.range),
            format::range(answer.baseline),
        ),
    );
    for (index, suspect) in answer.suspects.iter().enumerate() {
        let kind = match suspect.kind {
            SuspectKind::LockHolder => "held locks",
            SuspectKind::Route => "route",
        };
        let new = if suspect.is_new {
            ", not seen in the baseline"
        } else {
            ""
        };
        put(
            page,
            format_args!(
                "{}. **{} {}** ({kind}{new}), {:+.1} load\n   - evidence: {}\n",
                index + 1,
                format::percent(suspect.share),
                text(&suspect.label),
                suspect.extra_load,
                text(&suspect.evidence),
            ),
        );
        for part in &suspect.parts {
            put(
                page,
                format_args!(
                    "   - of it {}: {}\n",
                    format::percent(part.share),
                    text(&part.label)
                ),
            );
        }
    }
    put(
        page,
        format_args!(
            "\n{} is unexplained.\n\n",
            format::percent(answer.unexplained_share)
        ),
    );
}

fn culprit(page: &mut String, incident: &Incident) {
    let Some(detail) = &incident.culprit else {
        return;
    };
    let row = &detail.row;
    let what = if detail.blocked.is_empty() {
        "The request that proves it"
    } else {
        "The blocking request"
    };
    put(page, format_args!("## {what}\n\n"));
    put(
        page,
        format_args!(
            "- **URL:** {}\n",
            code(&format!("{} {}", row.method, row.url))
        ),
    );
    if let Some(action) = &detail.request.action {
        put(page, format_args!("- **Action:** {}\n", code(action)));
    }
    put(
        page,
        format_args!(
            "- **Request:** {} on {} at {} {} UTC\n",
            code(&row.correlation_id.to_string()),
            text(row.host.as_str()),
            format::date(row.at_us),
            format::clock(row.at_us),
        ),
    );
    put(
        page,
        format_args!(
            "- **Took:** {}{}; {} in {} statements{}\n",
            format::duration(row.wall_us),
            usual(detail),
            format::duration(row.sql_us),
            row.sql_count,
            waited(detail)
        ),
    );
    if row.blocked_us.0 > 0 {
        let waiters = detail.blocked.len() as u64;
        put(
            page,
            format_args!(
                "- **Others waited for it:** {} in {} waits\n",
                format::duration(row.blocked_us),
                format::count(waiters)
            ),
        );
    }
    if let Some(statement) = incident.guilty_statement() {
        let caller = statement
            .caller
            .as_deref()
            .map_or("unknown".to_owned(), code);
        let place = statement
            .caller_at
            .as_deref()
            .map(|at| format!(" at {}", code(at)))
            .unwrap_or_default();
        put(
            page,
            format_args!("- **Run by the function:** {caller}{place}\n"),
        );
        let took = statement
            .duration_us
            .map(|span| format!(" ({})", format::duration(span)))
            .unwrap_or_default();
        put(
            page,
            format_args!("- **Its SQL**{took}:\n\n{}\n", block(&statement.sql)),
        );
    }
    functions(page, detail);
}

fn usual(detail: &RequestDetail) -> String {
    let Some(usual) = &detail.baseline else {
        return String::new();
    };
    let ratio = format::times(detail.row.wall_us.0 as f64, usual.wall_avg_us.0 as f64);
    format!(
        " (usually {}, p95 {}, over {} captured{})",
        format::duration(usual.wall_avg_us),
        format::duration(usual.wall_p95_us),
        format::count(usual.count),
        ratio.map(|ratio| format!(": {ratio}")).unwrap_or_default(),
    )
}

fn waited(detail: &RequestDetail) -> String {
    if detail.row.lock_us.0 == 0 {
        return String::new();
    }
    format!(
        "; waited {} for locks itself",
        format::duration(detail.row.lock_us)
    )
}

fn functions(page: &mut String, detail: &RequestDetail) {
    let Some(profile) = &detail.request.profile else {
        return;
    };
    let functions = profile.functions();
    let total = profile.total_us();
    if functions.is_empty() {
        return;
    }
    put(
        page,
        format_args!(
            "Its functions by self time ({} in all):\n\n| self | share | incl | calls | function |\n|---:|---:|---:|---:|---|\n",
            format::duration(total)
        ),
    );
    for function in functions.iter().take(LISTED_MAX) {
        let share = if total.0 > 0 {
            function.exclusive_us.0 as f64 / total.0 as f64
        } else {
            0.0
        };
        put(
            page,
            format_args!(
                "| {} | {} | {} | {} | {} |\n",
                format::duration(function.exclusive_us),
                format::percent(share),
                format::duration(function.inclusive_us),
                function.calls,
                code(&function.name),
            ),
        );
    }
    let rest = functions.iter().skip(LISTED_MAX);
    let rest_us = rest
        .clone()
        .fold(Micros(0), |sum, function| sum + function.exclusive_us);
    let rest = rest.count() as u64;
    if rest > 0 {
        put(
            page,
            format_args!(
                "| {} | | | | {} more |\n",
                format::duration(rest_us),
                format::count(rest)
            ),
        );
    }
    page.push('\n');
}

fn locks(page: &mut String, incident: &Incident) {
    page.push_str("## Locks\n\n");
    if incident.locks.is_empty() {
        page.push_str("Nobody was seen to wait for a lock.\n\n");
        return;
    }
    for episode in incident.locks.iter().take(LISTED_MAX) {
        lock_episode(page, episode);
    }
    let rest = incident.locks.len().saturating_sub(LISTED_MAX) as u64;
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

fn party(party: &Party) -> String {
    let state = party
        .state
        .as_deref()
        .map(|state| format!(" ({state})"))
        .unwrap_or_default();
    let query = party
        .query
        .as_deref()
        .map(|query| format!("  last: {query}"))
        .unwrap_or_default();
    let words = format!("pid {} = {}{state}{query}", party.pid, party.label);
    Shown::squeezed(&words).fit(160).as_str().to_owned()
}

fn worst(page: &mut String, incident: &Incident) {
    page.push_str("## The slowest requests\n\n");
    if incident.worst.is_empty() {
        page.push_str("No request was captured in this time.\n\n");
        return;
    }
    page.push_str(
        "| wall | SQL | waited | blocked others | request | id |\n|---:|---:|---:|---:|---|---|\n",
    );
    for row in &incident.worst {
        put(
            page,
            format_args!(
                "| {} | {} in {} | {} | {} | {} | {} |\n",
                format::duration(row.wall_us),
                format::duration(row.sql_us),
                row.sql_count,
                none_if_zero(row.lock_us),
                none_if_zero(row.blocked_us),
                code(&format!("{} {}", row.method, row.url)),
                code(&row.correlation_id.to_string()),
            ),
        );
    }
    page.push('\n');
}

fn missing(page: &mut String, incident: &Incident) {
    page.push_str("## What is missing from the data\n\n");
    for seen in &incident.gaps {
        put(
            page,
            format_args!(
                "- {}: {} records of {} given up at {} ({})\n",
                text(seen.host.as_str()),
                format::count(seen.gap.records),
                format::bytes(seen.gap.bytes),
                format::clock(seen.at_us),
                text(&seen.gap.reason),
            ),
        );
    }
    if incident.gaps.is_empty() {
        page.push_str("- No agent gave up a record in this time.\n");
    }
    if incident.culprit.is_none() {
        page.push_str("- No captured request proves the first suspect.\n");
    }
    page.push_str(
        "- Requests below the capture threshold are not in these figures; database sessions and \
         locks are samples.\n\n",
    );
}

fn again(page: &mut String, incident: &Incident) {
    let id = incident.spike.id;
    page.push_str("## See it again\n\n```sh\n");
    put(
        page,
        format_args!("bitville-tui --spike {id}            # the console on this spike\n"),
    );
    if let Some(culprit) = &incident.culprit {
        put(
            page,
            format_args!("bitville-tui --request {}\n", culprit.row.correlation_id),
        );
    }
    let culprit = incident
        .culprit
        .as_ref()
        .map(|culprit| culprit.row.correlation_id);
    let others = incident
        .worst
        .iter()
        .filter(|row| Some(row.correlation_id) != culprit);
    for row in others.take(1) {
        put(
            page,
            format_args!(
                "bitville-tui --request {}   # the slowest beside it\n",
                row.correlation_id
            ),
        );
    }
    put(
        page,
        format_args!("bitville-tui report --spike {id}     # this page\n"),
    );
    put(
        page,
        format_args!("bitville-tui report --spike {id} --format json\n```\n"),
    );
}

// --- Words ------------------------------------------------------------------------------------

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Load => "load",
        Measure::Sessions => "active database sessions",
        Measure::Requests => "requests in flight",
    }
}

fn none_if_zero(span: Micros) -> String {
    if span.0 == 0 {
        "-".to_owned()
    } else {
        format::duration(span)
    }
}

fn lasted(spike: &Spike) -> String {
    match spike.end_at_us {
        Some(end) => format::duration(Micros::from_seconds(
            (end - spike.begin_at_us).0 / 1_000_000,
        )),
        None => "still running".to_owned(),
    }
}

fn place(spike: &Spike) -> String {
    let project = spike
        .project
        .as_ref()
        .map(|project| format!("project {project}"));
    let host = spike.host.as_ref().map(|host| format!("host {host}"));
    [project, host]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// Words from the wire amid our own, with what Markdown would read taken literally.
fn text(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for character in Shown::squeezed(raw).as_str().chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A code span. Backticks and bars inside would end it or its table cell.
fn code(raw: &str) -> String {
    format!(
        "`{}`",
        Shown::squeezed(raw)
            .as_str()
            .replace('`', "'")
            .replace('|', "¦")
    )
}

/// A statement in a block of its own, its lines kept.
fn block(sql: &str) -> String {
    let lines: Vec<String> = sql
        .lines()
        .take(60)
        .map(|line| Shown::new(line).as_str().to_owned())
        .collect();
    fenced(&lines.join("\n"), "sql")
}

fn fenced(content: &str, language: &str) -> String {
    // A fence is longer than any run of backticks inside.
    let mut fence = "```".to_owned();
    while content.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}{language}\n{content}\n{fence}\n")
}

fn put(page: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string never fails.
    let _ = page.write_fmt(words);
}

#[cfg(test)]
mod tests;
