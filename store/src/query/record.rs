//! One record's envelope, and whether it has been forwarded.

use uuid::Uuid;
use wire::ids::{EventId, Kind};
use wire::query::{RecordSeen, Standing};
use wire::time::Instant;

use super::{Answer, Ask, host, project};
use crate::db::custody::{Custody, Place};
use crate::db::reader::DayReader;
use crate::forward::filter::Filter;
use crate::settings::Graylog;

pub(crate) fn ask(ask: &Ask, id: Uuid, graylog: &Graylog) -> Answer<Option<RecordSeen>> {
    for day in ask.reader.days()?.into_iter().rev() {
        if let Some(record_id) = day.record_id(id)? {
            let place = Place {
                day: day.day,
                record_id,
            };
            return seen(ask, &day, place, (id, graylog));
        }
    }
    Ok(None)
}

fn seen(
    ask: &Ask,
    day: &DayReader,
    place: Place,
    (id, graylog): (Uuid, &Graylog),
) -> Answer<Option<RecordSeen>> {
    let sql = "SELECT kind.name, source.project, source.host, record.at_us, record.received_at_us
               FROM record JOIN kind ON kind.id = record.kind_id
               JOIN source ON source.id = record.source_id WHERE record.id = ?1";
    let envelope = day.row(sql, [place.record_id], |row| {
        let kind: String = row.get(0)?;
        Ok(RecordSeen {
            event_id: EventId(id),
            // It was checked when it came in.
            kind: Kind::try_new(kind).map_err(|_| rusqlite::Error::InvalidQuery)?,
            project: project(row.get(1)?)?,
            host: host(row.get(2)?)?,
            at_us: Instant(row.get(3)?),
            received_at_us: Instant(row.get(4)?),
            forwarded: Standing::Off,
        })
    })?;
    let Some(mut seen) = envelope else {
        return Ok(None);
    };
    if graylog.is_on {
        let custody = Custody::open_reader(ask.reader.files(), &graylog.destination)?;
        let is_wanted = Filter(graylog).takes(seen.kind.as_str(), seen.project.as_str(), id);
        seen.forwarded = if is_wanted {
            custody.map_or(Ok(Standing::Waiting), |it| it.standing(place))?
        } else {
            Standing::Filtered
        };
    }
    Ok(Some(seen))
}
