//! Function profiles of many requests, added up: from the sums over time, or, where a filter asks for
//! some requests alone, from the bodies of the newest of them.

use std::collections::HashMap;

use wire::profile::Graph;
use wire::request::Request;
use wire::time::Range;

use super::bodies::{self, BODIES_MAX};
use super::filter::{Filter, TextField};
use super::sums::{self, Scope};
use super::{Answer, Ask, percentile, requests};
use crate::db::reader::DayReader;
use crate::rollup::{Subject, Tier, Totals};

/// Functions and their calls over many profiles.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    pub(super) count: u64,
    pub(super) total_us: i64,
    pub(super) functions: HashMap<String, FunctionTotal>,
    /// A function's exclusive time in each profile that has it; empty where sums were read.
    exclusive_us: HashMap<String, Vec<i64>>,
    /// Calls and inclusive time of callees below callers.
    pub(super) pairs: HashMap<(String, String), (i64, i64)>,
    /// How many there are, where not all were read.
    pub(super) sampled_of: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FunctionTotal {
    pub(super) calls: i64,
    pub(super) inclusive_us: i64,
    pub(super) exclusive_us: i64,
    pub(super) profiles: i64,
}

const FUNCTION_NAME: &str = "SELECT id, name FROM main.function WHERE id BETWEEN ?1 AND ?2";

/// The profiles of a range, with or without who called whom. Of sums, the edges are counted to the span's whole length.
pub(super) fn of_range(
    ask: &Ask,
    range: Range,
    filter: &Filter,
    has_pairs: bool,
) -> Answer<Profiles> {
    if filter.is_only(&[TextField::Project]) {
        let mut profiles = Profiles::default();
        if bodies::each_of_few(ask, range, filter, |request| profiles.add_request(request))? {
            return Ok(profiles);
        }
        from_sums(ask, range, filter.exact(TextField::Project), has_pairs)
    } else {
        from_bodies(ask, range, filter)
    }
}

fn from_sums(ask: &Ask, range: Range, project: Option<&str>, has_pairs: bool) -> Answer<Profiles> {
    let mut profiles = Profiles::default();
    for day in ask.reader.days_since(range.from_at_us)? {
        let scope = Scope {
            subject: Subject::Functions,
            tier: Tier::for_range(range),
            range,
            project,
            host: None,
        };
        profiles.add_sums(&day, &sums::total(&day, &scope)?)?;
        if has_pairs {
            let calls = Scope {
                subject: Subject::Calls,
                ..scope
            };
            profiles.add_sums(&day, &sums::total(&day, &calls)?)?;
        }
    }
    Ok(profiles)
}

fn from_bodies(ask: &Ask, range: Range, filter: &Filter) -> Answer<Profiles> {
    let mut profiles = Profiles::default();
    let (mut read, mut found) = (0, 0);
    for day in ask.reader.days_since(range.from_at_us)?.iter().rev() {
        // One more than is read tells that there are more.
        let matching = requests::matching(ask, day, range, filter, BODIES_MAX + 1)?;
        found += matching.len();
        for (record_id, _) in matching {
            if read >= BODIES_MAX {
                break;
            }
            read += 1;
            if let Some(request) = bodies::request_of(day, record_id)? {
                profiles.add_request(&request);
            }
        }
    }
    profiles.sampled_of = (found > read).then_some(found as u64);
    Ok(profiles)
}

// === impl Profiles ===

impl Profiles {
    fn add_sums(&mut self, day: &DayReader, sums: &Totals) -> Answer<()> {
        let ids = sums
            .iter()
            .flat_map(|((caller, callee), _)| [caller, callee]);
        let names = sums::names(day, FUNCTION_NAME, ids)?;
        for ((caller, callee), values) in sums.iter() {
            let [first, second, third, fourth, ..] = values;
            match (names.get(&caller), names.get(&callee)) {
                (None, None) if (caller, callee) == (0, 0) => {
                    self.count += u64::try_from(first).unwrap_or(0);
                    self.total_us += second;
                }
                (None, Some(name)) if caller == 0 => {
                    self.function(name).add(&FunctionTotal {
                        calls: first,
                        inclusive_us: second,
                        exclusive_us: third,
                        profiles: fourth,
                    });
                }
                (Some(caller), Some(callee)) => self.pair(caller, callee, first, second),
                // A number without a name: the file was damaged.
                _ => {}
            }
        }
        Ok(())
    }

    fn add_request(&mut self, request: &Request) {
        if let Some(profile) = &request.profile {
            self.add_graph(&profile.graph());
        }
    }

    pub(super) fn add_graph(&mut self, graph: &Graph<'_>) {
        self.count += 1;
        self.total_us += graph.total_us;
        for (name, sums) in graph.names.iter().zip(&graph.functions) {
            self.function(name).add(&FunctionTotal {
                calls: sums.calls,
                inclusive_us: sums.inclusive_us,
                exclusive_us: sums.exclusive_us,
                profiles: 1,
            });
            if let Some(each) = self.exclusive_us.get_mut(*name) {
                each.push(sums.exclusive_us);
            } else {
                let first = vec![sums.exclusive_us];
                self.exclusive_us.insert((*name).to_owned(), first);
            }
        }
        for pair in &graph.pairs {
            let (caller, callee) = (graph.names[pair.caller], graph.names[pair.callee]);
            self.pair(caller, callee, pair.calls, pair.inclusive_us);
        }
    }

    /// What 95 % of the profiles have no more of than; a profile without the function has none of its time.
    pub(super) fn exclusive_p95_us(&self, name: &str) -> Option<i64> {
        let mut times = self.exclusive_us.get(name)?.clone();
        let absent = usize::try_from(self.count).ok()?.checked_sub(times.len())?;
        times.extend(std::iter::repeat_n(0, absent));
        times.sort_unstable();
        percentile(&times, 0.95)
    }

    fn function(&mut self, name: &str) -> &mut FunctionTotal {
        if !self.functions.contains_key(name) {
            self.functions
                .insert(name.to_owned(), FunctionTotal::default());
        }
        self.functions.get_mut(name).expect("it was put there")
    }

    fn pair(&mut self, caller: &str, callee: &str, calls: i64, inclusive_us: i64) {
        let pair = self
            .pairs
            .entry((caller.to_owned(), callee.to_owned()))
            .or_default();
        pair.0 = pair.0.saturating_add(calls);
        pair.1 = pair.1.saturating_add(inclusive_us);
    }
}

// === impl FunctionTotal ===

impl FunctionTotal {
    fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.inclusive_us = self.inclusive_us.saturating_add(other.inclusive_us);
        self.exclusive_us = self.exclusive_us.saturating_add(other.exclusive_us);
        self.profiles = self.profiles.saturating_add(other.profiles);
    }
}
