//! The database server's machine: load, CPU, memory, pressure, on an interval of its own.
//!
//! It goes on while the database is away: then the machine is what is left to look at.

use daemon::host::Host;
use daemon::log::chain;
use daemon::settings::HostMetrics as Settings;
use tokio::time::{MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use wire::host::{HostMetrics, Role};

use crate::outlet::Outlet;

/// Sends the machine's metrics until it is time to stop.
pub async fn run(settings: Settings, mut outlet: Outlet, stop: CancellationToken) {
    if !settings.is_on {
        return;
    }
    let clock = outlet.producer().clock().clone();
    let mut host = match Host::open(Role::Db, clock.clone()) {
        Ok(host) => host,
        Err(error) => {
            tracing::error!(error = chain(&error), "host metrics are off");
            outlet.counters().set_last_error(&chain(&error));
            return;
        }
    };
    // The first metrics need an interval to be about.
    let first = tokio::time::Instant::now() + settings.interval;
    let mut ticks = interval_at(first, settings.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let at = clock.now();
        match host.metrics() {
            Ok(metrics) => outlet.put(HostMetrics::KIND, at, &metrics).await,
            Err(error) => outlet.counters().set_last_error(&chain(&error)),
        }
    }
}
