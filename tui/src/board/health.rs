//! How the store, its forwarding and the agents are, and what to do about what is not well.

use wire::figure::counted;
use wire::query::{AgentSeen, BreakerState, ForwardServer, Forwarding, Health};
use wire::time::{Instant, Micros};

use super::hosts::{SILENT, age};
use super::{Column, Line, Severity, figure, maybe, words};
use crate::format;

/// Counters of what an agent did not take or had to give up have one of these in their name.
const LOSSES: [&str; 5] = ["refused", "dropped", "lost", "given_up", "discarded"];

/// Records that wait longer than this are no longer only on their way.
pub(crate) const LATE: Micros = Micros::from_seconds(60);

pub(super) const COLUMNS: &[Column] = &[
    words("part", 20, 0),
    words("where", 12, 0),
    figure("heard", 8, 0),
    figure("waits", 11, 76),
    figure("not taken", 11, 100),
    words("  state", 0, 0),
];

pub(super) fn lines(answer: &Health, now: Instant) -> Vec<Line> {
    let mut lines = vec![store(answer)];
    if let Some(forwarding) = &answer.forwarding {
        lines.push(forward(forwarding));
        lines.extend(forwarding.servers.iter().map(server));
    }
    lines.extend(answer.agents.iter().map(|seen| agent(seen, now)));
    lines
}

fn store(health: &Health) -> Line {
    let aside = health.records_put_aside;
    let bytes = format::bytes(health.database_bytes);
    let up = format::duration(health.uptime_us);
    let mut detail = vec![format!(
        "since its start {} records stored, {} known already, {} put aside",
        format::count(health.records_stored),
        format::count(health.records_known),
        format::count(aside)
    )];
    if aside > 0 {
        let words = "do: look at the reasons in the table put_aside of the day's file; mostly a token's \
                     project or an agent's version";
        detail.push(words.to_owned());
    }
    if health.days_unread > 0 {
        detail.push(format!(
            "{} of an earlier version: questions pass them over until the store has brought them up",
            counted(health.days_unread, "day")
        ));
    }
    let kinds = health.records.iter();
    let kinds = kinds.map(|(kind, count)| format!("{kind} {}", format::count(*count)));
    detail.push(format!("it holds {}", kinds.collect::<Vec<_>>().join(", ")));
    Line {
        severity: if aside > 0 || health.days_unread > 0 {
            Severity::Warning
        } else {
            Severity::Fine
        },
        cells: vec![
            format!("store {}", health.version),
            String::new(),
            String::new(),
            String::new(),
            format::count_within(aside, 10),
            format!("  up {up}, databases {bytes}"),
        ],
        detail,
        request: None,
        ..Line::default()
    }
}

fn forward(forwarding: &Forwarding) -> Line {
    let lost = forwarding.records_lost + forwarding.records_put_aside;
    let is_late = forwarding.lag_us > LATE;
    let severity = if forwarding.records_lost > 0 || forwarding.warning.is_some() {
        Severity::Error
    } else if is_late || lost > 0 {
        Severity::Warning
    } else {
        Severity::Fine
    };
    let mut detail = vec![format!(
        "{}; {} records wait, the oldest for {}; {} forwarded, {} lost, {} put aside, {} left out",
        forwarding.state,
        format::count(forwarding.records_waiting),
        format::duration(forwarding.lag_us),
        format::count(forwarding.records),
        format::count(forwarding.records_lost),
        format::count(forwarding.records_put_aside),
        format::count(forwarding.records_filtered),
    )];
    detail.extend(forwarding.warning.clone());
    if let Some(at) = forwarding.expires_at_us.filter(|_| is_late) {
        let (day, clock) = (format::date(at), format::clock(at));
        detail.push(format!(
            "retention removes the oldest that waits at {day} {clock} {}",
            format::zone(at)
        ));
    }
    if severity > Severity::Fine {
        detail.push("do: `bitville-store forward status` on the store tells more".to_owned());
    }
    Line {
        severity,
        cells: vec![
            format!("forwarding {}", forwarding.destination),
            String::new(),
            String::new(),
            format::count_within(forwarding.records_waiting, 10),
            format::count_within(lost, 10),
            format!("  {}", forwarding.state),
        ],
        detail,
        request: None,
        ..Line::default()
    }
}

fn server(server: &ForwardServer) -> Line {
    let (severity, state) = match server.breaker {
        BreakerState::Closed => (Severity::Fine, "in use"),
        BreakerState::HalfOpen => (Severity::Warning, "breaker half-open: it is tried again"),
        BreakerState::Open => (
            Severity::Error,
            "breaker open: it is left alone for a while",
        ),
    };
    let error = maybe(server.last_error.as_ref(), |it| format!(": {it}"));
    let mut detail = vec![format!("{} {state}{error}", server.url)];
    if severity > Severity::Fine {
        let words = "do: see that this input of Graylog runs and can be reached from the store";
        detail.push(words.to_owned());
    }
    Line {
        severity,
        cells: vec![
            format!(" {}", server.url),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            format!("  {state}{error}"),
        ],
        detail,
        request: None,
        ..Line::default()
    }
}

fn agent(seen: &AgentSeen, now: Instant) -> Line {
    let health = &seen.health;
    let gauge = |name: &str| health.gauges.get(name).copied();
    let losses: Vec<(&String, u64)> = health
        .counters
        .iter()
        .filter(|(name, count)| **count > 0 && LOSSES.iter().any(|loss| name.contains(loss)))
        .map(|(name, count)| (name, *count))
        .collect();
    let lost = losses
        .iter()
        .fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
    let (severity, state, advice) = verdict(seen, lost, now);
    let mut detail = vec![format!(
        "{} {} of project {}, pid {}, up {}, {}",
        health.agent,
        health.version,
        seen.project,
        health.pid,
        format::duration(health.uptime_us),
        maybe(health.rss_bytes, format::bytes),
    )];
    detail.extend(Some(advice).filter(|it| !it.is_empty()).map(str::to_owned));
    detail.extend(
        health
            .last_error
            .as_ref()
            .map(|it| format!("last error: {it}")),
    );
    let offset = gauge("clock_offset_us").filter(|offset| offset.abs() >= 500_000);
    detail.extend(offset.map(|it| {
        let apart = format::duration(Micros(it.saturating_abs()));
        format!("its clock is {apart} apart from the store's")
    }));
    let told = losses.iter();
    detail.extend(told.map(|(name, count)| format!("{name} {}", format::count(*count))));
    Line {
        severity,
        cells: vec![
            format!("{} {}", health.agent, health.version),
            seen.host.to_string(),
            age(now, seen.at_us),
            maybe(
                gauge("journal_bytes").and_then(|it| u64::try_from(it).ok()),
                format::bytes,
            ),
            format::count_within(lost, 10),
            format!("  {state}"),
        ],
        detail,
        request: None,
        ..Line::default()
    }
}

/// How an agent is, and what to do about it.
fn verdict(seen: &AgentSeen, lost: u64, now: Instant) -> (Severity, String, &'static str) {
    let is_open = seen
        .health
        .gauges
        .get("breaker_open")
        .is_some_and(|open| *open > 0);
    if now - seen.at_us > SILENT {
        let since = format!("silent since {}", format::clock(seen.at_us));
        (
            Severity::Error,
            since,
            "do: see that it runs on its host and reaches the store",
        )
    } else if is_open {
        let state = "breaker open: it waits before it tries the store again".to_owned();
        (
            Severity::Error,
            state,
            "do: see its last error; what it has stays in its journal",
        )
    } else if lost > 0 {
        let state = "runs, but did not take everything".to_owned();
        (
            Severity::Warning,
            state,
            "do: see by which of its counters below",
        )
    } else {
        (Severity::Fine, "runs".to_owned(), "")
    }
}
