//! Removes the days that are past the retention time: an unlink each, which works on a full disk.

use std::time::Duration;

use daemon::clock::Clock;
use tokio_util::sync::CancellationToken;
use wire::time::Micros;

use crate::calendar::Day;
use crate::db::DbError;
use crate::db::files::Files;
use crate::settings::Store;

/// How often days are looked at. A day goes at most this late.
const INTERVAL: Duration = Duration::from_secs(3_600);

/// The retention time in microseconds.
pub(crate) fn kept_us(settings: &Store) -> i64 {
    i64::try_from(settings.retention.as_micros()).unwrap_or(i64::MAX)
}

/// Removes what is too old: days that ended before the retention time began.
pub(crate) fn sweep(files: &Files, settings: &Store, clock: &Clock) -> Result<(), DbError> {
    let oldest = Day::of(clock.now() - Micros(kept_us(settings)));
    for day in files.days()?.into_iter().filter(|day| *day < oldest) {
        files.remove(day)?;
        tracing::info!(%day, "day removed, it is past the retention time");
    }
    Ok(())
}

/// Sweeps now and every hour until told to stop.
pub(crate) async fn run(files: Files, settings: Store, clock: Clock, stop: CancellationToken) {
    loop {
        let (files, settings, clock) = (files.clone(), settings.clone(), clock.clone());
        let swept = tokio::task::spawn_blocking(move || sweep(&files, &settings, &clock)).await;
        if let Ok(Err(error)) = swept {
            tracing::error!(error = %daemon::log::chain(&error), "old days can't be removed");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
