//! A spot as text: `bitville://SCREEN?KEY=VALUE&…`.
//!
//! | key | of | value |
//! |---|---|---|
//! | `range` | every screen, always there | what the chart looks at: two instants (RFC 3339), `..` between them |
//! | `project`, `spike`, `chosen`, `baseline` | every screen | whose, which spike or range the suspects are of, compared with what |
//! | `fold` | every screen | `yes`: functions of libraries are folded into their callers |
//! | `heatmap` | `timeline` | `yes`: how long requests took instead of the charts |
//! | `of` | screens with a range of their own | that range, where it is another |
//! | `route`, `statement`, `filter`, `sort`, `columns`, `at` | `requests` | how they are narrowed and ordered; which is selected |
//! | `tab`, `sort`, `drawn` | `request/UUID` | what is shown of it; its functions as `icicle` or `course` |
//! | `against`, `route`, `compared`, `icicle`, `sort`, `at` | `functions` | |
//! | `against`, `route`, `sort`, `at` | `sql` | |
//! | `against`, `route` | `statement/FINGERPRINT` | |
//! | `least` | `locks`, `episodes`, `hosts`, `logs`, `health` | `warning` or `error`: milder lines are left out |
//! | `moment` | `locks` | the instant (RFC 3339) whose locks are shown; the worst without one |
//!
//! What is as the screen has it by itself is left out. Values are percent-encoded but for letters, digits and
//! `-._~:/,`, so a link has nothing that a shell, a chat or a terminal would take for something else:
//!
//! ```text
//! bitville://requests?range=2026-11-23T13:30:00Z..2026-11-23T14:30:00Z&spike=3&filter=duration%3E2s&sort=sql
//! ```

mod parts;
mod words;

use std::fmt::Write as _;

use jiff::Timestamp;
use wire::ids::{CorrelationId, Project, SpikeId};
use wire::time::{Instant, Range};

use super::{FunctionTable, RequestList, Sight, Spot, StatementTable};
use crate::board::Board;
use crate::columns::Columns;
use crate::state::subject::Subject;
use crate::typed::Fault;
use parts::{Parts, SPAN_MAX};
use words::{BASELINES, DRAWN, FUNCTION_ORDERS, LEAST, ORDERS, SORTS, STATEMENT_ORDERS, TABS};

/// How a link begins.
pub const SCHEME: &str = "bitville:";
/// A filter of the longest kind, written with three letters for each of its bytes, and as long a name beside it.
pub const BYTES_MAX: usize = 16 * 1024;
const SCREENS: [&str; 11] = [
    "timeline",
    "requests",
    "request",
    "functions",
    "sql",
    "statement",
    "locks",
    "episodes",
    "hosts",
    "logs",
    "health",
];

/// The spot as a link.
pub fn write(spot: &Spot) -> String {
    let name = spot.sight.name();
    let mut link = Written {
        link: match &spot.sight {
            Sight::Request { correlation_id, .. } => format!("bitville://{name}/{correlation_id}"),
            Sight::Statement { fingerprint, .. } => format!("bitville://{name}/{fingerprint}"),
            _ => format!("bitville://{name}"),
        },
        separator: '?',
    };
    link.put("range", &span(spot.range));
    link.put_some("project", spot.project.as_ref().map(Project::as_str));
    link.put_some("spike", spot.spike.map(|spike| spike.to_string()));
    link.put_some("chosen", spot.chosen.map(span));
    link.put_word("baseline", BASELINES, spot.baseline);
    link.put_some("fold", spot.is_folded.then_some("yes"));
    let own = spot.sight.range().filter(|own| *own != spot.range);
    link.put_some("of", own.map(span));
    match &spot.sight {
        Sight::Timeline { is_heatmap } => link.put_some("heatmap", is_heatmap.then_some("yes")),
        Sight::Requests(list) => {
            link.put_some("route", list.route.as_ref());
            link.put_some("statement", list.fingerprint.map(|it| it.to_string()));
            link.put_some("filter", Some(&list.filter).filter(|it| !it.is_empty()));
            link.put_word("sort", SORTS, list.sort);
            let others = Some(&list.columns).filter(|it| **it != Columns::default());
            link.put_some("columns", others.map(Columns::write));
            link.put_some("at", list.selected.map(|it| it.to_string()));
        }
        Sight::Request {
            tab, order, drawn, ..
        } => {
            link.put_word("tab", TABS, *tab);
            link.put_word("sort", ORDERS, *order);
            link.put_word("drawn", DRAWN, *drawn);
        }
        Sight::Functions(table) => {
            link.put_subject(&table.subject);
            link.put_some("compared", table.is_compared.then_some("yes"));
            link.put_some("icicle", table.is_icicle.then_some("yes"));
            link.put_word("sort", FUNCTION_ORDERS, table.order);
            link.put_some("at", table.selected.as_ref());
        }
        Sight::Statements(table) => {
            link.put_subject(&table.subject);
            link.put_word("sort", STATEMENT_ORDERS, table.order);
            link.put_some("at", table.selected.map(|it| it.to_string()));
        }
        Sight::Statement { subject, .. } => link.put_subject(subject),
        Sight::Board { least, moment, .. } => {
            link.put_word("least", LEAST, *least);
            link.put_some("moment", moment.map(|at| instant(at).to_string()));
        }
    }
    link.link
}

/// What is typed in a shell to open it there.
pub fn command_line(spot: &Spot) -> String {
    // A link has no quote in it.
    format!("bitville-tui '{}'", write(spot))
}

/// Reads a link, or the command line that opens it.
pub fn read(text: &str) -> Result<Spot, Fault> {
    let fault = |column, words: String| Fault { column, words };
    let (begin, link) = unwrapped(text);
    if link.len() > BYTES_MAX {
        let words = format!("a link has {BYTES_MAX} bytes at most");
        return Err(fault(begin, words));
    }
    let rest = link.strip_prefix(SCHEME).ok_or_else(|| {
        let words = "a link begins with bitville://, as y copies it";
        fault(begin, words.to_owned())
    })?;
    let place = rest.trim_start_matches('/');
    let begin = begin + link.chars().count() - place.chars().count();
    let (screen, parameters) = place.split_once('?').unwrap_or((place, ""));
    let (name, id) = screen.split_once('/').unwrap_or((screen, ""));
    let behind = begin + screen.chars().count() + 1;
    if !SCREENS.contains(&name) {
        let words = format!("{name:?} is no screen; {} is", SCREENS.join(", "));
        return Err(fault(begin, words));
    }
    let mut parts = Parts::read(parameters, behind)?;
    let range = parts.range("range", SPAN_MAX)?;
    let range = range.ok_or_else(|| {
        let words = "the link has no range=BEGIN..END";
        fault(behind - 1, words.to_owned())
    })?;
    let spot = Spot {
        project: parts.read_some("project", |it| Project::try_new(it).ok(), PROJECT)?,
        range,
        spike: parts.read_some("spike", |it| it.parse().ok().map(SpikeId), SPIKE)?,
        chosen: parts.range("chosen", SPAN_MAX)?,
        baseline: parts.word("baseline", BASELINES)?,
        is_folded: parts.yes("fold")?,
        sight: sight(name, id, range, begin, &mut parts)?,
    };
    parts.end(name)?;
    Ok(spot)
}

const PROJECT: &str = "1 to 64 letters, digits, dots, dashes and underscores are allowed";
const SPIKE: &str = "a spike's number is allowed";
const ID: &str = "a correlation id (a UUID) is allowed";
const COLUMNS: &str =
    "names of columns with commas between them are allowed, as :columns lists them";
const FINGERPRINT: &str = "a fingerprint (16 hex digits) is allowed";

fn sight(
    name: &str,
    id: &str,
    range: Range,
    column: usize,
    parts: &mut Parts,
) -> Result<Sight, Fault> {
    let fault = |words: String| Fault { column, words };
    let takes_id = matches!(name, "request" | "statement");
    if !takes_id && !id.is_empty() {
        return Err(fault(format!("{name} takes nothing behind a slash")));
    }
    Ok(match name {
        "requests" => Sight::Requests(RequestList {
            range: parts.range("of", SPAN_MAX)?.unwrap_or(range),
            route: parts.text("route"),
            fingerprint: parts.read_some("statement", |it| it.parse().ok(), FINGERPRINT)?,
            filter: parts.filter()?,
            sort: parts.word("sort", SORTS)?,
            columns: parts
                .read_some("columns", |it| Columns::read(it).ok(), COLUMNS)?
                .unwrap_or_default(),
            selected: parts.read_some("at", correlation_id, ID)?,
        }),
        "request" => Sight::Request {
            correlation_id: correlation_id(id).ok_or_else(|| fault(format!("{id:?}: {ID}")))?,
            tab: parts.word("tab", TABS)?,
            order: parts.word("sort", ORDERS)?,
            drawn: parts.word("drawn", DRAWN)?,
        },
        "functions" => Sight::Functions(FunctionTable {
            subject: parts.subject(range)?,
            is_compared: parts.yes("compared")?,
            is_icicle: parts.yes("icicle")?,
            order: parts.word("sort", FUNCTION_ORDERS)?,
            selected: parts.text("at"),
        }),
        "sql" => Sight::Statements(StatementTable {
            subject: parts.subject(range)?,
            order: parts.word("sort", STATEMENT_ORDERS)?,
            selected: parts.read_some("at", |it| it.parse().ok(), FINGERPRINT)?,
        }),
        "statement" => Sight::Statement {
            fingerprint: (id.parse()).map_err(|_| fault(format!("{id:?}: {FINGERPRINT}")))?,
            subject: parts.subject(range)?,
        },
        _ => match words::board(name) {
            Some(board) => of_board(board, range, parts)?,
            None => Sight::Timeline {
                is_heatmap: parts.yes("heatmap")?,
            },
        },
    })
}

fn of_board(board: Board, range: Range, parts: &mut Parts) -> Result<Sight, Fault> {
    let range = if board.has_range() {
        parts.range("of", SPAN_MAX)?.unwrap_or(range)
    } else {
        range
    };
    Ok(Sight::Board {
        board,
        range,
        least: parts.word("least", LEAST)?,
        moment: match board {
            Board::Locks => parts.moment("moment", range)?,
            _ => None,
        },
    })
}

fn correlation_id(text: &str) -> Option<CorrelationId> {
    text.parse().ok().map(CorrelationId)
}

/// The link in a command line, and the column where it begins.
fn unwrapped(text: &str) -> (usize, &str) {
    let begun = text.trim_start();
    let inner = begun
        .strip_prefix("bitville-tui")
        .map_or(begun, str::trim_start);
    let inner = inner.trim_start_matches(['\'', '"']);
    let column = text.chars().count() - inner.chars().count();
    (column, inner.trim_end().trim_end_matches(['\'', '"']))
}

fn span(range: Range) -> String {
    format!("{}..{}", instant(range.from_at_us), instant(range.to_at_us))
}

/// To the microsecond, which is what the store counts in.
fn instant(at: Instant) -> Timestamp {
    // What no calendar has is not on a screen either.
    Timestamp::from_microsecond(at.0).unwrap_or_default()
}

/// A link that is being written.
struct Written {
    link: String,
    separator: char,
}

// === impl Written ===

impl Written {
    fn put(&mut self, key: &str, value: &str) {
        self.link.push(self.separator);
        self.separator = '&';
        self.link.push_str(key);
        self.link.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~:/,".contains(&byte) {
                self.link.push(char::from(byte));
            } else {
                // Writing to a string never fails.
                let _ = write!(self.link, "%{byte:02X}");
            }
        }
    }

    fn put_some(&mut self, key: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.put(key, value.as_ref());
        }
    }

    /// Anything but the first word of the table, which is what holds without one.
    fn put_word<T: Copy + PartialEq>(&mut self, key: &str, table: words::Table<T>, value: T) {
        let mut others = table.iter().skip(1);
        let word = others.find(|(_, known)| *known == value);
        self.put_some(key, word.map(|(word, _)| word));
    }

    fn put_subject(&mut self, subject: &Subject) {
        self.put_some("against", subject.baseline.map(span));
        self.put_some("route", subject.route.as_ref());
    }
}

#[cfg(test)]
mod tests;
