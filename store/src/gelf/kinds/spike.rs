//! A spike that the store has found.

use std::fmt::Write as _;

use wire::spike::SpikeFound;

use super::line;
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, found: &SpikeFound) {
    let spike = &found.spike;
    let first = found.suspects.first();
    let mut short = format!("Spike {}: {}", spike.id.0, line(&spike.reason));
    if let Some(first) = first {
        let share = first.share * 100.0;
        let kind = first.kind.words();
        let _ = write!(short, "; {share:.0} % {} ({kind})", line(&first.label));
    }
    messages.record(Level::Critical, &short, &found.text, |out| {
        out.int(field::SPIKE, spike.id.0);
        out.text(field::MEASURE, spike.measure.name());
        out.float(field::PEAK, spike.peak);
        out.float(field::USUAL, spike.baseline);
        out.text(field::WAIT_CLASS, spike.wait_class.as_deref());
        out.text(field::REASON, spike.reason.as_str());
        out.text(field::SUSPECT, first.map(|it| it.label.as_str()));
        out.text(field::SUSPECT_KIND, first.map(|it| it.kind.words()));
        out.float(field::SHARE, first.map(|it| it.share));
        super::correlation_id(out, first.and_then(|it| it.correlation_id));
    });
}
