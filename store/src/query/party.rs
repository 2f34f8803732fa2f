//! The request behind a session: its label, its URL, and the function that issued a statement.
//!
//! A request and its sessions are joined by correlation id when somebody asks, so it never matters
//! which of the two arrived first. A session without a request (a job without the listener, one that
//! has not ended yet, a person with psql) is told by the route that alone issues its statement, else by its user and
//! application, an autovacuum by what it does.

use std::collections::HashMap;

use wire::ids::CorrelationId;
use wire::query::Party;
use wire::request::Request;
use wire::time::{Instant, Range};

use super::issued::Issued;
use super::waits::Seat;
use super::{Answer, Ask, issuers};
use crate::limits;

/// What is known of requests, by their id.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    requests: HashMap<CorrelationId, Known>,
    /// The routes of requests that are not recorded, by the statements of their sessions.
    guessed: HashMap<CorrelationId, String>,
    bodies: usize,
}

#[derive(Debug)]
struct Known {
    label: String,
    url: String,
    /// Its statements, read when first asked.
    issued: Option<Issued>,
}

// === impl Directory ===

impl Directory {
    /// Looks requests up. `since` is the time of the oldest session that is asked for.
    pub(crate) fn look_up(
        ask: &Ask,
        ids: impl IntoIterator<Item = CorrelationId>,
        since: Instant,
    ) -> Answer<Self> {
        let mut directory = Self::default();
        let mut ids: Vec<CorrelationId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(directory);
        }
        for day in ask.reader.days_since(since)? {
            let sql = format!(
                "SELECT route.label, url FROM request JOIN route ON route.id = route_id
                 WHERE at_us / 3600000000 IN ({}) AND correlation_id = ?1 LIMIT 1",
                day.hours()?
            );
            for id in &ids {
                let found = day.row(&sql, [id.0.as_bytes()], |row| {
                    Ok(Known {
                        label: row.get(0)?,
                        url: row.get(1)?,
                        issued: None,
                    })
                })?;
                directory.requests.extend(found.map(|known| (*id, known)));
            }
        }
        Ok(directory)
    }

    /// The same of all sessions in some seats, which were seen in that range. Those whose request is not recorded
    /// are looked up by their statements.
    pub(crate) fn of_seats<'s>(
        ask: &Ask,
        seats: impl Iterator<Item = &'s Seat> + Clone,
        seen: Range,
    ) -> Answer<Self> {
        let ids = seats.clone().filter_map(|seat| seat.correlation_id);
        let mut directory = Self::look_up(ask, ids, seen.from_at_us)?;
        let unknown = seats.filter_map(|seat| Some((seat.correlation_id?, seat)));
        let unknown = unknown.filter(|(id, _)| !directory.requests.contains_key(id));
        directory.guessed = issuers::of_sessions(ask, unknown, seen.to_at_us)?;
        Ok(directory)
    }

    /// A request's label, or what its session says of itself.
    pub(crate) fn label(&self, seat: &Seat) -> String {
        self.route(seat).unwrap_or_else(|| session_label(seat))
    }

    /// The label, if the request is known, at least by its statement.
    pub(crate) fn route(&self, seat: &Seat) -> Option<String> {
        let id = seat.correlation_id?;
        let known = self.requests.get(&id).map(|known| &known.label);
        known.or_else(|| self.guessed.get(&id)).cloned()
    }

    /// Whether a session's request is recorded.
    pub(crate) fn is_recorded(&self, seat: &Seat) -> bool {
        seat.correlation_id
            .is_some_and(|id| self.requests.contains_key(&id))
    }

    /// All about a session that waits.
    pub(crate) fn waiter(&mut self, ask: &Ask, seat: &Seat) -> Answer<Party> {
        let known = seat.correlation_id.and_then(|id| self.requests.get(&id));
        let url = known.map(|known| known.url.clone());
        let label = self.label(seat);
        let issued = self.issued(ask, seat)?;
        let query = seat.query.as_deref();
        Ok(Party {
            pid: seat.pid,
            correlation_id: seat.correlation_id,
            label,
            url,
            state: seat.state.as_deref().map(str::to_owned),
            query: query.map(str::to_owned),
            caller: query.and_then(|query| issued?.caller(query, seat.is_truncated)),
            took_lock: None,
        })
    }

    /// All about a session that others wait for, because of a lock on `relation`.
    pub(crate) fn holder(
        &mut self,
        ask: &Ask,
        seat: &Seat,
        relation: Option<&str>,
    ) -> Answer<Party> {
        let party = self.waiter(ask, seat)?;
        let shown = seat.query.as_deref();
        let issued = self.issued(ask, seat)?;
        let took_lock = issued.and_then(|issued| issued.took_lock(shown, relation));
        Ok(Party { took_lock, ..party })
    }

    /// What a session's request issued. Reads the request's body, up to a bound of bodies.
    fn issued(&mut self, ask: &Ask, seat: &Seat) -> Answer<Option<&Issued>> {
        let known = seat
            .correlation_id
            .map(|id| (id, self.requests.get_mut(&id)));
        let Some((id, Some(known))) = known else {
            return Ok(None);
        };
        if known.issued.is_none() && self.bodies < limits::CALLERS_MAX {
            self.bodies += 1;
            let request = read_request(ask, id)?;
            known.issued = Some(request.as_ref().map(Issued::of).unwrap_or_default());
        }
        Ok(known.issued.as_ref())
    }
}

/// What a worker of autovacuum shows as its statement begins so; nobody's statement does.
const AUTOVACUUM: &str = "autovacuum: ";

/// What a session without a request is called.
fn session_label(seat: &Seat) -> String {
    if let (None, Some(query)) = (&seat.user, &seat.query) {
        // It has neither user nor application, but says what it does.
        if query.starts_with(AUTOVACUUM) {
            return query.to_string();
        }
    }
    let user = seat.user.as_deref().unwrap_or("unknown user");
    match (seat.correlation_id, seat.application.as_deref()) {
        (Some(_), _) => format!("{user}, request not recorded"),
        (None, None | Some("")) => user.to_owned(),
        (None, Some(application)) => format!("{user}, {application}"),
    }
}

/// A request's body, if it is stored and can be read.
pub(crate) fn read_request(ask: &Ask, id: CorrelationId) -> Answer<Option<Request>> {
    for day in ask.reader.days()?.iter().rev() {
        let sql = format!(
            "SELECT body.zstd FROM request JOIN body ON body.record_id = request.record_id
             WHERE request.at_us / 3600000000 IN ({}) AND request.correlation_id = ?1 LIMIT 1",
            day.hours()?
        );
        let body: Option<Vec<u8>> = day.row(&sql, [id.0.as_bytes()], |row| row.get(0))?;
        if let Some(body) = body {
            return Ok(serde_json::from_str(&day.body_text(&body)?).ok());
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_without_a_request_is_told_by_user_and_application() {
        let seat = |application: Option<&str>| Seat {
            user: Some("shop".into()),
            application: application.map(Into::into),
            ..Seat::default()
        };
        assert_eq!(session_label(&seat(Some("psql"))), "shop, psql");
        assert_eq!(session_label(&seat(None)), "shop");
        assert_eq!(session_label(&Seat::default()), "unknown user");
    }

    #[test]
    fn autovacuum_is_told_by_what_it_does_and_nobody_can_pretend_to_be_it() {
        let query = "autovacuum: VACUUM public.stock (to prevent wraparound)";
        let seat = |user: Option<&str>, query: &str| Seat {
            user: user.map(Into::into),
            query: Some(query.into()),
            ..Seat::default()
        };
        assert_eq!(session_label(&seat(None, query)), query);
        assert_eq!(session_label(&seat(Some("shop"), query)), "shop");
        assert_eq!(session_label(&seat(None, "SELECT ?")), "unknown user");
    }
}
