//! Hosts as they are now: load against cores, CPU, and PHP-FPM's pools.

use wire::host::Role;
use wire::query::{HostSeen, Hosts, PoolSeen};
use wire::time::{Instant, Micros};

use super::{Column, Line, Severity, figure, machine, maybe, words};
use crate::format;

/// Requests in flight that are told of a pool: the oldest ones.
const REQUESTS_MAX: usize = 12;

/// Hosts report every 10 s: after three reports that did not come, something is wrong.
pub(super) const SILENT: Micros = Micros::from_seconds(30);

pub(super) const COLUMNS: &[Column] = &[
    words("host", 16, 0),
    words("role", 5, 76),
    figure("heard", 9, 0),
    figure("load", 8, 0),
    figure("of cores", 9, 0),
    figure("cpu", 7, 0),
    words("  what to know", 0, 0),
];

pub(super) fn lines(answer: &Hosts, now: Instant) -> Vec<Line> {
    let mut lines = Vec::new();
    for seen in &answer.hosts {
        lines.push(host(seen, now));
        lines.extend(seen.pools.iter().map(|it| pool(it, now)));
    }
    lines
}

fn host(seen: &HostSeen, now: Instant) -> Line {
    let metrics = seen.metrics.as_ref();
    let mut notes = Vec::new();
    let mut severity = Severity::Fine;
    match metrics {
        Some(metrics) if now - metrics.at_us > SILENT => {
            notes.push(format!("no data since {}", format::clock(metrics.at_us)));
            severity = Severity::Error;
        }
        Some(metrics) if metrics.load1 > f64::from(metrics.cores) => {
            let times = metrics.load1 / f64::from(metrics.cores.max(1));
            notes.push(format!("load is {times:.1}× its cores"));
            severity = Severity::Warning;
        }
        Some(_) => {}
        None => notes.push("sends no metrics".to_owned()),
    }
    if let Some(clock) = seen.clock.filter(|clock| clock.is_corrected) {
        let side = if clock.behind_us.0 < 0 {
            "ahead"
        } else {
            "behind"
        };
        let apart = format::duration(Micros(clock.behind_us.0.saturating_abs()));
        notes.push(format!("its clock is {apart} {side}"));
        severity = severity.max(Severity::Warning);
    }
    let reading = metrics.and_then(|it| it.reading.as_deref());
    let unusual = reading.map(machine::notes).unwrap_or_default();
    if !unusual.is_empty() {
        severity = severity.max(Severity::Warning);
    }
    notes.extend(unusual);
    let mut detail = vec![format!("{} of project {}", seen.host, seen.project)];
    detail.extend(notes.iter().cloned());
    detail.extend(reading.map(machine::lines).unwrap_or_default());
    Line {
        severity,
        cells: vec![
            seen.host.to_string(),
            maybe(metrics, |it| role(it.role).to_owned()),
            maybe(metrics, |it| age(now, it.at_us)),
            maybe(metrics, |it| format::load(it.load1)),
            maybe(metrics, |it| it.cores.to_string()),
            maybe(metrics.and_then(|it| it.busy_percent), |it| {
                format!("{it:.0} %")
            }),
            format!("  {}", notes.join(", ")),
        ],
        detail,
        request: None,
        ..Line::default()
    }
}

fn pool(seen: &PoolSeen, now: Instant) -> Line {
    let name = seen.pool.as_deref().unwrap_or(&seen.address);
    let is_full = seen.idle == Some(0) && seen.active.is_some_and(|active| active > 0);
    let queue = seen.listen_queue.filter(|queue| *queue > 0);
    let (severity, state) = match (&seen.error, queue) {
        (Some(error), _) => (Severity::Error, format!("does not answer: {error}")),
        (None, Some(queue)) => {
            let queue = format::count(queue);
            (
                Severity::Error,
                format!("{queue} connections wait for a worker"),
            )
        }
        (None, None) if is_full => (Severity::Warning, "no worker is idle".to_owned()),
        (None, None) => (Severity::Fine, String::new()),
    };
    let count = |value: Option<u64>| maybe(value, format::count);
    let workers = format!(
        "{} of {} workers busy",
        count(seen.active),
        count(seen.total)
    );
    let workers = if seen.active.is_some() {
        workers
    } else {
        String::new()
    };
    let oldest = maybe(seen.oldest_us, |it| {
        format!("oldest request {}", format::duration(it))
    });
    let words = [workers, oldest, state];
    let words: Vec<String> = words.into_iter().filter(|it| !it.is_empty()).collect();
    let mut detail = vec![format!("pool {name}, asked at {}", seen.address)];
    detail.extend(words.iter().cloned());
    if let Some(reached) = seen.children_max_reached.filter(|reached| *reached > 0) {
        let reached = format::count(reached);
        detail.push(format!(
            "it had as many workers as it may (pm.max_children) {reached} times since its start"
        ));
    }
    detail.extend(in_flight(seen));
    Line {
        severity,
        cells: vec![
            format!(" {name}"),
            "fpm".to_owned(),
            age(now, seen.at_us),
            String::new(),
            String::new(),
            String::new(),
            format!("  {}", words.join(", ")),
        ],
        detail,
        request: None,
        ..Line::default()
    }
}

/// The requests in flight, a line each.
fn in_flight(seen: &PoolSeen) -> Vec<String> {
    let listed = seen.requests.iter().take(REQUESTS_MAX);
    let mut lines: Vec<String> = listed
        .map(|it| {
            let age = format::duration(it.age_us);
            format!("{age} so far: {} {} (pid {})", it.method, it.uri, it.pid)
        })
        .collect();
    let hidden = seen.requests.len().saturating_sub(REQUESTS_MAX) as u64;
    let more = seen.requests_more.saturating_add(hidden);
    if more > 0 {
        lines.push(format!("{} more in flight", format::count(more)));
    }
    lines
}

/// Whole seconds, since a screen that counts milliseconds would never be still.
pub(crate) fn age(now: Instant, at: Instant) -> String {
    let seconds = (now - at).0.max(0) / 1_000_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => format::duration(Micros::from_seconds(seconds)),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Web => "web",
        Role::Db => "db",
    }
}
