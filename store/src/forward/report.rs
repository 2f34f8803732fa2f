//! What the forwarder hears from people, and what it says of itself.

use wire::query::Forwarding;
use wire::time::{Instant, Micros};

use super::pace::LATE;
use super::run::{Forwarder, TELL_INTERVAL};
use super::streams;
use crate::calendar::{DAY_US, Day};
use crate::db::DbError;
use crate::db::custody::{Command, Place, Why};

// === impl Forwarder ===

impl Forwarder {
    /// Does what people asked for, once nothing is under way that it would change.
    pub(super) fn obey(&mut self) -> Result<(), DbError> {
        let is_early = |at| self.clock.monotonic() - at < TELL_INTERVAL;
        if !self.is_holding && self.told_at.is_some_and(is_early) {
            return Ok(());
        }
        for (id, command) in self.custody.commands()? {
            match command {
                // Nothing more is sent until what is under way has come back.
                Command::Skip if !self.deliveries.is_empty() => {
                    self.is_holding = true;
                    return Ok(());
                }
                Command::Skip => {
                    self.is_holding = false;
                    self.custody.skip_stretches()?;
                    self.replay.forget();
                    let all = (Why::Skipped, Instant(i64::MAX));
                    self.live.leave(&self.custody, &self.source, all)?;
                    tracing::warn!("records that waited to be forwarded are skipped, as asked");
                }
                Command::Replay { from, to } => {
                    let cursors = self.custody.cursors()?;
                    let stretches = streams::between(&self.source, (from, to), &cursors)?;
                    self.custody.add_stretches(Why::Asked, &stretches, &[])?;
                    tracing::info!(
                        from = from.0,
                        to = to.0,
                        "records are forwarded again, as asked"
                    );
                }
            }
            self.custody.obeyed(id)?;
        }
        Ok(())
    }

    pub(super) fn tell(&mut self, is_last: bool) {
        let now = self.clock.monotonic();
        if !is_last && self.told_at.is_some_and(|at| now - at < TELL_INTERVAL) {
            return;
        }
        self.told_at = Some(now);
        self.source.rest();
        let told = self.forwarding().and_then(|forwarding| {
            if self.told_state != forwarding.state {
                self.custody.set_state(&forwarding.state)?;
                self.told_state.clone_from(&forwarding.state);
            }
            self.mark()?;
            Ok(forwarding)
        });
        match told {
            Ok(forwarding) => {
                if let Some(warning) = &forwarding.warning
                    && self.logged.expiry.now(&self.clock)
                {
                    tracing::error!(warning, "records wait to be forwarded");
                }
                self.status.set(forwarding);
            }
            Err(error) => self.tell_trouble(&error),
        }
    }

    /// Remembers where the cursor is, so that an outage finds where its window begins.
    fn mark(&mut self) -> Result<(), DbError> {
        let newest = self.custody.cursors()?.into_iter().next_back();
        let place = newest.map(|(day, record_id)| Place { day, record_id });
        // A cursor that stands still is where its last mark says.
        let Some(place) =
            place.filter(|it| self.marked != Some(*it) && self.outage_at_us.is_none())
        else {
            return Ok(());
        };
        let window = daemon::clock::micros(self.settings().replay_window);
        self.custody.mark(place, self.clock.now(), window)?;
        self.marked = Some(place);
        Ok(())
    }

    fn forwarding(&self) -> Result<Forwarding, DbError> {
        let totals = self.custody.totals()?;
        let now = self.clock.now();
        let backlog = self.backlog_since()?;
        let oldest = [self.live.ledger.oldest_at_us(), backlog];
        let oldest = oldest.into_iter().flatten().min();
        let lag_us = oldest.map_or(Micros(0), |oldest| now - oldest);
        let expires_at_us = oldest.map(|oldest| self.expires(oldest));
        Ok(Forwarding {
            destination: self.settings().destination.clone(),
            servers: self.servers.told(),
            state: self.state(lag_us),
            lag_us,
            records_waiting: self.live.waiting(&self.custody, &self.source)?,
            records: totals.records,
            messages: totals.messages,
            records_filtered: totals.filtered,
            records_put_aside: totals.put_aside,
            records_lost: totals.lost,
            received_at_us: totals.received_at_us,
            expires_at_us,
            warning: expires_at_us.and_then(|it| self.warning(it, now)),
        })
    }

    /// When the first record of the backlog was received.
    fn backlog_since(&self) -> Result<Option<Instant>, DbError> {
        let stretches = self.custody.stretches()?;
        let Some(first) = stretches.iter().find(|it| it.why == Why::Backlog) else {
            return Ok(None);
        };
        match self.source.reader().day(first.day)? {
            Some(reader) => reader.received_after(first.after_id),
            None => Ok(None),
        }
    }

    /// When retention removes the day of a record.
    fn expires(&self, received: Instant) -> Instant {
        let day = Day::of(received);
        day.plus(1).start() + daemon::clock::micros(self.retention)
    }

    fn warning(&self, expires_at_us: Instant, now: Instant) -> Option<String> {
        let left = expires_at_us - now;
        // A quarter of the time that they are kept, a day of it at the least.
        let kept = daemon::clock::micros(self.retention)
            .0
            .saturating_add(DAY_US);
        let early = (kept / 4).max(DAY_US.min(kept / 2));
        (left.0 < early).then(|| {
            let left = wire::figure::duration(Micros(left.0.max(0)));
            format!("the oldest that waits is removed in {left}, unforwarded")
        })
    }

    fn state(&self, lag: Micros) -> String {
        let error = self.servers.last_error();
        match error {
            Some(error) if self.servers.is_down() => format!("not delivering: {error}"),
            Some(error) if self.servers.is_any_open() => {
                format!("delivering to another server: {error}")
            }
            Some(error) => format!("in trouble: {error}"),
            None if lag > LATE => "catching up".to_owned(),
            None if !self.replay.is_idle() => "in step, and sending again".to_owned(),
            None if !self.live.has_read_all() => "catching up".to_owned(),
            None => "in step".to_owned(),
        }
    }
}
