//! Statements, and how long they took: `log_min_duration_statement`, `log_statement`, `auto_explain`.

use std::borrow::Cow;

use wire::pg::log::{Event, Phase};

use super::Meaning;
use crate::serverlog::entry::Entry;
use crate::serverlog::plan;
use crate::serverlog::scan::Scan;

/// `duration: 202.316 ms  statement: select …`
pub(super) fn classify<'a>(entry: &'a Entry<'_>) -> Option<Meaning<'a>> {
    let message: &'a str = &entry.message;
    let mut scan = Scan(message);
    scan.tag("duration: ")?;
    let duration_us = scan.millis()?;
    if scan.0.is_empty() {
        return Some(Meaning::of(Event::Duration {
            duration_us,
            phase: Phase::Unknown,
            name: None,
            parameters: None,
        }));
    }
    scan.tag("  ")?;
    let head = &message[..message.len() - scan.0.len()];
    if scan.tag("plan:\n").is_some() {
        let plan = plan::read(scan.0);
        return Some(Meaning {
            event: Event::Plan {
                duration_us,
                plan: plan.plan,
            },
            text: Cow::Owned(format!("{head}plan")),
            statement: plan
                .statement
                .or(entry.statement.as_deref().map(Cow::Borrowed)),
            ..Meaning::default()
        });
    }
    let step = Step::read(&mut scan)?;
    let (prepared, parameters) = details(entry);
    Some(Meaning {
        event: Event::Duration {
            duration_us,
            phase: step.phase,
            name: step.name.map(str::to_owned),
            parameters,
        },
        text: Cow::Borrowed(message[..message.len() - scan.0.len()].trim_end_matches([' ', ':'])),
        statement: Some(Cow::Borrowed(prepared.unwrap_or(scan.0))),
        ..Meaning::default()
    })
}

/// `statement: select …`, `execute P_0: select …`
pub(super) fn statement<'a>(entry: &'a Entry<'_>) -> Option<Meaning<'a>> {
    let message: &'a str = &entry.message;
    let mut scan = Scan(message);
    let step = Step::read(&mut scan)?;
    let (prepared, _) = details(entry);
    Some(Meaning {
        event: Event::Statement { phase: step.phase },
        text: Cow::Borrowed(message[..message.len() - scan.0.len()].trim_end_matches([' ', ':'])),
        statement: Some(Cow::Borrowed(prepared.unwrap_or(scan.0))),
        ..Meaning::default()
    })
}

/// Which step of a statement, and the name of what was prepared.
struct Step<'a> {
    phase: Phase,
    name: Option<&'a str>,
}

// === impl Step ===

impl<'a> Step<'a> {
    /// Reads up to where the statement begins.
    fn read(scan: &mut Scan<'a>) -> Option<Self> {
        const PHASES: [(&str, Phase); 5] = [
            ("statement: ", Phase::Statement),
            ("parse ", Phase::Parse),
            ("bind ", Phase::Bind),
            ("execute fetch from ", Phase::Fetch),
            ("execute ", Phase::Execute),
        ];
        if scan.tag("fastpath function call: ").is_some() {
            return Some(Self {
                phase: Phase::Fastpath,
                name: None,
            });
        }
        let (_, phase) = PHASES
            .into_iter()
            .find(|(tag, _)| scan.tag(tag).is_some())?;
        if phase == Phase::Statement {
            return Some(Self { phase, name: None });
        }
        let name = scan.until(": ")?;
        Some(Self {
            phase,
            name: Some(name).filter(|name| *name != "<unnamed>"),
        })
    }
}

/// Of a statement that was prepared by SQL, what it stands for; of one with parameters, how many.
fn details<'a>(entry: &'a Entry<'_>) -> (Option<&'a str>, Option<u32>) {
    let Some(detail) = entry.detail.as_deref() else {
        return (None, None);
    };
    if let Some(prepare) = detail.strip_prefix("prepare: ") {
        return (Some(body_of_prepare(prepare).unwrap_or(prepare)), None);
    }
    let list = detail
        .strip_prefix("parameters: ")
        .or_else(|| detail.strip_prefix("Parameters: "));
    (None, list.map(count))
}

/// `prepare q(int) as select …` is `select …`.
fn body_of_prepare(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let at = bytes.windows(4).position(|window| {
        window[0].is_ascii_whitespace()
            && window[1..3].eq_ignore_ascii_case(b"as")
            && window[3].is_ascii_whitespace()
    })?;
    text.get(at + 4..)
}

/// How many values `$1 = 'it''s', $2 = NULL` has.
fn count(list: &str) -> u32 {
    let mut is_quoted = false;
    let mut count = 0;
    for byte in list.bytes() {
        match byte {
            b'\'' => is_quoted = !is_quoted,
            b'$' if !is_quoted => count += 1,
            _ => {}
        }
    }
    count
}
