//! Everything about one request, worked out once when it arrives, so that drawing only picks.
//!
//! A pure function of the store's answer.

mod waterfall;

use wire::ids::CorrelationId;
use wire::profile::Function;
use wire::query::{LockWait, Party, RequestDetail};
use wire::request::Transaction;
use wire::sql::{self, Fingerprint};
use wire::time::Micros;

use crate::callgraph::CallGraph;
use crate::calltree::{CallTree, Course};
use crate::format;
use crate::statements::{self, Statement};
use crate::vendor::Vendors;
pub use waterfall::{Bar, Span};

/// Waiters that are listed one by one in each group; the others are summed up in one line.
const WAITERS_LISTED_MAX: usize = 5;

#[derive(Clone, Debug)]
pub struct Dossier {
    pub detail: RequestDetail,
    pub functions: Vec<Function>,
    /// The same with who called whom; nothing without a profile.
    pub graph: Option<CallGraph>,
    vendors: Option<Vendors>,
    pub profile_total_us: Micros,
    pub statements: Vec<Statement>,
    pub waterfall: Vec<Bar>,
    pub locks: Vec<LockLine>,
    pub facts: Vec<Fact>,
}

/// A line of the lock tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockLine {
    /// An index into the locks that it waited for.
    Holder(usize),
    /// Waiters with the same label and statement.
    Group(Group),
    /// An index into the waits that it caused.
    Waiter(usize),
    /// The waiters of a group that are not listed.
    More { count: usize, waited_us: Micros },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub label: String,
    pub query: Option<String>,
    pub count: usize,
    pub waited_us: Micros,
    pub longest_us: Micros,
    /// The request of the longest waiter.
    pub longest: Option<CorrelationId>,
}

/// A name and what is known under it; a heading has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub name: String,
    pub value: Option<String>,
}

// === impl Dossier ===

impl Dossier {
    pub fn new(detail: RequestDetail) -> Self {
        let profile = detail.request.profile.as_ref();
        let sql = detail.request.sql.as_ref();
        let statements = sql
            .map(|sql| statements::fold(&sql.queries, &sql.repeated))
            .unwrap_or_default();
        Self {
            functions: profile
                .map(wire::profile::Profile::functions)
                .unwrap_or_default(),
            graph: profile.map(CallGraph::of_profile),
            vendors: None,
            profile_total_us: profile
                .map(wire::profile::Profile::total_us)
                .unwrap_or_default(),
            waterfall: waterfall::bars(&detail, &statements),
            locks: lock_lines(&detail),
            facts: facts(&detail),
            statements,
            detail,
        }
    }

    /// Folds libraries into the functions that called them, or shows them again.
    pub fn fold(&mut self, vendors: Option<&Vendors>) {
        self.vendors = vendors.cloned();
        if let Some(graph) = &mut self.graph {
            graph.fold(vendors);
            self.functions = graph.seen().functions();
        }
    }

    /// Its functions below their callers; nothing without a profile. Of sampled stacks as they were seen, of call
    /// pairs an estimate.
    pub fn call_tree(&self) -> Option<CallTree> {
        let profile = self.detail.request.profile.as_ref()?;
        let stacks = CallTree::of_stacks([profile], self.vendors.as_ref());
        let tree = if stacks.roots.is_empty() {
            CallTree::of(self.graph.as_ref()?.seen())
        } else {
            stacks
        };
        (!tree.roots.is_empty()).then_some(tree)
    }

    /// Its stacks in the order of time; nothing where the profile does not tell it.
    pub fn course(&self) -> Option<Course> {
        let profile = self.detail.request.profile.as_ref()?;
        Course::of(profile, self.detail.row.wall_us.0, self.vendors.as_ref())
    }

    /// The lock wait that a statement spent its time in.
    pub fn wait_of(&self, statement: usize) -> Option<usize> {
        let waited = self
            .waterfall
            .iter()
            .skip_while(|bar| bar.what != Span::Statement(statement));
        match waited.skip(1).map(|bar| &bar.what).next() {
            Some(Span::Waited(wait)) => Some(*wait),
            _ => None,
        }
    }

    /// The session in which this request held the locks that others waited for.
    pub fn holder(&self) -> Option<&Party> {
        let id = Some(self.detail.row.correlation_id);
        let mut roots = self.detail.blocked.iter().map(|wait| &wait.root);
        roots.find(|root| root.correlation_id == id)
    }

    /// The first statement that took those locks, as far as it is known which they were.
    pub fn locking_statement(&self) -> Option<usize> {
        let shape = sql::fingerprint(self.holder()?.lock_query()?);
        self.statements
            .iter()
            .position(|statement| statement.in_transaction && statement.fingerprint == shape)
    }

    /// The transaction that held those locks, as an index into the request's transactions.
    pub fn holding_transaction(&self) -> Option<usize> {
        waterfall::holding_transaction(&self.detail)
    }

    pub fn transaction(&self, index: usize) -> Option<&Transaction> {
        self.detail.request.sql.as_ref()?.transactions.get(index)
    }

    /// The time of the statements that ran in a transaction: what is left of it, PHP took.
    pub fn sql_within(&self, transaction: &Transaction) -> Micros {
        let end = transaction.start_us + transaction.duration_us;
        let queries = self.detail.request.sql.iter().flat_map(|sql| &sql.queries);
        queries
            .filter(|query| (transaction.start_us..end).contains(&query.start_us))
            .fold(Micros(0), |sum, query| sum + query.duration_us)
    }

    /// The line of the lock tree where those who waited begin.
    pub fn first_group(&self) -> usize {
        let is_group = |line: &LockLine| matches!(line, LockLine::Group(_));
        self.locks.iter().position(is_group).unwrap_or(0)
    }

    /// The request that a line of the lock tree leads to.
    pub fn lock_target(&self, line: usize) -> Option<CorrelationId> {
        match self.locks.get(line)? {
            LockLine::Holder(wait) => self.detail.waited_for[*wait].root.correlation_id,
            LockLine::Group(group) => group.longest,
            LockLine::Waiter(wait) => self.detail.blocked[*wait].waiter.correlation_id,
            LockLine::More { .. } => None,
        }
    }
}

fn lock_lines(detail: &RequestDetail) -> Vec<LockLine> {
    let mut lines: Vec<LockLine> = (0..detail.waited_for.len()).map(LockLine::Holder).collect();
    let mut groups: Vec<(Group, Option<Fingerprint>, Vec<usize>)> = Vec::new();
    for (index, wait) in detail.blocked.iter().enumerate() {
        let waiter = &wait.waiter;
        let fingerprint = waiter.query.as_deref().map(sql::fingerprint);
        let known = groups
            .iter_mut()
            .find(|(group, shape, _)| group.label == waiter.label && *shape == fingerprint);
        match known {
            Some((group, _, members)) => {
                group.add(wait);
                members.push(index);
            }
            None => groups.push((Group::of(wait), fingerprint, vec![index])),
        }
    }
    groups.sort_by_key(|(group, ..)| std::cmp::Reverse(group.waited_us));
    for (group, _, mut members) in groups {
        members.sort_by_key(|index| std::cmp::Reverse(detail.blocked[*index].waited_us));
        let listed = members.len().min(WAITERS_LISTED_MAX);
        lines.push(LockLine::Group(group));
        lines.extend(
            members[..listed]
                .iter()
                .map(|index| LockLine::Waiter(*index)),
        );
        let rest = &members[listed..];
        if !rest.is_empty() {
            lines.push(LockLine::More {
                count: rest.len(),
                waited_us: Micros(
                    rest.iter()
                        .map(|index| detail.blocked[*index].waited_us.0)
                        .sum(),
                ),
            });
        }
    }
    lines
}

fn facts(detail: &RequestDetail) -> Vec<Fact> {
    let request = &detail.request;
    let mut facts = Facts::default();
    facts.heading("request");
    facts.known("correlation id", Some(request.correlation_id));
    facts.known("event id", Some(detail.event_id));
    facts.known("captured because", text(&request.reason));
    facts.known("project", Some(&detail.row.project));
    facts.known("host", Some(&detail.row.host));
    facts.known(
        "began",
        Some(format!(
            "{} {} {}",
            format::date(detail.row.at_us),
            format::clock(detail.row.at_us),
            format::zone(detail.row.at_us)
        )),
    );
    facts.known("url", Some(format!("{} {}", request.method, request.url)));
    facts.known("route", request.route.as_ref());
    facts.known("action", request.action.as_ref());
    facts.known("status", request.status);
    facts.known("client", request.client.as_ref());
    facts.known("sapi", text(&request.sapi));
    facts.known("pid", request.pid);
    if let Some(fault) = &request.error {
        facts.heading("error");
        facts.known("type", Some(&fault.kind));
        facts.known("message", Some(&fault.message));
        facts.known("file", fault.file.as_ref());
        facts.known("line", fault.line);
    }
    facts.heading("cost");
    facts.known("wall", Some(format::duration(request.wall_us)));
    facts.known("queued before php", request.queue_us.map(format::duration));
    facts.known("cpu user", request.cpu_user_us.map(format::duration));
    facts.known("cpu system", request.cpu_system_us.map(format::duration));
    if let Some(memory) = &request.memory {
        facts.known(
            "memory peak, used",
            Some(format::bytes(memory.peak_used_bytes)),
        );
        facts.known(
            "memory peak, from the system",
            Some(format::bytes(memory.peak_allocated_bytes)),
        );
        let limit = memory
            .limit_bytes
            .map(|limit| u64::try_from(limit).map_or("none".to_owned(), format::bytes));
        facts.known("memory limit", limit);
    }
    facts.pairs("headers", &request.headers);
    if let Some(variables) = &request.variables {
        facts.pairs("query variables", &variables.get);
        facts.pairs("post variables", &variables.post);
        facts.heading_if("cookies", !variables.cookies.is_empty());
        facts.known("names", text(&variables.cookies.join(", ")));
    }
    if let Some(listener) = &request.listener {
        facts.heading("what watching it cost");
        facts.known("listener", text(&listener.version));
        facts.known(
            "listener's own time",
            Some(format::duration(listener.self_us)),
        );
        facts.known("left out", text(&listener.skipped.join(", ")));
    }
    facts.0
}

fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Collects facts; what is unknown is not listed.
#[derive(Default)]
struct Facts(Vec<Fact>);

// === impl Facts ===

impl Facts {
    fn heading(&mut self, name: &str) {
        let name = name.to_owned();
        self.0.push(Fact { name, value: None });
    }

    fn heading_if(&mut self, name: &str, has_content: bool) {
        if has_content {
            self.heading(name);
        }
    }

    fn known(&mut self, name: &str, value: Option<impl ToString>) {
        self.0.extend(value.map(|value| Fact {
            name: name.to_owned(),
            value: Some(value.to_string()),
        }));
    }

    fn pairs(&mut self, heading: &str, pairs: &std::collections::BTreeMap<String, String>) {
        self.heading_if(heading, !pairs.is_empty());
        for (name, value) in pairs {
            self.known(name, Some(value));
        }
    }
}

// === impl Group ===

impl Group {
    fn of(wait: &LockWait) -> Self {
        Self {
            label: wait.waiter.label.clone(),
            query: wait.waiter.query.clone(),
            count: 1,
            waited_us: wait.waited_us,
            longest_us: wait.waited_us,
            longest: wait.waiter.correlation_id,
        }
    }

    fn add(&mut self, wait: &LockWait) {
        self.count += 1;
        self.waited_us = self.waited_us + wait.waited_us;
        if wait.waited_us > self.longest_us {
            self.longest_us = wait.waited_us;
            self.longest = wait.waiter.correlation_id;
        }
    }
}

#[cfg(test)]
mod tests;
