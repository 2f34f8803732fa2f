//! What can be typed behind `:`, and what is said of what can't be.
//!
//! Commands without an argument are the keymap's actions under their names, and hold where their keys hold. Those
//! that take one stand in [`VERBS`]. Nothing here knows the state; what it must know is given.

use wire::ids::{CorrelationId, SpikeId};

use crate::action::Action;
use crate::keymap::{self, BINDINGS, Scope};

/// A command line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    Act(Action),
    Spike(SpikeId),
    Request(CorrelationId),
    Filter(String),
    /// A time, as it was typed: what it means depends on now and the zone.
    Range(String),
    Zone(String),
    /// A kind of file, and its name if it has one.
    Export(String),
    /// A link, or the command line that opens it.
    Link(String),
    Project(String),
    Columns(String),
    /// Of a bookmark: its letter.
    Keep(String),
    Jump(String),
    Forget(String),
}

/// What is wrong with a line, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In characters, from 0.
    pub column: usize,
    pub words: String,
}

/// A command that takes something.
#[derive(Debug)]
pub struct Verb {
    pub name: &'static str,
    /// What it takes, as the help names it.
    pub takes: &'static str,
    pub does: &'static str,
    read: fn(&str) -> Result<Typed, String>,
}

/// Every command that takes something.
#[rustfmt::skip] // A table reads by its columns.
pub const VERBS: &[Verb] = &[
    Verb { name: "spike", takes: "N", does: "to the spike of this number", read: spike },
    Verb { name: "request", takes: "UUID", does: "to the request of this correlation id", read: request },
    Verb { name: "range", takes: "TIME", does: "look at 10m, 14:03, 14:03±2m, 14:00..14:10, a date, an instant", read: range },
    Verb { name: "zone", takes: "ZONE", does: "show times in UTC, local, Europe/Prague …", read: zone },
    Verb { name: "open", takes: "LINK", does: "open a link that y has copied: bitville://…", read: link },
    Verb { name: "project", takes: "NAME", does: "show this project alone, or all", read: |it| Ok(Typed::Project(it.to_owned())) },
    Verb { name: "columns", takes: "NAMES", does: "columns of the requests: wall,client,host …, or default", read: |it| Ok(Typed::Columns(it.to_owned())) },
    Verb { name: "bookmark", takes: "LETTER", does: "keep this screen under a letter", read: |it| Ok(Typed::Keep(it.to_owned())) },
    Verb { name: "jump", takes: "LETTER", does: "to what is kept under it", read: |it| Ok(Typed::Jump(it.to_owned())) },
    Verb { name: "forget", takes: "LETTER", does: "keep nothing under it any more", read: |it| Ok(Typed::Forget(it.to_owned())) },
    Verb { name: "export", takes: "KIND [FILE]", does: "write this screen into a file: md, text, json, csv …", read: export },
    Verb { name: "filter", takes: "TERMS", does: "filter requests: duration>2s status:5xx …", read: filter },
];

/// One line of the palette: something that can be done, with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    /// Empty for what takes nothing.
    pub takes: &'static str,
    /// Its keys; empty for none.
    pub keys: String,
    pub does: &'static str,
    /// Nothing for what takes something.
    pub action: Option<Action>,
}

/// All that can be done on a screen: what its own keys do, what takes something, what holds everywhere.
pub fn entries(scope: Scope) -> Vec<Entry> {
    let of = |scope: Scope| {
        let bindings = BINDINGS.iter().filter(move |it| it.scope == scope);
        bindings.map(|binding| Entry {
            name: keymap::name(binding.action),
            takes: "",
            keys: binding.label(),
            does: binding.does,
            action: Some(binding.action),
        })
    };
    let verbs = VERBS.iter().map(|verb| Entry {
        name: verb.name,
        takes: verb.takes,
        keys: String::new(),
        does: verb.does,
        action: None,
    });
    let mut entries: Vec<Entry> = Vec::new();
    for entry in of(scope).chain(verbs).chain(of(Scope::Everywhere)) {
        // A screen may have given a common action words of its own.
        let is_known = entries
            .iter()
            .any(|known| known.action.is_some() && known.action == entry.action);
        if !is_known {
            entries.push(entry);
        }
    }
    entries
}

/// The entries that some letters fit, the best first; without letters all in their order.
pub fn search(scope: Scope, wanted: &str) -> Vec<Entry> {
    let mut found: Vec<(u32, Entry)> = entries(scope)
        .into_iter()
        .filter_map(|entry| {
            // A name that fits is worth more than words that do.
            let by_name = crate::fuzzy::score(wanted, entry.name).map(|score| score * 2);
            let has_words = entry.does.to_lowercase().contains(&wanted.to_lowercase());
            let by_words = has_words.then_some(1);
            Some((by_name.max(by_words)?, entry))
        })
        .collect();
    // Stable: equals stay in the order of the table.
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// Understands a line that was typed on a screen.
pub fn read(scope: Scope, line: &str) -> Result<Typed, Fault> {
    let (begin, name, argument) = parts(line);
    let argument_text = argument.trim();
    if let Some(verb) = VERBS.iter().find(|verb| verb.name == name) {
        let action = named(scope, name);
        if argument_text.is_empty() {
            // `:filter` alone opens the filter's own line.
            let words = || format!("{name} takes {}: {}", verb.takes, verb.does);
            return action.map(Typed::Act).ok_or_else(|| Fault {
                column: line.chars().count(),
                words: words(),
            });
        }
        return (verb.read)(argument_text).map_err(|words| Fault {
            column: argument_at(line),
            words,
        });
    }
    let fault = |words| Fault {
        column: begin,
        words,
    };
    if name.is_empty() {
        return Err(fault("type a command; tab shows them all".to_owned()));
    }
    let Some(action) = named(scope, name) else {
        return Err(fault(unknown(scope, name)));
    };
    if !argument_text.is_empty() {
        return Err(Fault {
            column: argument_at(line),
            words: format!("{name} takes nothing"),
        });
    }
    Ok(Typed::Act(action))
}

/// What a line may go on with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The line, as far as there is no doubt.
    pub line: String,
    /// What the last word may become, if there is a choice.
    pub candidates: Vec<String>,
}

/// Completes the name, or the argument by what `known` names for a verb.
pub fn complete(scope: Scope, line: &str, known: impl Fn(&str) -> Vec<String>) -> Completion {
    let line = line.trim_start();
    let Some((name, argument)) = line.split_once(char::is_whitespace) else {
        let mut names: Vec<String> = entries(scope)
            .into_iter()
            .map(|entry| entry.name.to_owned())
            .filter(|name| name.starts_with(line))
            .collect();
        names.sort_unstable();
        names.dedup();
        return completed("", line, names, |name| {
            VERBS.iter().any(|verb| verb.name == name)
        });
    };
    let argument = argument.trim_start();
    let fitting = known(name).into_iter();
    let fitting = fitting.filter(|candidate| candidate.starts_with(argument));
    completed(&format!("{name} "), argument, fitting.collect(), |_| false)
}

fn completed(
    before: &str,
    typed: &str,
    candidates: Vec<String>,
    goes_on: impl Fn(&str) -> bool,
) -> Completion {
    let common = candidates.iter().skip(1).fold(
        candidates.first().cloned().unwrap_or_default(),
        |common, candidate| {
            let same = common.chars().zip(candidate.chars());
            same.take_while(|(one, other)| one == other)
                .map(|(one, _)| one)
                .collect()
        },
    );
    let common = if candidates.is_empty() {
        typed
    } else {
        &common
    };
    let blank = match &candidates[..] {
        [only] if goes_on(only) => " ",
        _ => "",
    };
    Completion {
        line: format!("{before}{common}{blank}"),
        candidates: candidates.into_iter().filter(|it| it != typed).collect(),
    }
}

/// The column where a line's name begins, the name, and what stands behind it.
fn parts(line: &str) -> (usize, &str, &str) {
    let trimmed = line.trim_start();
    let begin = line.chars().count() - trimmed.chars().count();
    let (name, argument) = trimmed
        .split_once(char::is_whitespace)
        .unwrap_or((trimmed, ""));
    (begin, name, argument)
}

/// The column where what stands behind the name begins.
pub fn argument_at(line: &str) -> usize {
    let argument = parts(line).2.trim_start();
    let before = line.len() - argument.len();
    line[..before].chars().count()
}

/// The action of this name, if it holds here.
fn named(scope: Scope, name: &str) -> Option<Action> {
    let name = keymap::nickname(name).unwrap_or(name);
    let mut here = BINDINGS
        .iter()
        .filter(|binding| binding.scope == scope || binding.scope == Scope::Everywhere);
    here.find(|binding| keymap::name(binding.action) == name)
        .map(|binding| binding.action)
}

/// Why there is no such command here, and which one may have been meant.
fn unknown(scope: Scope, name: &str) -> String {
    let elsewhere = BINDINGS
        .iter()
        .find(|binding| keymap::name(binding.action) == name);
    if let Some(binding) = elsewhere {
        return format!("{name} is not for here: it holds {}", binding.scope.place());
    }
    let nearest = entries(scope)
        .into_iter()
        .map(|entry| (strsim::osa_distance(name, entry.name), entry.name))
        .min();
    match nearest {
        Some((distance, nearest)) if distance <= name.chars().count().div_ceil(2) => {
            format!("there is no command {name:?}; is it {nearest}?")
        }
        _ => format!("there is no command {name:?}; tab shows them all"),
    }
}

fn spike(text: &str) -> Result<Typed, String> {
    let number = text.strip_prefix('#').unwrap_or(text).parse();
    number
        .map(|number| Typed::Spike(SpikeId(number)))
        .map_err(|_| format!("{text:?} is no spike's number"))
}

fn request(text: &str) -> Result<Typed, String> {
    text.parse()
        .map(|id| Typed::Request(CorrelationId(id)))
        .map_err(|_| format!("{text:?} is no correlation id (a UUID)"))
}

#[expect(clippy::unnecessary_wraps, reason = "as the table has it")]
fn range(text: &str) -> Result<Typed, String> {
    Ok(Typed::Range(text.to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "as the table has it")]
fn export(text: &str) -> Result<Typed, String> {
    Ok(Typed::Export(text.to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "as the table has it")]
fn link(text: &str) -> Result<Typed, String> {
    Ok(Typed::Link(text.to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "as the table has it")]
fn zone(text: &str) -> Result<Typed, String> {
    Ok(Typed::Zone(text.to_owned()))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "as the table has it; the store judges filters"
)]
fn filter(text: &str) -> Result<Typed, String> {
    Ok(Typed::Filter(text.to_owned()))
}

#[cfg(test)]
mod tests;
