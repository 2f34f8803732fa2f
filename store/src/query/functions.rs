//! Which functions took the time, who called them, and what has changed.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use wire::limits::{GRAPH_FUNCTIONS_MAX, GRAPH_PAIRS_MAX};
use wire::query::{
    CallRow, FunctionChange, FunctionDetail, FunctionGraph, FunctionRow, Functions, FunctionsDiff,
};
use wire::time::{Micros, Range};

use super::filter::Filter;
use super::profile::{self, FunctionTotal, Profiles};
use super::{Answer, Ask};

/// By what functions are sorted, the greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Exclusive,
    Inclusive,
    Calls,
}

/// What stands in the query string.
pub(crate) const ORDERS: &[(&str, Order)] = &[
    ("-exclusive_us", Order::Exclusive),
    ("-inclusive_us", Order::Inclusive),
    ("-calls", Order::Calls),
];

pub(crate) fn ask(
    ask: &Ask,
    range: Range,
    filter: &Filter,
    order: Order,
    limit: usize,
) -> Answer<Functions> {
    let profiles = profile::of_range(ask, range, filter, false)?;
    let mut functions: Vec<FunctionRow> = profiles
        .functions
        .iter()
        .map(|(name, total)| row(name, total, &profiles))
        .collect();
    let key = |row: &FunctionRow| match order {
        Order::Exclusive => row.exclusive_us.0,
        Order::Inclusive => row.inclusive_us.0,
        Order::Calls => row.calls,
    };
    functions.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| a.name.cmp(&b.name)));
    let omitted = functions.len().saturating_sub(limit) as u64;
    functions.truncate(limit);
    Ok(Functions {
        range,
        profiles: profiles.count,
        sampled_of: profiles.sampled_of,
        total_us: Micros(profiles.total_us),
        functions,
        omitted,
    })
}

/// All functions and who called whom, the costliest as far as there is room.
pub(crate) fn graph(ask: &Ask, range: Range, filter: &Filter) -> Answer<FunctionGraph> {
    let profiles = profile::of_range(ask, range, filter, true)?;
    Ok(graph_of(
        range,
        &profiles,
        GRAPH_FUNCTIONS_MAX,
        GRAPH_PAIRS_MAX,
    ))
}

fn graph_of(
    range: Range,
    profiles: &Profiles,
    functions_max: usize,
    pairs_max: usize,
) -> FunctionGraph {
    let mut functions: Vec<FunctionRow> = profiles
        .functions
        .iter()
        .map(|(name, total)| row(name, total, profiles))
        .collect();
    functions.sort_by(|a, b| {
        let by_time = b.inclusive_us.cmp(&a.inclusive_us);
        by_time.then_with(|| a.name.cmp(&b.name))
    });
    let omitted = functions.split_off(functions.len().min(functions_max));
    let omitted_us = omitted
        .iter()
        .fold(0_i64, |sum, row| sum.saturating_add(row.exclusive_us.0));
    let places: HashMap<&str, u32> = functions
        .iter()
        .zip(0..)
        .map(|(row, place)| (row.name.as_str(), place))
        .collect();
    let mut pairs: Vec<(u32, u32, i64, Micros)> = profiles
        .pairs
        .iter()
        .filter_map(|((caller, callee), (calls, inclusive_us))| {
            let ends = (places.get(caller.as_str())?, places.get(callee.as_str())?);
            Some((*ends.0, *ends.1, *calls, Micros(*inclusive_us)))
        })
        .collect();
    pairs.sort_unstable_by_key(|pair| (Reverse(pair.3), pair.0, pair.1));
    pairs.truncate(pairs_max);
    FunctionGraph {
        range,
        profiles: profiles.count,
        sampled_of: profiles.sampled_of,
        total_us: Micros(profiles.total_us),
        omitted: omitted.len() as u64,
        omitted_us: Micros(omitted_us),
        omitted_pairs: (profiles.pairs.len() - pairs.len()) as u64,
        functions,
        pairs,
    }
}

/// One function; nothing if no profile has it.
pub(crate) fn one(
    ask: &Ask,
    range: Range,
    filter: &Filter,
    name: &str,
) -> Answer<Option<FunctionDetail>> {
    let profiles = profile::of_range(ask, range, filter, true)?;
    let Some(total) = profiles.functions.get(name) else {
        return Ok(None);
    };
    let callers = profiles
        .pairs
        .iter()
        .filter(|((_, callee), _)| callee == name);
    let callees = profiles
        .pairs
        .iter()
        .filter(|((caller, _), _)| caller == name);
    let callers = callers.map(|((caller, _), sums)| call_row(caller, *sums));
    let callees = callees.map(|((_, callee), sums)| call_row(callee, *sums));
    Ok(Some(FunctionDetail {
        range,
        profiles: profiles.count,
        sampled_of: profiles.sampled_of,
        total_us: Micros(profiles.total_us),
        function: row(name, total, &profiles),
        callers: ranked(callers.collect()),
        callees: ranked(callees.collect()),
    }))
}

/// Two ranges, per request, over all functions that either has.
pub(crate) fn diff(
    ask: &Ask,
    range: Range,
    baseline: Range,
    filter: &Filter,
    limit: usize,
) -> Answer<FunctionsDiff> {
    let now = profile::of_range(ask, range, filter, false)?;
    let before = profile::of_range(ask, baseline, filter, false)?;
    let mut functions = changes(&now, &before);
    let omitted = functions.len().saturating_sub(limit) as u64;
    functions.truncate(limit);
    Ok(FunctionsDiff {
        range,
        baseline,
        profiles: now.count,
        baseline_profiles: before.count,
        mean_us: per(now.total_us, now.count),
        baseline_mean_us: per(before.total_us, before.count),
        functions,
        omitted,
    })
}

/// A function that one of the two lacks took nothing there: so the changes add up to the whole change.
fn changes(now: &Profiles, before: &Profiles) -> Vec<FunctionChange> {
    let names: BTreeSet<&String> = now
        .functions
        .keys()
        .chain(before.functions.keys())
        .collect();
    let none = FunctionTotal::default();
    let mut changes: Vec<FunctionChange> = names
        .into_iter()
        .map(|name| {
            let a = now.functions.get(name).unwrap_or(&none);
            let b = before.functions.get(name).unwrap_or(&none);
            let exclusive_us = per(a.exclusive_us, now.count);
            let baseline_exclusive_us = per(b.exclusive_us, before.count);
            FunctionChange {
                name: name.clone(),
                exclusive_us,
                baseline_exclusive_us,
                exclusive_change_us: exclusive_us - baseline_exclusive_us,
                inclusive_us: per(a.inclusive_us, now.count),
                baseline_inclusive_us: per(b.inclusive_us, before.count),
                calls: per(a.calls, now.count),
                baseline_calls: per(b.calls, before.count),
                is_new: b.profiles == 0,
            }
        })
        .collect();
    changes.sort_by(|a, b| {
        let by_change = b
            .exclusive_change_us
            .abs()
            .total_cmp(&a.exclusive_change_us.abs());
        by_change.then_with(|| a.name.cmp(&b.name))
    });
    changes
}

fn per(sum: i64, profiles: u64) -> f64 {
    sum as f64 / profiles.max(1) as f64
}

fn row(name: &str, total: &FunctionTotal, profiles: &Profiles) -> FunctionRow {
    FunctionRow {
        name: name.to_owned(),
        calls: total.calls,
        inclusive_us: Micros(total.inclusive_us),
        exclusive_us: Micros(total.exclusive_us),
        profiles: u64::try_from(total.profiles).unwrap_or(0),
        share: total.exclusive_us as f64 / profiles.total_us.max(1) as f64,
        exclusive_p95_us: profiles.exclusive_p95_us(name).map(Micros),
    }
}

fn call_row(name: &str, (calls, inclusive_us): (i64, i64)) -> CallRow {
    CallRow {
        name: name.to_owned(),
        calls,
        inclusive_us: Micros(inclusive_us),
    }
}

fn ranked(mut rows: Vec<CallRow>) -> Vec<CallRow> {
    rows.sort_by(|a, b| {
        let by_time = b.inclusive_us.cmp(&a.inclusive_us);
        by_time.then_with(|| a.name.cmp(&b.name))
    });
    rows
}

#[cfg(test)]
mod tests;
