//! A screen in a file: what it shows, as the command of its name would print it.
//!
//! It is made of the answers that are on the screen, so it is what the operator saw, store or no store. Times are
//! UTC, whatever the screen shows them in: a file has a reader elsewhere.

use serde::Serialize;
use wire::ids::{Project, SpikeId};
use wire::query::RequestDetail;
use wire::time::Instant;

use super::kind::Kind;
use super::{Form, Paths};
use crate::board;
use crate::cli::Format;
use crate::command::page::Page;
use crate::command::request::Told;
use crate::command::{functions, health, hosts, locks, logs, requests, sql, suspects};
use crate::format;
use crate::state::{Above, RequestsScreen, State};
use crate::zone::Zone;

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Bytes(Vec<u8>),
    /// It has to be asked for.
    Incident {
        spike: SpikeId,
        project: Option<Project>,
        is_bundle: bool,
    },
}

/// The kinds that the screen in front can be written as.
pub fn kinds(state: &State) -> Vec<Kind> {
    let has_profile = front_request(state).is_some_and(|it| it.request.profile.is_some());
    let is_spike = state.above.is_empty() && state.timeline.selected.is_some();
    let fits = |kind: &Kind| match kind {
        Kind::Page(_) => true,
        Kind::Profile(_) => has_profile,
        Kind::Report | Kind::Bundle => is_spike,
    };
    Kind::ALL.into_iter().filter(fits).collect()
}

/// A name for the file, that says what it is of: `bitville-requests-20261123T140110Z.md`.
pub fn file_name(state: &State, kind: Kind) -> String {
    let (what, at) = subject(state, kind);
    let stamp = format::in_zone(&Zone::utc(), || {
        let clock = format::clock(at).replace(':', "");
        format!("{}T{clock}Z", format::date(at).replace('-', ""))
    });
    format!("bitville-{what}-{stamp}.{}", kind.ending())
}

fn subject(state: &State, kind: Kind) -> (String, Instant) {
    let begin = state.window.range.from_at_us;
    match state.above.last() {
        None => {
            let spike = state.timeline.selected_spike();
            match (kind, state.timeline.chosen, spike) {
                (Kind::Report | Kind::Bundle, _, Some(spike)) => {
                    let id = spike.id;
                    let what = if kind == Kind::Bundle {
                        "incident"
                    } else {
                        "report"
                    };
                    (format!("{what}-{id}"), spike.begin_at_us)
                }
                (_, Some(range), _) => ("suspects".to_owned(), range.from_at_us),
                (_, None, Some(spike)) => (format!("suspects-of-{}", spike.id), spike.begin_at_us),
                (_, None, None) => ("suspects".to_owned(), begin),
            }
        }
        Some(Above::Requests(screen)) => ("requests".to_owned(), screen.range.from_at_us),
        Some(Above::Request(screen)) => {
            let id = screen.correlation_id.to_string();
            let row = screen
                .dossier
                .current()
                .map(|dossier| dossier.detail.row.at_us);
            (format!("request-{}", &id[..8]), row.unwrap_or(begin))
        }
        Some(Above::Functions(screen)) => ("functions".to_owned(), screen.subject.range.from_at_us),
        Some(Above::Statements(screen)) => ("sql".to_owned(), screen.subject.range.from_at_us),
        Some(Above::Statement(screen)) => {
            let fingerprint = screen.line.row.fingerprint;
            (
                format!("statement-{fingerprint}"),
                screen.subject.range.from_at_us,
            )
        }
        Some(Above::Board(screen)) => {
            let at = if screen.board.has_range() {
                screen.range.from_at_us
            } else {
                state.store_now()
            };
            (screen.board.title().to_owned(), at)
        }
    }
}

/// What the screen in front is as such a file; in words, why it can't be.
pub fn content(state: &State, kind: Kind) -> Result<Content, String> {
    if !kinds(state).contains(&kind) {
        return Err(match kind {
            Kind::Profile(_) => format!("{} is of a request with a function profile", kind.name()),
            _ => format!("{} is of a spike, on the timeline", kind.name()),
        });
    }
    match kind {
        Kind::Page(form) => format::in_zone(&Zone::utc(), || page(state, form))
            .map(|text| Content::Bytes(text.into_bytes()))
            .ok_or_else(|| "there is nothing on the screen yet".to_owned()),
        Kind::Profile(form) => profile(state, form).map(Content::Bytes),
        Kind::Report | Kind::Bundle => match state.timeline.selected {
            Some(spike) => Ok(Content::Incident {
                spike,
                project: state.project.clone(),
                is_bundle: kind == Kind::Bundle,
            }),
            None => Err("no spike is selected".to_owned()),
        },
    }
}

fn profile(state: &State, form: Form) -> Result<Vec<u8>, String> {
    let detail = front_request(state).ok_or("the request is still on its way")?;
    let title = format!(
        "{}, request {}",
        detail.row.label, detail.row.correlation_id
    );
    let paths = Paths::of(title, detail.request.profile.as_ref());
    if paths.stacks.is_empty() {
        return Err("the profile has no function in it".to_owned());
    }
    Ok(form.write(&paths))
}

fn front_request(state: &State) -> Option<&RequestDetail> {
    match state.above.last()? {
        Above::Request(screen) => Some(&screen.dossier.current()?.detail),
        _ => None,
    }
}

/// Nothing if there is no answer on the screen.
fn page(state: &State, form: Format) -> Option<String> {
    Some(match state.above.last() {
        None => write(state.timeline.suspects.current()?, form, suspects::page),
        Some(Above::Requests(screen)) => {
            let words = of_requests(screen);
            let order = screen.sort.label();
            write(&screen.page.latest()?.value, form, |answer| {
                requests::page(answer, &words, order)
            })
        }
        Some(Above::Request(screen)) => {
            let told = Told {
                request: &screen.dossier.current()?.detail,
                comparison: screen.comparison.current(),
            };
            write(&told, form, Told::page)
        }
        Some(Above::Functions(screen)) => {
            let graph = screen.graph.latest()?.value.seen();
            write(&graph.answer, form, |answer| {
                functions::listed(answer, &screen.lines, screen.is_compared)
            })
        }
        Some(Above::Statements(screen)) => write(&screen.page.latest()?.value, form, sql::page),
        Some(Above::Statement(screen)) => {
            let row = &screen.line.row;
            write(screen.detail.current()?, form, |detail| {
                sql::one(row, detail)
            })
        }
        Some(Above::Board(screen)) => {
            let words = format::range(screen.range);
            match &screen.page.latest()?.value {
                board::Page::LockTree(answer) => {
                    write(answer, form, |answer| locks::moment(answer, &words))
                }
                board::Page::Locks(answer) => {
                    write(answer, form, |answer| locks::page(answer, &words))
                }
                board::Page::Hosts(answer) => write(answer, form, hosts::page),
                board::Page::Logs(answer) => {
                    write(answer, form, |answer| logs::page(answer, &words))
                }
                board::Page::Health(answer) => write(&**answer, form, health::page),
            }
        }
    })
}

fn write<T: Serialize>(answer: &T, form: Format, page: impl FnOnce(&T) -> Page) -> String {
    crate::command::write(answer, form, page)
}

/// The range of a list of requests, and what narrows it.
fn of_requests(screen: &RequestsScreen) -> String {
    let mut words = format::range(screen.range);
    let narrowed = [
        screen.route.as_ref().map(|route| format!(", of {route}")),
        screen.fingerprint.map(|it| format!(", of statement {it}")),
        Some(&screen.filter)
            .filter(|filter| !filter.is_empty())
            .map(|filter| format!(", filtered by {filter}")),
    ];
    words.extend(narrowed.into_iter().flatten());
    words
}

#[cfg(test)]
mod tests;
