//! Open files that no question has at the moment, for the next one.
//!
//! To open a day's file, read its schema and have its statements made ready takes longer than most of what a
//! question reads, and the console asks again and again. A file that was removed or replaced since is not asked
//! any more, and what rests too long is closed, so that no disk stays taken by a file that is gone. The pages
//! that a question read are let go with it.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daemon::clock::Monotonic;

use super::kept::Open;
use crate::calendar::Day;

/// Of one day: the parts of a question that are answered side by side read a file each.
const OPEN_OF_DAY_MAX: usize = 8;

/// Spikes are looked for every ten seconds, which closes what rested longer.
const REST_MAX: Duration = Duration::from_secs(60);

/// All of one data folder. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Idle(Arc<Mutex<HashMap<Day, Vec<Resting>>>>);

struct Resting {
    open: Open,
    since: Monotonic,
}

// === impl Idle ===

impl Idle {
    /// One that still is the day's file, if there is any.
    pub(super) fn take(&self, day: Day, path: &Path) -> Option<Open> {
        let file = file_of(path);
        let mut all = self.lock();
        let of_day = all.get_mut(&day)?;
        of_day.retain(|it| it.open.file == file);
        of_day.pop().map(|it| it.open)
    }

    /// Has one rest, and closes those that did so for too long.
    pub(super) fn put(&self, day: Day, open: Open, now: Monotonic) {
        let mut all = self.lock();
        all.retain(|_, of_day| {
            of_day.retain(|it| now.0.saturating_sub(it.since.0) < REST_MAX);
            !of_day.is_empty()
        });
        // A question may have been at it while its file went.
        let path = open.connection.path().map(Path::new);
        let is_current = open.file.is_some() && path.and_then(file_of) == open.file;
        let of_day = all.entry(day).or_default();
        if of_day.len() < OPEN_OF_DAY_MAX && is_current {
            // Pages are bounded by file, and there may be many.
            let _ = open.connection.release_memory();
            of_day.push(Resting { open, since: now });
        }
    }

    /// Closes a day's, whose file goes.
    pub(crate) fn close(&self, day: Day) {
        self.lock().remove(&day);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Day, Vec<Resting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Idle").field(&self.lock().keys()).finish()
    }
}

/// What tells a file from another one of its name: its device and its number there.
pub(super) fn file_of(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use daemon::clock::Clock;
    use wire::time::Instant;

    use super::*;
    use crate::db::files::Files;
    use crate::db::reader::Reader;
    use crate::settings::Durability;

    fn day() -> Day {
        Day::of(Instant(1_763_899_200_000_000))
    }

    /// A folder with two days.
    fn files() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::create(folder.path()).unwrap();
        for day in [day(), day().plus(1)] {
            drop(files.open_writer(day, Durability::Normal).unwrap());
        }
        (folder, files)
    }

    fn resting(files: &Files) -> Vec<(Day, usize)> {
        let all = files.idle().lock();
        let mut resting: Vec<_> = all.iter().map(|(day, it)| (*day, it.len())).collect();
        resting.retain(|(_, count)| *count > 0);
        resting.sort_unstable();
        resting
    }

    #[test]
    fn what_a_question_opened_is_there_for_the_next_one() {
        let (_folder, files) = files();
        let (clock, _) = Clock::manual(Instant(0));
        for _ in 0..3 {
            let reader = Reader::new(files.clone(), clock.clone());
            let days = reader.days().unwrap();
            assert_eq!(resting(&files), []);
            drop((days, reader));
            assert_eq!(resting(&files), [(day(), 1), (day().plus(1), 1)]);
        }
        // Nine at once leave eight.
        let readers = [(); 9].map(|()| Reader::new(files.clone(), clock.clone()));
        let open = readers.each_ref().map(|reader| reader.days().unwrap());
        drop((open, readers));
        assert_eq!(resting(&files), [(day(), 8), (day().plus(1), 8)]);
    }

    #[test]
    fn what_rested_too_long_is_closed() {
        let (_folder, files) = files();
        let (clock, hands) = Clock::manual(Instant(0));
        let ask = |day| drop(Reader::new(files.clone(), clock.clone()).day(day).unwrap());
        ask(day());
        hands.advance(REST_MAX / 2);
        ask(day().plus(1));
        assert_eq!(resting(&files), [(day(), 1), (day().plus(1), 1)]);
        hands.advance(REST_MAX / 2);
        ask(day().plus(1));
        assert_eq!(resting(&files), [(day().plus(1), 1)]);
    }

    #[test]
    fn a_file_that_is_gone_or_another_one_is_not_asked() {
        let (_folder, files) = files();
        let (clock, _) = Clock::manual(Instant(0));
        let ask = || {
            let day = Reader::new(files.clone(), clock.clone())
                .day(day())
                .unwrap();
            day.map(|day| day.row("SELECT count(*) FROM kind", [], |row| row.get::<_, i64>(0)))
        };
        assert_eq!(ask().unwrap().unwrap(), Some(0));
        // By another process, which closes nothing here.
        std::fs::remove_file(files.path_of(day())).unwrap();
        assert!(ask().is_none());
        let writer = files.open_writer(day(), Durability::Normal).unwrap();
        let kind = "INSERT INTO kind (name, records) VALUES ('gap', 1)";
        writer.execute(kind, []).unwrap();
        assert_eq!(ask().unwrap().unwrap(), Some(1));
        files.remove(day()).unwrap();
        assert_eq!(resting(&files), []);
        assert!(ask().is_none());
        // While a question was at it.
        drop(files.open_writer(day(), Durability::Normal).unwrap());
        let reader = Reader::new(files.clone(), clock.clone());
        let open = reader.day(day()).unwrap();
        files.remove(day()).unwrap();
        drop((open, reader));
        assert_eq!(resting(&files), []);
    }
}
