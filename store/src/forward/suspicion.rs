//! Which record is at fault when a server drops the connection again and again: sans-I/O.
//!
//! One record that a server can't take must not hold up all others, and a server that drops everything must
//! not have records given up for it. So a record that fails alone three times in a row only becomes suspect:
//! others go before it. When one of them gets through, the suspect is tried again, alone; if it fails right
//! then, twice, with others in between that get through, the record is at fault.

use crate::db::custody::Place;

/// Failures of a record alone before others go first.
const STRIKES_MAX: u32 = 3;

/// Failures right after others got through.
const CONVICTIONS_MAX: u32 = 2;

/// What is held against a record.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    record: Option<Record>,
    /// Others got through, so the suspect's own try tells something.
    is_trial_due: bool,
}

#[derive(Debug)]
struct Record {
    place: Place,
    strikes: u32,
    convictions: u32,
}

/// What becomes of a record that failed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Innocent,
    Suspect,
    Guilty,
}

// === impl Suspicion ===

impl Suspicion {
    /// A record failed that was sent alone.
    pub(super) fn failed(&mut self, place: Place) -> Verdict {
        let is_trial = std::mem::take(&mut self.is_trial_due);
        let record = match &mut self.record {
            Some(record) if record.place == place => record,
            // While one is suspected, another's failure tells of the server.
            Some(record) if record.strikes >= STRIKES_MAX => return Verdict::Innocent,
            other => other.insert(Record {
                place,
                strikes: 0,
                convictions: 0,
            }),
        };
        record.strikes += 1;
        record.convictions += u32::from(is_trial);
        if record.convictions >= CONVICTIONS_MAX {
            self.record = None;
            return Verdict::Guilty;
        }
        if record.strikes >= STRIKES_MAX {
            Verdict::Suspect
        } else {
            Verdict::Innocent
        }
    }

    /// A batch got through; `has_suspects` says that it was another's.
    pub(super) fn got_through(&mut self, has_suspects: bool) {
        self.is_trial_due = has_suspects;
        if !has_suspects {
            self.record = None;
        }
    }

    pub(super) fn is_trial_due(&self) -> bool {
        self.is_trial_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Day;

    fn place(record_id: i64) -> Place {
        Place {
            day: Day::parse("2026-03-01").unwrap(),
            record_id,
        }
    }

    #[test]
    fn a_record_that_fails_while_others_get_through_is_guilty() {
        let mut suspicion = Suspicion::default();
        assert_eq!(suspicion.failed(place(1)), Verdict::Innocent);
        assert_eq!(suspicion.failed(place(1)), Verdict::Innocent);
        assert_eq!(suspicion.failed(place(1)), Verdict::Suspect);
        suspicion.got_through(true);
        assert_eq!(suspicion.failed(place(1)), Verdict::Suspect);
        suspicion.got_through(true);
        assert_eq!(suspicion.failed(place(1)), Verdict::Guilty);
    }

    #[test]
    fn a_server_that_drops_everything_gives_nobody_up() {
        let mut suspicion = Suspicion::default();
        for round in 0..100 {
            let verdict = suspicion.failed(place(round % 4));
            assert_ne!(verdict, Verdict::Guilty);
        }
        for _ in 0..100 {
            assert_ne!(suspicion.failed(place(1)), Verdict::Guilty);
        }
    }

    #[test]
    fn a_suspect_that_gets_through_is_forgotten() {
        let mut suspicion = Suspicion::default();
        for _ in 0..3 {
            suspicion.failed(place(1));
        }
        suspicion.got_through(false);
        assert!(!suspicion.is_trial_due());
        assert_eq!(suspicion.failed(place(1)), Verdict::Innocent);
    }
}
