//! An entry as the mapping sees it: of a record's type, or of its body's text.

use std::borrow::Cow;

use uuid::Uuid;
use wire::ids::{BackendPid, CorrelationId};
use wire::pg::log::{Event, Log, Phase, Severity};
use wire::sql::Fingerprint;
use wire::time::Micros;

use crate::gelf::json::{Json, Unread, Value};

type Text<'e> = Option<Cow<'e, str>>;

/// What is told of an entry, as far as it is not in its event.
#[derive(Debug, Default, PartialEq)]
pub(in crate::gelf) struct Entry<'e> {
    pub(super) severity: Severity,
    pub(super) text: Cow<'e, str>,
    pub(super) sql_state: Text<'e>,
    pub(super) detail: Text<'e>,
    pub(super) hint: Text<'e>,
    pub(super) context: Text<'e>,
    pub(super) statement: Text<'e>,
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) query_id: Text<'e>,
    pub(super) pid: Option<BackendPid>,
    pub(super) session_id: Text<'e>,
    pub(super) database: Text<'e>,
    pub(super) user: Text<'e>,
    pub(super) application_name: Text<'e>,
    pub(super) correlation_id: Option<CorrelationId>,
    pub(super) client: Text<'e>,
    pub(super) backend_type: Text<'e>,
    /// None of its texts needs an escape.
    pub(super) is_plain: bool,
}

/// The members that every entry has, as [`Reading::seen`] has them.
const REQUIRED: u32 = 0b111;

/// What of a body's text was read so far.
#[derive(Default)]
struct Reading<'e> {
    entry: Entry<'e>,
    event: Event,
    /// A bit for each member.
    seen: u32,
}

// === impl Entry ===

impl<'e> Entry<'e> {
    pub(in crate::gelf) fn of(log: &'e Log) -> Self {
        let text = |text: &'e Option<String>| text.as_deref().map(Cow::Borrowed);
        Self {
            severity: log.severity,
            text: Cow::Borrowed(&log.text),
            sql_state: text(&log.sql_state),
            detail: text(&log.detail),
            hint: text(&log.hint),
            context: text(&log.context),
            statement: text(&log.statement),
            fingerprint: log.fingerprint,
            query_id: text(&log.query_id),
            pid: log.pid,
            session_id: text(&log.session_id),
            database: text(&log.database),
            user: text(&log.user),
            application_name: text(&log.application_name),
            correlation_id: log.correlation_id,
            client: text(&log.client),
            backend_type: text(&log.backend_type),
            is_plain: false,
        }
    }

    /// The same of a body's text; not where the type would not be read from it, or where that is not known here.
    pub(in crate::gelf) fn read(body: &'e str) -> Result<(Self, Event), Unread> {
        let json = Json::try_new(body)?;
        let mut reading = Reading::default();
        json.members(|key, value| reading.take(key, value))?;
        if reading.seen & REQUIRED != REQUIRED {
            return Err(Unread);
        }
        reading.entry.is_plain = json.is_plain();
        Ok((reading.entry, reading.event))
    }
}

// === impl Reading ===

impl<'e> Reading<'e> {
    fn take(&mut self, key: &str, value: Value<'e>) -> Result<(), Unread> {
        let entry = &mut self.entry;
        let place = match key {
            "severity" => {
                entry.severity = severity(&value.text()?)?;
                0
            }
            "event" => {
                self.event = event(value.nested()?)?;
                1
            }
            "text" => {
                entry.text = value.text()?;
                2
            }
            "is_cut" => value.flag().map(|_| 3)?,
            "statement_is_cut" => value.flag().map(|_| 8)?,
            "is_doubtful" => value.flag().map(|_| 9)?,
            "fingerprint" => {
                let digits = value.or_null(Value::text)?;
                let digits = digits.map(|it| it.parse()).transpose();
                entry.fingerprint = digits.map_err(|_| Unread)?;
                4
            }
            "correlation_id" => {
                let id = value.or_null(Value::text)?;
                let id = id.map(|it| Uuid::try_parse(&it)).transpose();
                entry.correlation_id = id.map_err(|_| Unread)?.map(CorrelationId);
                5
            }
            "pid" => {
                entry.pid = pid(value)?;
                6
            }
            "leader_pid" => {
                pid(value)?;
                7
            }
            _ => return self.take_text(key, value),
        };
        self.see(place)
    }

    fn take_text(&mut self, key: &str, value: Value<'e>) -> Result<(), Unread> {
        let entry = &mut self.entry;
        let (place, text) = match key {
            "statement" => (16, &mut entry.statement),
            "query_id" => (17, &mut entry.query_id),
            "session_id" => (18, &mut entry.session_id),
            "database" => (19, &mut entry.database),
            "user" => (20, &mut entry.user),
            "application_name" => (21, &mut entry.application_name),
            "client" => (22, &mut entry.client),
            "backend_type" => (23, &mut entry.backend_type),
            "sql_state" => (24, &mut entry.sql_state),
            "detail" => (25, &mut entry.detail),
            "hint" => (26, &mut entry.hint),
            "context" => (27, &mut entry.context),
            // Of a later version. What is nested may be no JSON at all.
            _ if matches!(value, Value::Nested(_)) => return Err(Unread),
            _ => return Ok(()),
        };
        *text = value.or_null(Value::text)?;
        self.see(place)
    }

    /// A member that is there twice is a mistake to the reader of types.
    fn see(&mut self, place: usize) -> Result<(), Unread> {
        let bit = 1 << place;
        let is_new = self.seen & bit == 0;
        self.seen |= bit;
        if is_new { Ok(()) } else { Err(Unread) }
    }
}

fn severity(name: &str) -> Result<Severity, Unread> {
    const ALL: [Severity; 8] = [
        Severity::Log,
        Severity::Error,
        Severity::Fatal,
        Severity::Warning,
        Severity::Notice,
        Severity::Info,
        Severity::Debug,
        Severity::Panic,
    ];
    let mut named = ALL.into_iter().filter(|it| it.as_str() == name);
    named.next().ok_or(Unread)
}

fn pid(value: Value<'_>) -> Result<Option<BackendPid>, Unread> {
    value.or_null(|it| BackendPid::try_from(it.whole()?).map_err(|_| Unread))
}

fn event(text: &str) -> Result<Event, Unread> {
    duration(text).or_else(|Unread| serde_json::from_str(text).map_err(|_| Unread))
}

/// The event that there are most of: to find out which one it is, the reader of types copies all of it first.
fn duration(text: &str) -> Result<Event, Unread> {
    let (mut duration_us, mut phase, mut is_duration) = (None, None, false);
    let (mut name, mut parameters) = (None, None);
    Json::try_new(text)?.members(|key, value| {
        let is_new = match key {
            "class" => !std::mem::replace(&mut is_duration, true) && value.text()? == "duration",
            "duration_us" => duration_us.replace(Micros(value.whole()?)).is_none(),
            "phase" => phase.replace(phase_of(&value.text()?)?).is_none(),
            "name" => name.replace(value.text()?.into_owned()).is_none(),
            "parameters" => {
                let count = u32::try_from(value.whole()?).map_err(|_| Unread)?;
                parameters.replace(count).is_none()
            }
            _ => false,
        };
        if is_new { Ok(()) } else { Err(Unread) }
    })?;
    match (is_duration, duration_us, phase) {
        (true, Some(duration_us), Some(phase)) => Ok(Event::Duration {
            duration_us,
            phase,
            name,
            parameters,
        }),
        _ => Err(Unread),
    }
}

fn phase_of(name: &str) -> Result<Phase, Unread> {
    Ok(match name {
        "statement" => Phase::Statement,
        "parse" => Phase::Parse,
        "bind" => Phase::Bind,
        "execute" => Phase::Execute,
        "fetch" => Phase::Fetch,
        "fastpath" => Phase::Fastpath,
        "unknown" => Phase::Unknown,
        _ => return Err(Unread),
    })
}

#[cfg(test)]
mod tests;
