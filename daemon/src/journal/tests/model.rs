//! Random histories of a journal, compared with a plain list.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

#[derive(Clone, Debug)]
enum Action {
    /// Appends a group of so many records of that size.
    Append {
        count: usize,
        bytes: usize,
    },
    /// Reads and acknowledges.
    Deliver {
        count: usize,
    },
    /// Reads without acknowledging.
    Peek {
        count: usize,
    },
    Reopen,
    /// A kill in the middle of a write: so many bytes of a record that was never acknowledged.
    Tear {
        bytes: usize,
    },
    /// A bad disk: one byte of one segment, while the daemon is down.
    Flip {
        segment: Index,
        byte: Index,
    },
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        6 => (1_usize..5, 8_usize..400).prop_map(|(count, bytes)| Action::Append { count, bytes }),
        3 => (1_usize..12).prop_map(|count| Action::Deliver { count }),
        1 => (1_usize..12).prop_map(|count| Action::Peek { count }),
        1 => Just(Action::Reopen),
        1 => (1_usize..120).prop_map(|bytes| Action::Tear { bytes }),
        1 => any::<(Index, Index)>().prop_map(|(segment, byte)| Action::Flip { segment, byte }),
    ];
    proptest::collection::vec(action, 1..80)
}

/// What should be true of the journal.
struct Model {
    bench: Bench,
    appended: u64,
    delivered: Vec<u64>,
    /// Told as lost by journals that were closed since.
    lost: u64,
    flips: u64,
    /// Whether a start has cut the end after a flip: flipped records there look like a torn write,
    /// which was never acknowledged and is not counted.
    has_cut: bool,
}

impl Model {
    fn run(&mut self, action: &Action) {
        match action {
            Action::Append { count, bytes } => {
                let number = self.appended;
                let group: Vec<String> = (number..number + *count as u64)
                    .map(|n| format!("{n:0width$}", width = *bytes))
                    .collect();
                self.bench.journal().append_all(&group).unwrap();
                self.appended += *count as u64;
            }
            Action::Deliver { count } => {
                self.deliver(*count);
            }
            Action::Peek { count } => {
                self.bench.journal().peek_batch(*count, 1_000).unwrap();
            }
            Action::Reopen => self.reopen(|_| ()),
            Action::Tear { bytes } => {
                let mut torn = Vec::new();
                record::encode(self.appended + 1, &[b'x'; 101], &mut torn);
                self.reopen(|bench| {
                    let path = bench.segments().pop().unwrap();
                    let mut content = fs::read(&path).unwrap();
                    content.extend_from_slice(&torn[..*bytes]);
                    fs::write(&path, content).unwrap();
                });
            }
            Action::Flip { segment, byte } => {
                self.flips += 1;
                self.reopen(|bench| {
                    let path = segment.get(&bench.segments()).clone();
                    let mut content = fs::read(&path).unwrap();
                    // The version is left alone: another version stops the start on purpose.
                    let at = byte.index(content.len());
                    if !(8..12).contains(&at) {
                        content[at] ^= 0x10;
                    }
                    fs::write(&path, content).unwrap();
                });
                self.has_cut |= self.bench.recovery.torn_bytes > 0;
            }
        }
    }

    fn deliver(&mut self, count: usize) -> usize {
        let batch = self.bench.journal().peek_batch(count, 1_000).unwrap();
        self.delivered.extend(
            to_texts(&batch)
                .iter()
                .map(|text| text.parse::<u64>().unwrap()),
        );
        self.bench.journal().acknowledge(batch.end).unwrap();
        batch.records.len()
    }

    fn reopen(&mut self, meanwhile: impl FnOnce(&Bench)) {
        self.lost += self.bench.journal().stats().lost_records;
        self.bench.close();
        meanwhile(&self.bench);
        self.bench.reopen();
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        while self.deliver(7) > 0 {}
        let lost = self.lost + self.bench.journal().stats().lost_records;
        let delivered = self.delivered.len() as u64;
        prop_assert!(
            self.delivered.is_sorted_by(|a, b| a < b),
            "out of order or twice"
        );
        prop_assert!(
            delivered + lost <= self.appended,
            "more lost than there was"
        );
        let uncounted = if self.has_cut { self.flips } else { 0 };
        prop_assert!(
            delivered + lost + uncounted >= self.appended,
            "a loss was not counted"
        );
        prop_assert_eq!(self.bench.journal().stats().records, 0);
        Ok(())
    }
}

fn check(memory: u64, disk: u64, actions: &[Action]) -> Result<Model, TestCaseError> {
    let bench = Bench::new(memory, disk);
    let mut model = Model {
        bench,
        appended: 0,
        delivered: Vec::new(),
        lost: 0,
        flips: 0,
        has_cut: false,
    };
    for action in actions {
        model.run(action);
    }
    model.check()?;
    Ok(model)
}

proptest! {
    #[test]
    fn with_room_enough_nothing_but_a_flipped_record_is_lost(
        actions in actions(),
        memory in prop_oneof![Just(0), Just(2_000), Just(1 << 20)],
    ) {
        let model = check(memory, 1 << 20, &actions)?;
        let missing = model.appended - model.delivered.len() as u64;
        prop_assert!(missing <= model.flips, "{missing} missing after {} flips", model.flips);
    }

    #[test]
    fn whatever_is_not_delivered_by_a_full_journal_is_counted(
        actions in actions(),
        memory in prop_oneof![Just(0), Just(2_000)],
    ) {
        check(memory, 8 * 1024, &actions)?;
    }
}
