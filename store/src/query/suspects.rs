//! Stub, being written.
use super::{Answer, Ask};
use wire::ids::{Project, SpikeId};
use wire::query::Suspects;
use wire::time::Range;
pub(crate) fn of_range(_: &Ask, range: Range, _: Option<Project>) -> Answer<Suspects> {
    Ok(Suspects {
        range,
        baseline: range,
        added_load: 0.0,
        suspects: vec![],
        unexplained_share: 1.0,
    })
}
pub(crate) fn of_spike(_: &Ask, _: SpikeId) -> Answer<Option<Suspects>> {
    Ok(None)
}
