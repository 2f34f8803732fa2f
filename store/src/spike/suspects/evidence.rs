//! One line of evidence per suspect, with figures.

use std::collections::BTreeMap;

use wire::figure::counted;
use wire::ids::CorrelationId;
use wire::query::SuspectPart;

use super::host::SlowHost;
use super::name::ranked;
use super::split::Spans;
use super::{Account, Component, Demand, Holder, PartKey, Period, RequestCost, Sender, Served};

/// A statement's beginning says which one it is.
const STATEMENT_CHARS_MAX: usize = 80;

/// Why a lock holder is one. `holder` is the session behind which most was waited.
pub(super) fn of_holder(holder: &Holder, account: &Account<'_>) -> String {
    let on = holder
        .relation
        .as_deref()
        .map(|it| format!(" on {it}"))
        .unwrap_or_default();
    let idle = if holder.idle_share >= 0.005 {
        format!(
            " (idle in transaction in {:.0} % of samples)",
            holder.idle_share * 100.0
        )
    } else {
        String::new()
    };
    let mut text = format!(
        "pid {} held locks{on} for {}{idle}, {} waiting at worst, {} of waiting",
        holder.pid,
        seconds(holder.held_us),
        counted(u64::from(holder.waiters_peak), "session"),
        seconds(account.waited_us()),
    );
    match account.holders.len() {
        0 | 1 => {}
        count => text = format!("{text} behind {count} sessions like it"),
    }
    if let Some(statement) = &holder.statement {
        text = format!("{text}; its statement {}", shortened(statement));
        if let Some(caller) = &holder.caller {
            text = format!("{text}, issued by {caller}");
        }
    }
    if holder.route.is_some() && !holder.is_recorded {
        text = format!(
            "{text}; its request is not recorded yet, the route is the one that issues its statement"
        );
    }
    text
}

/// Why a route is a suspect: how many requests it had, how long they took, and what is usual.
pub(super) fn of_route(account: &Account<'_>) -> String {
    if account.range_costs.count == 0 {
        return "database sessions without a captured request".to_owned();
    }
    let alone = match account.worst {
        Some((active_us, _)) if account.range_costs.count > 1 => {
            let share = active_us as f64 / account.range_us.max(1) as f64;
            let is_most = share >= super::name::ONE_REQUEST_MIN;
            is_most.then(|| {
                format!(
                    "one was active for {}, {:.0} % of all: ",
                    seconds(active_us),
                    share * 100.0
                )
            })
        }
        _ => None,
    };
    let now = format!(
        "{}{} of {} on average, {:.0} % of it SQL",
        alone.unwrap_or_default(),
        counted(account.range_costs.count as u64, "request"),
        mean(account.range_costs),
        sql_share(account.range_costs) * 100.0,
    );
    if account.baseline_costs.count == 0 {
        return format!("{now}; none captured in the baseline");
    }
    format!(
        "{now}; in the baseline {} of {}",
        account.baseline_costs.count,
        mean(account.baseline_costs)
    )
}

/// What a statement or a function does in the requests that were looked into.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) range_requests: usize,
    baseline_requests: usize,
    range_us: i64,
    baseline_us: i64,
    range_calls: u64,
    baseline_calls: u64,
}

// === impl Usage ===

impl Usage {
    pub(super) fn of(component: &Component, accounts: &[&Account<'_>]) -> Self {
        let mut usage = Self::default();
        for (period, sample) in accounts.iter().flat_map(|it| &it.samples) {
            let pieces = sample.pieces.iter().filter(|it| it.component == *component);
            let (time_us, calls) =
                pieces.fold((0, 0), |sum, it| (sum.0 + it.time_us, sum.1 + it.calls));
            match period {
                Period::Range => {
                    usage.range_requests += 1;
                    usage.range_us += time_us;
                    usage.range_calls += calls;
                }
                Period::Baseline => {
                    usage.baseline_requests += 1;
                    usage.baseline_us += time_us;
                    usage.baseline_calls += calls;
                }
            }
        }
        usage
    }

    /// The baseline was looked into and does not have it.
    pub(super) fn is_new(&self) -> bool {
        self.baseline_requests > 0 && self.baseline_us == 0 && self.baseline_calls == 0
    }

    pub(super) fn told(&self, route: &str) -> String {
        let now = each(self.range_us, self.range_calls, self.range_requests);
        let looked = counted(self.range_requests as u64, "request");
        let now = format!("{now} in a request of {route} ({looked} looked into)");
        if self.baseline_requests == 0 {
            return format!("{now}; none captured in the baseline, where they were faster");
        }
        let before = each(
            self.baseline_us,
            self.baseline_calls,
            self.baseline_requests,
        );
        format!("{now}; in the baseline {before}")
    }
}

/// `3.90 s, 41 times`: of one request.
fn each(time_us: i64, calls: u64, requests: usize) -> String {
    let requests = requests.max(1);
    let mean_us = time_us / i64::try_from(requests).unwrap_or(i64::MAX);
    let times = calls as f64 / requests as f64;
    match times {
        none if none < 0.05 => seconds(mean_us),
        few if few < 9.95 => format!("{}, {few:.1} times", seconds(mean_us)),
        many => format!("{}, {many:.0} times", seconds(mean_us)),
    }
}

/// What of a route's extra load is more requests.
pub(super) fn of_demand(
    account: &Account<'_>,
    route: &str,
    demand: &Demand,
    spans: Spans,
) -> String {
    let rate = |period, span: f64| account.requests(route, demand, period) / span * 1e6;
    let (now, before) = (
        rate(Period::Range, spans.range),
        rate(Period::Baseline, spans.baseline),
    );
    format!("more requests: {now:.1} a second, {before:.1} in the baseline")
}

/// A component of a route's extra cost.
pub(super) fn of_component(component: Option<&Component>) -> String {
    match component {
        Some(Component::Statement(sql)) => shortened(sql),
        Some(Component::Function(name)) => name.to_string(),
        None => "neither statement nor function".to_owned(),
    }
}

/// How many requests a sender sent, in the range and in the baseline.
pub(super) fn sender_counts(sender: &Sender, demand: &Demand) -> (u64, u64) {
    let count = |period| {
        let count = demand.senders.get(&(period, sender.clone()));
        count.copied().unwrap_or(0)
    };
    (count(Period::Range), count(Period::Baseline))
}

pub(super) fn of_sender(counts: (u64, u64), demand: &Demand, spans: Spans) -> String {
    let rate = |count: u64, span: f64| count as f64 / span * 1e6;
    let (now, before) = (rate(counts.0, spans.range), rate(counts.1, spans.baseline));
    let all = demand.requests(Period::Range).max(counts.0).max(1);
    let share = counts.0 as f64 / all as f64 * 100.0;
    format!(
        "{} requests, {now:.1} a second and {share:.0} % of all; in the baseline {before:.1} a second",
        counts.0
    )
}

/// Who had the sessions that requests waited for: the route behind which most was waited, and its request.
pub(super) fn of_session(accounts: &[&Account<'_>]) -> Option<(String, CorrelationId)> {
    let mut behind: BTreeMap<&str, (i64, BTreeMap<CorrelationId, i64>)> = BTreeMap::new();
    let samples = accounts.iter().flat_map(|it| &it.samples);
    let samples = samples.filter(|(period, _)| *period == Period::Range);
    for held_up in samples.flat_map(|(_, sample)| &sample.held_up) {
        let (time_us, requests) = behind.entry(&held_up.label).or_default();
        *time_us += held_up.time_us;
        *requests.entry(held_up.correlation_id).or_default() += held_up.time_us;
    }
    let all: i64 = behind.values().map(|it| it.0).sum();
    let (label, (most, requests)) = behind.iter().max_by_key(|it| it.1.0)?;
    let (holder, _) = requests.iter().max_by_key(|it| it.1)?;
    let share = *most as f64 / all.max(1) as f64 * 100.0;
    let told = format!(
        "; {share:.0} % of it behind {label}, which had the same session ({})",
        counted(requests.len() as u64, "request")
    );
    Some((told, *holder))
}

/// Why a host is one.
pub(super) fn of_host(host: &SlowHost) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a mean of what fits")]
    let mean = |served: Served| seconds(served.mean_us().unwrap_or(0.0) as i64);
    let before = match host.own_before.count {
        0 => "none in the baseline".to_owned(),
        _ => format!("in the baseline {}", mean(host.own_before)),
    };
    format!(
        "{} of {} on average, on the other hosts {} of {}; {before}",
        counted(host.own.count, "request"),
        mean(host.own),
        host.others.count,
        mean(host.others),
    )
}

/// What a lock holder's load consists of.
pub(super) fn waiting_parts(account: &Account<'_>, load: f64) -> Vec<SuspectPart> {
    if account.holders.is_empty() || account.range_us == 0 {
        return Vec::new();
    }
    let mut parts: BTreeMap<String, f64> = BTreeMap::new();
    for (key, (time_us, who)) in account.parts.iter().filter(|(_, it)| it.0 > 0) {
        let share = load * *time_us as f64 / account.range_us as f64;
        *parts.entry(of_part(key, who.len())).or_default() += share;
    }
    let parts = parts.into_iter();
    ranked(
        parts
            .map(|(label, share)| SuspectPart { label, share })
            .collect(),
    )
}

/// A part of a lock holder's share.
pub(super) fn of_part(part: &PartKey, count: usize) -> String {
    match part {
        PartKey::OwnWork => "its own work".to_owned(),
        PartKey::Waited {
            label,
            statement: None,
        } => format!("{count} × {label} waited"),
        PartKey::Waited {
            label,
            statement: Some(statement),
        } => {
            format!("{count} × {label} waited  {}", shortened(statement))
        }
    }
}

fn mean(costs: RequestCost) -> String {
    let count = i64::try_from(costs.count.max(1)).unwrap_or(i64::MAX);
    seconds(costs.wall_us / count)
}

fn sql_share(costs: RequestCost) -> f64 {
    (costs.sql_us as f64 / costs.wall_us.max(1) as f64).clamp(0.0, 1.0)
}

fn seconds(time_us: i64) -> String {
    let seconds = time_us as f64 / 1e6;
    match seconds {
        long if long >= 100.0 => format!("{long:.0} s"),
        medium if medium >= 1.0 => format!("{medium:.1} s"),
        short => format!("{short:.2} s"),
    }
}

pub(super) fn shortened(statement: &str) -> String {
    if statement.chars().count() <= STATEMENT_CHARS_MAX {
        return statement.to_owned();
    }
    let begin: String = statement.chars().take(STATEMENT_CHARS_MAX - 1).collect();
    format!("{begin}…")
}
