//! What a delivery came to: a receipt moves the cursor, a failure has the batch sent again.

use tokio::task::JoinError;
use wire::time::Micros;

use super::connection::SendError;
use super::ledger::Batch;
use super::run::{Delivery, Forwarder};
use super::streams::{self, Stream};
use super::suspicion::Verdict;
use crate::db::DbError;
use crate::db::custody::Why;

// === impl Forwarder ===

impl Forwarder {
    pub(super) fn conclude(&mut self, delivery: Result<Delivery, JoinError>) {
        let Ok(delivery) = delivery else {
            // Only a panic ends a delivery without an outcome, and ends the program in a release build.
            tracing::error!("a delivery panicked");
            return;
        };
        let Delivery {
            stream,
            server,
            batch,
            outcome,
        } = delivery;
        let now = self.clock.monotonic();
        match outcome {
            Ok(next) => {
                self.servers.succeeded(server, next, now);
                self.receipted(stream, &batch);
            }
            Err(error) => {
                self.servers.failed(server, &error, now);
                self.failed(stream, &batch, &error);
            }
        }
    }

    fn receipted(&mut self, stream: Stream, batch: &Batch) {
        self.ledger(stream).receipted(batch);
        let has_suspects = self.live.ledger.has_suspects() || self.replay.ledger.has_suspects();
        self.suspicion.got_through(has_suspects);
        let settings = self.settings();
        let most = settings.batch_messages_max;
        self.bounds.messages_max = self.bounds.messages_max.saturating_mul(2).min(most);
        self.tally.forward_receipts.increment();
        self.tally.forward_messages.add(batch.messages as u64);
        let written = self.write_down().and_then(|()| self.end_outage());
        if let Err(error) = written {
            // The cursor in the file is behind: after a kill, this batch goes again.
            self.tell_trouble(&error);
        }
    }

    fn failed(&mut self, stream: Stream, batch: &Batch, error: &SendError) {
        self.tally.forward_failures.increment();
        if self.logged.send.now(&self.clock) {
            let error = daemon::log::chain(error);
            let (records, messages) = (batch.records(), batch.messages);
            tracing::warn!(error, records, messages, "batch in doubt, it is sent again");
        }
        if error.is_loss() && self.outage_at_us.is_none() {
            let begun = self.begin_outage();
            begun.unwrap_or_else(|error| self.tell_trouble(&error));
        }
        // A slow server, or one record that it can't take: less at a time gets through, or shows which.
        if error.is_of_batch() {
            self.bounds.messages_max = (batch.messages / 2).clamp(1, self.bounds.messages_max);
        }
        let place = self.ledger(stream).single(batch);
        let verdict = match place.filter(|_| error.is_refusal()) {
            Some(place) => self.suspicion.failed(place),
            None => Verdict::Innocent,
        };
        match verdict {
            Verdict::Innocent => self.ledger(stream).returned(batch),
            Verdict::Suspect => self.ledger(stream).suspect(batch),
            Verdict::Guilty => self.give_up(stream, batch, error),
        }
    }

    fn give_up(&mut self, stream: Stream, batch: &Batch, error: &SendError) {
        let Some(item) = self.ledger(stream).give_up(batch) else {
            return;
        };
        let reason = daemon::log::chain(error);
        tracing::error!(
            event_id = %item.event_id, kind = %item.kind, reason,
            "record put aside, the destination does not take it while it takes others"
        );
        let (place, now) = (item.place, self.clock.now());
        let kept = self.custody.put_aside(place, item.event_id, &reason, now);
        if let Err(error) = kept.and_then(|()| self.write_down()) {
            self.tell_trouble(&error);
        }
    }

    /// Writes down what is done with.
    pub(super) fn write_down(&mut self) -> Result<(), DbError> {
        let now = self.clock.now();
        for progress in [self.live.settle(), self.replay.settle()] {
            if !progress.is_empty() {
                self.custody.advance(&progress, now)?;
            }
        }
        Ok(())
    }

    fn begin_outage(&mut self) -> Result<(), DbError> {
        let last = self.custody.totals()?.received_at_us;
        self.outage_at_us = last;
        self.custody.set_outage(last)
    }

    /// What was received right before an outage may have died in the server's memory.
    fn end_outage(&mut self) -> Result<(), DbError> {
        let Some(at_us) = self.outage_at_us else {
            return Ok(());
        };
        let window = daemon::clock::micros(self.settings().replay_window);
        if window > Micros(0) {
            let cursors = self.custody.cursors()?;
            let stretches = streams::since(self.custody.marked(at_us - window)?, &cursors);
            self.custody.add_stretches(Why::Again, &stretches, &[])?;
        }
        self.outage_at_us = None;
        self.custody.set_outage(None)
    }
}
