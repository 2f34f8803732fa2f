//! Removes days: those past the retention time, and the oldest ones when the disk asks for it. Each is an
//! unlink, which takes no time and works on a full disk. Today's file is never removed.
//!
//! What stays too little room even then is told to ingest, which refuses until there is more: agents keep
//! their records, and a database that runs into a full disk helps nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daemon::clock::Clock;
use daemon::log::Sparingly;
use tokio_util::sync::CancellationToken;
use wire::human::format_size;
use wire::time::Micros;

use crate::calendar::Day;
use crate::db::DbError;
use crate::db::custody::Custody;
use crate::db::files::Files;
use crate::db::reader::Reader;
use crate::settings::Store;
use crate::tally::Tally;

/// How often disk and days are looked at: some hundred megabytes of ingest at the fastest.
const INTERVAL: Duration = Duration::from_secs(5);

/// How often a disk that is short of room is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Whether there is room for more. Clones tell of the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Room(Arc<AtomicBool>);

/// Looks after the days.
#[derive(Debug)]
pub(crate) struct Sweeper {
    files: Files,
    settings: Store,
    clock: Clock,
    tally: Tally,
    room: Room,
    logged: Sparingly,
}

/// A disk at one moment.
#[derive(Clone, Copy, Debug)]
struct Disk {
    used_bytes: u64,
    free_bytes: u64,
}

/// The retention time in microseconds.
pub(crate) fn kept_us(settings: &Store) -> i64 {
    i64::try_from(settings.retention.as_micros()).unwrap_or(i64::MAX)
}

// === impl Room ===

impl Room {
    /// Whether ingest has to wait for somebody to make room.
    pub(crate) fn is_short(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set_short(&self, is_short: bool) {
        self.0.store(is_short, Ordering::Relaxed);
    }
}

// === impl Sweeper ===

impl Sweeper {
    pub(crate) fn new(files: Files, settings: Store, clock: Clock, tally: Tally) -> Self {
        Self {
            files,
            settings,
            clock,
            tally,
            room: Room::default(),
            logged: Sparingly::new(LOG_INTERVAL),
        }
    }

    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Removes what is too old, then what there is no room for.
    pub(crate) fn sweep(&mut self) -> Result<(), DbError> {
        let now = self.clock.now();
        let oldest = Day::of(now - Micros(kept_us(&self.settings)));
        for day in self.files.days()?.into_iter().filter(|day| *day < oldest) {
            self.remove(day)?;
            tracing::info!(%day, "day removed, it is past the retention time");
        }
        self.make_room(Day::of(now))
    }

    /// Removes a day. What of it was not forwarded yet is lost there, and counted.
    fn remove(&self, day: Day) -> Result<(), DbError> {
        if self.settings.graylog.is_on {
            let custody = Custody::open(&self.files, &self.settings.graylog.destination);
            let lost = custody.and_then(|it| {
                let reader = Reader::new(self.files.clone(), self.clock.clone());
                it.forget_day(&reader, day)
            });
            match lost {
                Ok(0) => {}
                Ok(records) => {
                    tracing::error!(%day, records, "day removed before all of it was forwarded");
                }
                // On a full disk nothing can be written, and the day has to go all the same.
                Err(error) => {
                    let error = daemon::log::chain(&error);
                    tracing::error!(%day, error, "what was not forwarded of the day can't be counted");
                }
            }
        }
        self.files.remove(day)
    }

    fn make_room(&mut self, today: Day) -> Result<(), DbError> {
        let mut days = Vec::new();
        for day in self.files.days()? {
            days.push((day, self.files.bytes_of_day(day)?));
        }
        let mut disk = Disk {
            used_bytes: self.files.bytes()?,
            free_bytes: self.files.free_bytes()?,
        };
        for (day, bytes) in excess(&days, today, &mut disk, &self.settings) {
            self.remove(day)?;
            self.tally.days_shed.increment();
            tracing::warn!(%day, bytes, "day removed before its time, the disk has no room for it");
        }
        let is_short = disk.is_short(&self.settings);
        if is_short && self.logged.now(&self.clock) {
            let free = format_size(disk.free_bytes);
            tracing::error!(free, "the disk is short of room, batches are refused");
        }
        self.room.set_short(is_short);
        Ok(())
    }

    /// Sweeps now and then until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let swept = tokio::task::spawn_blocking(move || {
                let outcome = self.sweep();
                (self, outcome)
            });
            let Ok((same, outcome)) = swept.await else {
                return;
            };
            self = same;
            if let Err(error) = outcome
                && self.logged.now(&self.clock)
            {
                let error = daemon::log::chain(&error);
                tracing::error!(%error, "old days can't be removed");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }
}

// === impl Disk ===

impl Disk {
    fn is_short(self, settings: &Store) -> bool {
        self.free_bytes < settings.disk_free_bytes_min
    }

    fn is_over(self, settings: &Store) -> bool {
        let bytes_max = settings.disk_bytes_max;
        self.is_short(settings) || (bytes_max > 0 && self.used_bytes > bytes_max)
    }
}

/// The days that have to go, the oldest first, until the disk is as the settings want it; `disk` is what it
/// will be then.
fn excess(days: &[(Day, u64)], today: Day, disk: &mut Disk, settings: &Store) -> Vec<(Day, u64)> {
    let mut going = Vec::new();
    for (day, bytes) in days.iter().filter(|(day, _)| *day < today) {
        if !disk.is_over(settings) {
            break;
        }
        disk.used_bytes = disk.used_bytes.saturating_sub(*bytes);
        disk.free_bytes = disk.free_bytes.saturating_add(*bytes);
        going.push((*day, *bytes));
    }
    going
}

#[cfg(test)]
mod tests;
