//! The request behind a session: its label, its URL, and the function that issued a statement.
//!
//! A request and its sessions are joined by correlation id when somebody asks, so it never matters
//! which of the two arrived first. A session without a request (a job without the listener, one that
//! has not ended yet, a person with psql) is told by its user and application.

use std::collections::HashMap;

use wire::ids::CorrelationId;
use wire::query::Party;
use wire::request::Request;
use wire::sql;
use wire::time::Instant;

use super::waits::Seat;
use super::{Answer, Ask};
use crate::db::reader::body_text;
use crate::limits;

/// What is known of requests, by their id.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    requests: HashMap<CorrelationId, Known>,
    bodies: usize,
}

#[derive(Debug)]
struct Known {
    label: String,
    url: String,
    /// The statements with a caller: normalized text and caller. Read when first asked.
    callers: Option<Vec<(String, String)>>,
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
        for day in ask.reader.days_since(since)? {
            for id in &ids {
                let sql = "SELECT label, url FROM request WHERE correlation_id = ?1 LIMIT 1";
                let found = day.row(sql, [id.0.as_bytes()], |row| {
                    Ok(Known {
                        label: row.get(0)?,
                        url: row.get(1)?,
                        callers: None,
                    })
                })?;
                directory.requests.extend(found.map(|known| (*id, known)));
            }
        }
        Ok(directory)
    }

    /// A request's label, or what its session says of itself.
    pub(crate) fn label(&self, seat: &Seat) -> String {
        let known = seat.correlation_id.and_then(|id| self.requests.get(&id));
        known.map_or_else(|| session_label(seat), |known| known.label.clone())
    }

    /// The label, if the request is known.
    pub(crate) fn route(&self, seat: &Seat) -> Option<String> {
        Some(self.requests.get(&seat.correlation_id?)?.label.clone())
    }

    /// All about a session. Reads the request's body for the caller, up to a bound of bodies.
    pub(crate) fn party(&mut self, ask: &Ask, seat: &Seat) -> Answer<Party> {
        let known = seat.correlation_id.and_then(|id| self.requests.get(&id));
        let url = known.map(|known| known.url.clone());
        Ok(Party {
            pid: seat.pid,
            correlation_id: seat.correlation_id,
            label: self.label(seat),
            url,
            state: seat.state.as_deref().map(str::to_owned),
            query: seat.query.as_deref().map(str::to_owned),
            caller: self.caller(ask, seat)?,
        })
    }

    fn caller(&mut self, ask: &Ask, seat: &Seat) -> Answer<Option<String>> {
        let (Some(id), Some(query)) = (seat.correlation_id, seat.query.as_deref()) else {
            return Ok(None);
        };
        let Some(known) = self.requests.get_mut(&id) else {
            return Ok(None);
        };
        if known.callers.is_none() {
            if self.bodies >= limits::CALLERS_MAX {
                return Ok(None);
            }
            self.bodies += 1;
            known.callers = Some(
                read_request(ask, id)?
                    .map(|it| callers(&it))
                    .unwrap_or_default(),
            );
        }
        let callers = known.callers.as_deref().unwrap_or_default();
        Ok(caller_of(query, seat.is_truncated, callers))
    }
}

/// What a session without a request is called.
fn session_label(seat: &Seat) -> String {
    let user = seat.user.as_deref().unwrap_or("unknown user");
    match (seat.correlation_id, seat.application.as_deref()) {
        (Some(_), _) => format!("{user}, request not recorded"),
        (None, None | Some("")) => user.to_owned(),
        (None, Some(application)) => format!("{user}, {application}"),
    }
}

/// The statements of a request that tell who issued them.
fn callers(request: &Request) -> Vec<(String, String)> {
    let queries = request.sql.iter().flat_map(|sql| &sql.queries);
    let with_caller =
        queries.filter_map(|query| Some((sql::normalize(&query.sql), query.caller.clone()?)));
    with_caller.collect()
}

/// Who issued a statement. One that the server has cut is compared up to the cut.
fn caller_of(query: &str, is_truncated: bool, callers: &[(String, String)]) -> Option<String> {
    let query = sql::normalize(query);
    // The last token of a cut text may be half of one.
    let begin = query
        .rsplit_once(' ')
        .map_or(query.as_str(), |(begin, _)| begin);
    let is_same = |text: &str| text == query || (is_truncated && text.starts_with(begin));
    let found = callers.iter().find(|(text, _)| is_same(text));
    found.map(|(_, caller)| caller.clone())
}

/// A request's body, if it is stored and can be read.
pub(crate) fn read_request(ask: &Ask, id: CorrelationId) -> Answer<Option<Request>> {
    let sql = "SELECT body.zstd FROM request JOIN body ON body.record_id = request.record_id
               WHERE request.correlation_id = ?1 LIMIT 1";
    for day in ask.reader.days()?.iter().rev() {
        let body: Option<Vec<u8>> = day.row(sql, [id.0.as_bytes()], |row| row.get(0))?;
        if let Some(body) = body {
            return Ok(serde_json::from_str(&body_text(&body)?).ok());
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_found_under_the_shape_that_the_server_shows() {
        let callers = [
            (
                "SELECT * FROM cart WHERE session = ?".to_owned(),
                "Cart::load".to_owned(),
            ),
            (
                "UPDATE stock SET price = ? WHERE sku = ?".to_owned(),
                "Pricing::reprice".to_owned(),
            ),
        ];
        let caller = |query: &str, cut: bool| caller_of(query, cut, &callers);
        let reprice = Some("Pricing::reprice".to_owned());
        assert_eq!(
            caller("update stock set price=$1 where sku=$2", false),
            reprice
        );
        assert_eq!(
            caller("UPDATE stock SET price = $1 WHERE sk", true),
            reprice
        );
        assert_eq!(caller("UPDATE stock SET price = $1 WHERE sk", false), None);
        assert_eq!(caller("DELETE FROM stock", false), None);
    }

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
}
