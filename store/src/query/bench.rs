//! A store's folder for tests of questions: records are put in as the writer does it.

use std::sync::Arc;

use daemon::clock::Clock;
use tempfile::TempDir;
use uuid::Uuid;
use wire::record::Record;
use wire::time::{Instant, Range};

use super::Ask;
use crate::calendar::Day;
use crate::db::dictionary::{Bodies, Dictionaries};
use crate::db::files::Files;
use crate::db::insert::Inserter;
use crate::db::meta::Meta;
use crate::db::names::Names;
use crate::db::reader::Reader;
use crate::db::row::Prepared;
use crate::settings::Durability;

/// 2025-11-23, 12:00 UTC.
pub(crate) const NOON: Instant = Instant(1_763_899_200_000_000);

pub(crate) struct Bench {
    _folder: TempDir,
    pub(crate) files: Files,
    records: u64,
}

const ANY_TIME: Range = Range {
    from_at_us: Instant(i64::MIN),
    to_at_us: Instant(i64::MAX),
};

// === impl Bench ===

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            files: Files::create(folder.path()).unwrap(),
            _folder: folder,
            records: 0,
        }
    }

    /// Stores records, each a kind, a time and a body, in the file of a day.
    pub(crate) fn store(&mut self, day: Day, records: &[(&str, Instant, String)]) {
        self.store_of(day, "web1", records);
    }

    /// The same of another host.
    pub(crate) fn store_of(&mut self, day: Day, host: &str, records: &[(&str, Instant, String)]) {
        let connection = self.files.open_writer(day, Durability::Normal).unwrap();
        let mut inserter = Inserter::default();
        let names = Arc::new(Names::default());
        inserter.use_names(&names);
        let mut bodies = Bodies::new(Dictionaries::default()).unwrap();
        let transaction = connection.unchecked_transaction().unwrap();
        for (kind, at_us, body) in records {
            self.records += 1;
            let event_id = Uuid::from_u64_pair(self.records, 1 << 63);
            let line = crate::recording::line(kind, event_id, ("shop", host), at_us.0, body);
            let record = Record::try_from_line(line.as_bytes()).unwrap();
            let prepared = Prepared::try_new(&record, ANY_TIME, &names, &mut bodies).unwrap();
            assert!(inserter.insert(&connection, &prepared, *at_us).unwrap());
        }
        inserter.finish(&connection, NOON).unwrap();
        transaction.commit().unwrap();
    }

    pub(crate) fn ask(&self) -> Ask {
        let (clock, _) = Clock::manual(NOON);
        Ask {
            reader: Reader::new(self.files.clone(), clock),
            meta: Arc::new(Meta::open(&self.files).unwrap()),
            now: NOON,
        }
    }
}

/// A request's body with that id, route, wall time and more fields.
pub(crate) fn request(id: u64, route: &str, wall_us: i64, more: &str) -> String {
    let id = Uuid::from_u64_pair(id, id);
    format!(
        r#"{{"correlation_id":"{id}","method":"GET","url":"{route}?id={wall_us}","route":"{route}","wall_us":{wall_us}{more}}}"#
    )
}
