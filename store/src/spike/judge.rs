//! Keeps who explains a spike once it is over, so that its evidence outlives the raw data and is told at once.

use wire::ids::SpikeId;
use wire::query::{BaselineKind, Spike, SpikeEvidence, Suspects};
use wire::time::{Micros, Range};

use super::Watch;
use crate::db::DbError;
use crate::db::meta::evidence::Kept;
use crate::query::{Ask, overview, suspects, timeline};

/// Data that comes late comes in many parts: they are waited for.
const CALM: Micros = Micros::from_seconds(10);

/// Requests are known by their begin, and reach into what is behind it.
const REACH: Micros = Micros::from_seconds(600);

/// What is shown of the time around a spike: so much of its length to either side, and no less.
const AROUND_SPANS: i64 = 1;
const AROUND_MIN: Micros = Micros::from_seconds(300);

/// Values of each series: a screen's width.
const BUCKETS: usize = 120;

// === impl Watch ===

impl Watch {
    /// Doubts what is kept of spikes that the news may change.
    pub(super) fn doubt(&self, news: Range) -> Result<(), DbError> {
        self.meta.doubt_evidence(news, REACH, self.clock.now())
    }

    /// Leaves out those of which evidence is all that is left: that nothing is found tells nothing.
    pub(super) fn forget_beyond_data(
        &self,
        ask: &Ask,
        gone: &mut Vec<SpikeId>,
    ) -> Result<(), DbError> {
        let mut left = Vec::new();
        for id in gone.drain(..) {
            let kept = self.meta.evidence(id)?;
            let is_beyond = match kept {
                Some(kept) => is_gone(ask, &kept)?,
                None => false,
            };
            if !is_beyond {
                left.push(id);
            }
        }
        *gone = left;
        Ok(())
    }

    /// Keeps the evidence of one spike, if one is due. One at a time: detection comes first.
    pub(super) fn judge_next(&self) -> Result<(), DbError> {
        let ask = self.ask();
        let Some(data) = overview::data_range(&ask)? else {
            return Ok(());
        };
        let due = self.meta.evidence_due(data.from_at_us, ask.now - CALM)?;
        let Some(spike) = due else {
            return Ok(());
        };
        let id = spike.id;
        if let Some(kept) = self.meta.evidence(id)?
            && is_gone(&ask, &kept)?
        {
            return self.meta.trust_evidence(id);
        }
        let evidence = evidence_of(&ask, spike)?;
        if !self.meta.keep_evidence(&evidence)? {
            tracing::warn!(spike = %id, "its evidence is too large to be kept");
        }
        Ok(())
    }
}

/// Whether what evidence was made of is no longer there: then it stands, whatever comes late.
pub(crate) fn is_gone(ask: &Ask, kept: &Kept) -> Result<bool, DbError> {
    let spike = &kept.evidence.spike;
    let told = Range {
        from_at_us: kept.from_at_us,
        to_at_us: spike.end_at_us.unwrap_or(spike.peak_at_us),
    };
    // A late record of a day that was removed does not bring back the rest.
    Ok(!suspects::is_watched(ask, told, spike.project.as_ref())?)
}

/// What the records tell of a spike now: against every baseline that there is.
pub(crate) fn evidence_of(ask: &Ask, spike: Spike) -> Result<SpikeEvidence, DbError> {
    let range = suspects::range_of(ask, &spike);
    let project = spike.project.as_ref();
    let first = suspects::of_range(ask, range, project, BaselineKind::default())?;
    let others = first.baselines.clone().into_iter();
    let mut all: Vec<Suspects> = vec![first];
    for kind in others.filter(|kind| *kind != BaselineKind::default()) {
        all.push(suspects::of_range(ask, range, project, kind)?);
    }
    let around = Micros(range.span().0.saturating_mul(AROUND_SPANS)).max(AROUND_MIN);
    let question = timeline::Question {
        range: Range {
            from_at_us: range.from_at_us - around,
            to_at_us: (range.to_at_us + around).min(ask.now.max(range.to_at_us)),
        },
        buckets: BUCKETS,
        project: spike.project.clone(),
        host: None,
    };
    Ok(SpikeEvidence {
        judged_at_us: ask.now,
        suspects: all,
        timeline: timeline::ask(ask, &question)?,
        spike,
    })
}
