//! Makes suspects of what was found: a name, a share, evidence, and where to look.

use std::collections::BTreeMap;

use wire::ids::CorrelationId;
use wire::profile::SESSION_START;
use wire::query::{Confidence, Suspect, SuspectKind, SuspectPart};

use super::deeper::{self, Loads};
use super::host::SlowHost;
use super::split::{self, Spans, Split};
use super::{Account, Blame, Component, Demand, Holder, Sender, evidence};

/// Everything that names are made of.
pub(super) struct Findings<'a> {
    pub(super) accounts: &'a BTreeMap<Blame, Account<'a>>,
    pub(super) holders: &'a [Holder],
    pub(super) demand: &'a Demand,
    pub(super) spans: Spans,
    pub(super) has_baseline: bool,
}

/// From load to shares of what was added.
pub(super) trait Scale {
    fn scale(&mut self, gross: f64, added_load: f64);
}

/// Requests from which on a figure is worth something, and much.
const REQUESTS_SOME: usize = 5;
const REQUESTS_MANY: usize = 30;

/// A request that is so much of its route's time is what the route is about.
pub(super) const ONE_REQUEST_MIN: f64 = 0.6;

/// Parts told of one suspect; less than that of it is told with others.
const PARTS_MAX: usize = 8;
const PART_MIN: f64 = 0.02;

// === impl Findings ===

impl Findings<'_> {
    /// All suspects; shares are loads still.
    pub(super) fn suspects(&self) -> Vec<Suspect> {
        let mut suspects = Vec::new();
        let mut splits: BTreeMap<String, Split> = BTreeMap::new();
        for (blame, account) in self.accounts {
            let load = account.extra(self.spans);
            if load <= 0.0 {
                continue;
            }
            match blame {
                Blame::Holder(label) => suspects.push(self.holder(label, account, load)),
                Blame::Route(label) => {
                    let split = split::of_route(account, label, self.demand, self.spans);
                    splits.insert(label.clone(), split);
                }
                Blame::Nobody => {}
            }
        }
        let deeper = deeper::take(&mut splits, self.accounts, self.demand, self.spans);
        for (component, loads) in &deeper.components {
            suspects.push(self.component(component, loads));
        }
        if let Some((sender, loads)) = deeper.sender.as_ref().filter(|it| !it.1.is_empty()) {
            suspects.push(self.sender(sender, loads));
        }
        if let Some((host, loads)) = &deeper.host {
            suspects.push(self.host(host, loads));
        }
        for (label, split) in &splits {
            suspects.push(self.route(label, split));
        }
        suspects
    }

    fn account(&self, route: &str) -> &Account<'_> {
        &self.accounts[&Blame::Route(route.to_owned())]
    }

    fn holder(&self, label: &str, account: &Account<'_>, load: f64) -> Suspect {
        // The session behind which most was waited stands for all of its label.
        let main = account.holders.iter().max_by_key(|(_, waited)| **waited);
        let main = main.map(|(holder, _)| &self.holders[*holder]);
        Suspect {
            kind: SuspectKind::LockHolder,
            label: label.to_owned(),
            share: load,
            extra_load: load,
            is_new: self.is_new(account),
            evidence: match main {
                Some(holder) => evidence::of_holder(holder, account),
                None => evidence::of_route(account),
            },
            // Samples saw it hold and others wait.
            confidence: Confidence::High,
            parts: evidence::waiting_parts(account, load),
            // A request that nobody can open is no proof; the locks are.
            correlation_id: main
                .filter(|holder| holder.is_recorded)
                .and_then(|holder| holder.correlation_id),
            route: match main {
                Some(holder) => holder.route.clone(),
                None => account.route.clone(),
            },
            fingerprint: None,
        }
    }

    fn route(&self, label: &str, split: &Split) -> Suspect {
        let account = self.account(label);
        let load = split.total();
        let parts = self.route_parts(label, account, split);
        Suspect {
            kind: kind_of(account),
            label: label.to_owned(),
            share: load,
            extra_load: load,
            is_new: self.is_new(account),
            evidence: evidence::of_route(account),
            confidence: self.confidence(account.range_costs.count),
            parts: ranked(parts),
            correlation_id: account.worst.map(|it| it.1),
            route: account.route.clone(),
            fingerprint: None,
        }
    }

    /// More requests, and what each of them costs more; of a route without a usual, what its requests do.
    fn route_parts(&self, label: &str, account: &Account<'_>, split: &Split) -> Vec<SuspectPart> {
        let part = |label: String, share: f64| SuspectPart { label, share };
        let costs =
            |it: (&Option<Component>, &f64)| part(evidence::of_component(it.0.as_ref()), *it.1);
        if !split.has_usual {
            let makeup = split::makeup(account, split.demand);
            // A part that is all of it and has no name says nothing.
            if makeup.keys().all(Option::is_none) {
                return Vec::new();
            }
            return ranked(makeup.iter().map(costs).collect());
        }
        let mut parts: Vec<SuspectPart> = split.costs.iter().map(costs).collect();
        if split.demand <= 0.0 && split.costs.keys().all(Option::is_none) {
            return Vec::new();
        }
        if split.demand > 0.0 {
            let more = evidence::of_demand(account, label, self.demand, self.spans);
            parts.push(part(more, split.demand));
        }
        ranked(parts)
    }

    /// A statement or a function, over all routes that it made slower.
    fn component(&self, component: &Component, loads: &Loads) -> Suspect {
        let main = main_route(loads);
        let (kind, label, fingerprint) = match component {
            Component::Statement(sql) => (
                SuspectKind::Statement,
                evidence::shortened(sql),
                Some(wire::sql::fingerprint(sql)),
            ),
            Component::Function(name) => (SuspectKind::Function, name.to_string(), None),
        };
        let accounts: Vec<&Account<'_>> = loads.keys().map(|it| self.account(it)).collect();
        let usage = evidence::Usage::of(component, &accounts);
        let behind = self.behind_routes(loads);
        let mut evidence = usage.told(main);
        let mut correlation_id = behind.correlation_id;
        if matches!(component, Component::Function(name) if &**name == SESSION_START)
            && let Some((told, holder)) = evidence::of_session(&accounts)
        {
            evidence.push_str(&told);
            correlation_id = Some(holder);
        }
        Suspect {
            kind,
            label,
            evidence,
            correlation_id,
            fingerprint,
            is_new: self.has_baseline && usage.is_new(),
            confidence: self.confidence(usage.range_requests),
            ..behind
        }
    }

    fn sender(&self, sender: &Sender, loads: &Loads) -> Suspect {
        let (kind, label) = match sender {
            Sender::Client(name) => (SuspectKind::Client, name),
            Sender::UserAgent(name) => (SuspectKind::UserAgent, name),
        };
        let counts = evidence::sender_counts(sender, self.demand);
        Suspect {
            kind,
            label: label.clone(),
            evidence: evidence::of_sender(counts, self.demand, self.spans),
            is_new: self.has_baseline && counts.1 == 0,
            confidence: self.confidence(usize::try_from(counts.0).unwrap_or(usize::MAX)),
            ..self.behind_routes(loads)
        }
    }

    fn host(&self, host: &SlowHost, loads: &Loads) -> Suspect {
        let count = usize::try_from(host.own.count).unwrap_or(usize::MAX);
        Suspect {
            kind: SuspectKind::Host,
            label: host.name.clone(),
            evidence: evidence::of_host(host),
            is_new: self.has_baseline && host.own_before.count == 0,
            confidence: self.confidence(count),
            ..self.behind_routes(loads)
        }
    }

    /// What all have in common that stand behind routes.
    fn behind_routes(&self, loads: &Loads) -> Suspect {
        let main = main_route(loads);
        let load: f64 = loads.values().sum();
        let parts = loads.iter().map(|(route, share)| SuspectPart {
            label: route.clone(),
            share: *share,
        });
        let worst = self.account(main).worst;
        Suspect {
            kind: SuspectKind::Route,
            label: String::new(),
            share: load,
            extra_load: load,
            is_new: false,
            evidence: String::new(),
            confidence: Confidence::Low,
            parts: ranked(parts.collect()),
            correlation_id: worst.map(|it: (i64, CorrelationId)| it.1),
            route: Some(main.to_owned()),
            fingerprint: None,
        }
    }

    fn is_new(&self, account: &Account<'_>) -> bool {
        self.has_baseline && !account.is_usual
    }

    /// Few requests may be chance, and without a baseline nobody knows what is usual.
    fn confidence(&self, requests: usize) -> Confidence {
        match requests {
            _ if !self.has_baseline => Confidence::Low,
            0..REQUESTS_SOME => Confidence::Low,
            REQUESTS_SOME..REQUESTS_MANY => Confidence::Medium,
            _ => Confidence::High,
        }
    }
}

// === impl Suspect ===

impl Scale for Suspect {
    fn scale(&mut self, gross: f64, added_load: f64) {
        self.share /= gross;
        self.extra_load = self.share * added_load;
        for part in &mut self.parts {
            part.share /= gross;
        }
    }
}

/// What is counted under a label.
fn kind_of(account: &Account<'_>) -> SuspectKind {
    if account.range_costs.count == 0 && account.is_sessions {
        return SuspectKind::Sessions;
    }
    let worst_us = account.worst.map_or(0, |it| it.0);
    if worst_us as f64 >= ONE_REQUEST_MIN * account.range_us as f64 && worst_us > 0 {
        return SuspectKind::Request;
    }
    SuspectKind::Route
}

/// The route that it costs most on; there is one at least.
fn main_route(loads: &Loads) -> &str {
    let main = loads.iter().max_by(|a, b| a.1.total_cmp(b.1));
    main.map_or("", |it| it.0)
}

/// The greatest first; what is beyond the bounds is told as one.
pub(super) fn ranked(mut parts: Vec<SuspectPart>) -> Vec<SuspectPart> {
    parts.retain(|it| it.share > 0.0);
    parts.sort_by(|a, b| {
        b.share
            .total_cmp(&a.share)
            .then_with(|| a.label.cmp(&b.label))
    });
    let least = PART_MIN * parts.iter().map(|it| it.share).sum::<f64>();
    let told = parts
        .iter()
        .take(PARTS_MAX - 1)
        .filter(|it| it.share >= least);
    let told = told.count();
    if parts.len() > told + 1 {
        let rest: Vec<SuspectPart> = parts.split_off(told);
        parts.push(SuspectPart {
            label: format!("{} others", rest.len()),
            share: rest.iter().map(|it| it.share).sum(),
        });
    }
    parts
}
