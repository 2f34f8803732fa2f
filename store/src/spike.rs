//! Finds spikes as data arrives, and keeps them in `meta.db`, where they outlive the raw data.
//!
//! Whenever records were stored, the time that they tell of is looked at again, with two hours before
//! it for a baseline: so late data, replays and outages come out as if everything had arrived in
//! order. `detect` finds rises in one series, `usual` takes out what every day has, `merge` makes spikes of them and keeps their numbers,
//! `suspects` names who explains one; all three are pure. `series` reads, `judge` keeps the evidence, `notify` and
//! `record` tell.

pub(crate) mod detect;
pub(crate) mod judge;
pub(crate) mod merge;
pub(crate) mod notify;
pub(crate) mod record;
pub(crate) mod series;
pub(crate) mod suspects;
mod usual;

use std::sync::Arc;
use std::time::Duration;

use daemon::clock::Clock;
use tokio_util::sync::CancellationToken;
use wire::ids::SpikeId;
use wire::query::Spike;
use wire::time::{Instant, Micros, Range};

use self::merge::Group;
use self::notify::Bell;
use self::series::ProjectSeries;
use crate::db::DbError;
use crate::db::files::Files;
use crate::db::meta::Meta;
use crate::db::reader::Reader;
use crate::db::writer::News;
use crate::limits;
use crate::query::{Ask, overview};

/// How often news are looked at.
const INTERVAL: Duration = Duration::from_secs(2);

/// How often a spike that runs is looked at although nothing arrives: its data may have ended.
const IDLE_INTERVAL: Micros = Micros::from_seconds(20);

/// What is read before the news: the baseline, and a spike that began before it.
const BEFORE: Micros = Micros::from_seconds(2 * 3_600);

/// How far behind the news their effect reaches: they are part of the baseline of what follows.
const BEHIND: Micros = Micros::from_seconds(30 * 60);

/// News that span more than this are looked at only at their end: it bounds one look.
const NEWS_SPAN_MAX: Micros = Micros::from_seconds(86_400);

/// How long evidence that could not be made is let alone.
const PAUSE: Micros = Micros::from_seconds(600);

const NOT_JUDGED: &str = "a spike's evidence is not kept";

/// What the detector needs.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) files: Files,
    pub(crate) meta: Arc<Meta>,
    pub(crate) clock: Clock,
    pub(crate) news: News,
    /// Rung for each new spike.
    pub(crate) bell: Bell,
}

/// Looks at news until told to stop.
pub(crate) async fn run(watch: Watch, stop: CancellationToken) {
    // What arrived while no detector ran.
    let mut news = Some(Range {
        from_at_us: watch.clock.now() - BEFORE,
        to_at_us: watch.clock.now(),
    });
    let mut looked = Instant::default();
    let mut judge_from_at = Instant::default();
    loop {
        let now = watch.clock.now();
        if news.is_none() && now - looked >= IDLE_INTERVAL {
            let running = watch.oldest_running(now);
            news = running.map(|begin| Range {
                from_at_us: begin,
                to_at_us: now,
            });
        }
        if let Some(range) = news.take() {
            looked = now;
            watch
                .work("spikes not looked for", move |it| it.look(range))
                .await;
        }
        if now >= judge_from_at && !watch.work(NOT_JUDGED, Watch::judge_next).await {
            judge_from_at = now + PAUSE;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        news = watch.news.take();
    }
}

// === impl Watch ===

impl Watch {
    /// Works on a thread that may block, and says whether it went well.
    async fn work(
        &self,
        failed: &'static str,
        work: impl FnOnce(&Self) -> Result<(), DbError> + Send + 'static,
    ) -> bool {
        let worker = self.clone();
        match tokio::task::spawn_blocking(move || work(&worker)).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = %daemon::log::chain(&error), "{failed}");
                false
            }
            Err(error) => {
                tracing::error!(%error, "the spike detector panicked");
                false
            }
        }
    }

    /// When the oldest spike began that is not over.
    fn oldest_running(&self, now: Instant) -> Option<Instant> {
        let recent = Range {
            from_at_us: now - NEWS_SPAN_MAX,
            to_at_us: now,
        };
        let spikes = self
            .meta
            .spikes(recent, limits::SPIKES_MAX)
            .unwrap_or_default();
        let running = spikes.iter().filter(|spike| spike.end_at_us.is_none());
        running.map(|spike| spike.begin_at_us).min()
    }

    /// Looks for spikes in what the news touch, and writes what has changed.
    fn look(&self, news: Range) -> Result<(), DbError> {
        let now = self.clock.now();
        let ask = self.ask();
        // A spike that runs is looked at from its begin on, or its end would not be found.
        let running = self.oldest_running(now).unwrap_or(news.from_at_us);
        let from_at_us = news
            .from_at_us
            .min(running)
            .max(news.to_at_us - NEWS_SPAN_MAX);
        // Nothing is known of the future, whatever a record's clock says.
        let to_at_us = (news.to_at_us + BEHIND).min(now);
        if to_at_us <= from_at_us {
            return Ok(());
        }
        let settled = Range {
            from_at_us,
            to_at_us,
        };
        let window = series::whole_cells(Range {
            from_at_us: from_at_us - BEFORE,
            to_at_us,
        });
        // First, so that a look that fails leaves no evidence that is trusted in vain.
        self.doubt(news)?;
        let mut found = Vec::new();
        for project in overview::ask(&ask)?.projects {
            let series = series::read(&ask, &project, window)?;
            let rises = usual::unusual(&ask, &series, series.rises())?;
            let groups = merge::groups(rises);
            found.extend(groups.iter().map(|group| spike_of(group, &series)));
        }
        let stored = self.meta.spikes(window, limits::SPIKES_MAX)?;
        let mut changes = merge::reconcile(found, &stored, settled);
        self.forget_beyond_data(&ask, &mut changes.gone)?;
        if changes == merge::Changes::default() {
            return Ok(());
        }
        for spike in &changes.new {
            tracing::info!(reason = spike.reason, "spike");
        }
        let new = self
            .meta
            .save_spikes(&changes.new, &changes.changed, &changes.gone)?;
        for id in new {
            self.bell.ring(id);
        }
        Ok(())
    }

    fn ask(&self) -> Ask {
        Ask {
            reader: Reader::new(self.files.clone(), self.clock.clone()),
            meta: Arc::clone(&self.meta),
            now: self.clock.now(),
        }
    }
}

fn spike_of(group: &Group, series: &ProjectSeries) -> Spike {
    let lead = group.lead();
    let (begin_at_us, end_at_us) = group.range();
    let waiting = series.waiting_at(lead.peak_at_us);
    Spike {
        // The database gives the number.
        id: SpikeId(0),
        project: Some(lead.project.clone()),
        host: lead.host.clone(),
        measure: lead.measure,
        begin_at_us,
        peak_at_us: lead.peak_at_us,
        end_at_us,
        peak: lead.peak,
        baseline: lead.baseline,
        wait_class: waiting.map(|(class, _)| class.to_owned()),
        reason: group.reason(waiting),
    }
}
