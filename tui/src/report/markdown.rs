//! The incident as a page of Markdown that can be pasted into a ticket.
//!
//! What came over the wire is made harmless for a terminal (see [`Shown`]) and for Markdown: it
//! stands in code spans, or has the characters escaped that would mean something.

mod culprit;
mod locks;
pub(crate) mod words;

use wire::query::{Confidence, Spike, SuspectKind, Suspects};

use super::incident::Incident;
use crate::format;
use crate::text::Shown;
use words::{code, lasted, measure, none_if_zero, place, put, text};

/// Functions and lock victims that are listed; the others are counted.
const LISTED_MAX: usize = 5;

/// The whole report.
pub fn incident(incident: &Incident) -> String {
    let mut page = String::new();
    headline(&mut page, incident);
    suspects(&mut page, incident);
    culprit::culprit(&mut page, incident);
    locks::locks(&mut page, incident);
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
pub(crate) fn sentence(incident: &Incident) -> String {
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
        SuspectKind::Route | SuspectKind::Sessions => {
            format!("{rose}, {share} of it in {}", label.as_str())
        }
        SuspectKind::Statement | SuspectKind::Function => {
            format!(
                "{rose}, {share} of it since {} takes longer",
                label.as_str()
            )
        }
        SuspectKind::Request => {
            format!("{rose}, {share} of it in one request of {}", label.as_str())
        }
        SuspectKind::Host => {
            format!(
                "{rose}, {share} of it since {} alone is slow",
                label.as_str()
            )
        }
        SuspectKind::Client | SuspectKind::UserAgent => {
            format!(
                "{rose}, {share} of it for more requests from {}",
                label.as_str()
            )
        }
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
        let kind = suspect.kind.words();
        let new = if suspect.is_new {
            ", not seen in the baseline"
        } else {
            ""
        };
        let few = if suspect.confidence == Confidence::Low {
            ", a small sample"
        } else {
            ""
        };
        put(
            page,
            format_args!(
                "{}. **{} {}** ({kind}{new}{few}), {:+.1} load\n   - evidence: {}\n",
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
    events(page, answer);
}

/// What the databases told of meanwhile: cause or effect.
fn events(page: &mut String, answer: &Suspects) {
    if answer.events.is_empty() {
        return;
    }
    page.push_str("Meanwhile in the databases' logs:\n\n");
    for event in &answer.events {
        put(
            page,
            format_args!(
                "- {} {}: {} ({}x), {}\n",
                format::clock(event.at_us),
                text(event.host.as_str()),
                text(&event.class),
                event.count,
                text(&event.text),
            ),
        );
    }
    page.push('\n');
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

#[cfg(test)]
mod tests;
