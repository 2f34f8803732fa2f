//! How far the hosts' clocks are from ours, and what to do about it. Pure.
//!
//! Each batch says when it was sent, by the sender's clock. What lies between that and its receipt is
//! the sender's lag behind us plus the time on the way, which is never negative: so of many batches the
//! smallest difference is the nearest to the truth, and it errs by the fastest way there was, which in
//! one data centre is below a millisecond.
//!
//! Times are kept as they came. A correction is applied where times of two hosts are compared, and only
//! when it is beyond what the way could explain.

use wire::time::Micros;

/// Below this, a difference may be nothing but the way: a batch of 32 MiB over a slow line.
const NOTABLE: Micros = Micros::from_millis(500);

/// What has to be added to a host's times to make them ours.
pub(crate) fn correction(behind: Micros) -> Micros {
    if behind.0.abs() < NOTABLE.0 {
        Micros(0)
    } else {
        behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_way_can_not_explain_is_corrected() {
        for (behind_ms, corrected_ms) in
            [(0, 0), (120, 0), (-120, 0), (90_000, 90_000), (-700, -700)]
        {
            let correction = correction(Micros::from_millis(behind_ms));
            assert_eq!(correction, Micros::from_millis(corrected_ms), "{behind_ms}");
        }
    }
}
