//! What was read and is not yet done with: hands out batches, and knows how far everything is done.
//!
//! Two batches that are under way never hold the same kind, so each kind keeps its order however many
//! there are. Receipts come in any order; the cursor stands before the first record that is not done
//! with. Sans-I/O.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use uuid::Uuid;
use wire::time::Instant;

use crate::db::custody::Place;

/// Messages of records that were read together.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) frames: Arc<Vec<u8>>,
    pub(crate) items: Vec<Item>,
}

/// A record that is read.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) place: Place,
    pub(crate) event_id: Uuid,
    pub(crate) kind: Arc<str>,
    pub(crate) received_at_us: Instant,
    /// Its messages, where they are in the load's frames; none for one that is not wanted.
    pub(crate) frames: Range<usize>,
    pub(crate) messages: u32,
}

/// Messages that are sent together.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// The numbers of its records, ascending.
    numbers: Vec<u64>,
    pub(crate) slices: Vec<Slice>,
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    pub(crate) oldest_at_us: Instant,
}

/// Frames that lie side by side.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    frames: Arc<Vec<u8>>,
    range: Range<usize>,
}

/// How large a batch may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) messages_max: usize,
    pub(crate) bytes_max: usize,
}

/// How far records are done with since it was asked last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// The last of each day.
    pub(crate) places: Vec<Place>,
    pub(crate) records: u64,
    pub(crate) messages: u64,
    pub(crate) filtered: u64,
}

/// The records, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    kinds_under_way: Vec<Arc<str>>,
    /// Bytes of frames that are not done with.
    bytes: usize,
    under_way: usize,
}

#[derive(Debug)]
struct Entry {
    item: Item,
    frames: Arc<Vec<u8>>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    UnderWay,
    Done,
    /// It may be what the other side can't take: it goes alone, and others before it.
    Suspect,
    /// It is what the other side can't take.
    GivenUp,
}

// === impl Slice ===

impl Slice {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.frames[self.range.clone()]
    }
}

// === impl Batch ===

impl Batch {
    pub(crate) fn records(&self) -> usize {
        self.numbers.len()
    }
}

// === impl Ledger ===

impl Ledger {
    /// Adds what was read behind everything else; `is_done` knows what an earlier process got done.
    pub(crate) fn push(&mut self, load: Load, is_done: impl Fn(&Item) -> bool) {
        for item in load.items {
            let is_wanted = item.messages > 0 && !is_done(&item);
            self.bytes += item.frames.len();
            self.entries.push_back(Entry {
                frames: Arc::clone(&load.frames),
                state: if is_wanted {
                    State::Waiting
                } else {
                    State::Done
                },
                item,
            });
        }
    }

    /// The next batch: the first records of kinds that are not under way. One record at least, however
    /// large it is. With much to send, a batch holds one kind, so that several can be under way.
    pub(crate) fn take(&mut self, bounds: Bounds) -> Option<Batch> {
        let batch = self.gather(bounds, None)?;
        let is_full = batch.messages >= bounds.messages_max || batch.bytes >= bounds.bytes_max;
        let batch = if is_full {
            let kind = self.kind_of(*batch.numbers.first()?);
            self.gather(bounds, Some(&kind)).unwrap_or(batch)
        } else {
            batch
        };
        self.mark(&batch, State::UnderWay);
        let mut kinds: Vec<Arc<str>> = batch.numbers.iter().map(|it| self.kind_of(*it)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        self.kinds_under_way.append(&mut kinds);
        self.under_way += 1;
        Some(batch)
    }

    /// A record that is suspected. It goes alone, so that nothing else can be at fault.
    pub(crate) fn take_suspect(&mut self) -> Option<Batch> {
        if self.under_way > 0 {
            return None;
        }
        let at = self
            .entries
            .iter()
            .position(|it| it.state == State::Suspect)?;
        let mut batch = Batch::empty();
        batch.add(self.first + at as u64, &self.entries[at]);
        self.mark(&batch, State::UnderWay);
        self.kinds_under_way.push(self.kind_of(batch.numbers[0]));
        self.under_way += 1;
        Some(batch)
    }

    fn gather(&self, bounds: Bounds, only: Option<&Arc<str>>) -> Option<Batch> {
        let mut batch = Batch::empty();
        let numbered = (self.first..).zip(&self.entries);
        for (number, entry) in numbered.filter(|(_, it)| it.state == State::Waiting) {
            let kind = &entry.item.kind;
            let is_wanted = only.is_none_or(|only| only == kind);
            if !is_wanted || self.kinds_under_way.contains(kind) {
                continue;
            }
            let is_over = batch.messages + entry.item.messages as usize > bounds.messages_max
                || batch.bytes + entry.item.frames.len() > bounds.bytes_max;
            if is_over && !batch.numbers.is_empty() {
                break;
            }
            batch.add(number, entry);
            if batch.messages >= bounds.messages_max {
                break;
            }
        }
        (!batch.numbers.is_empty()).then_some(batch)
    }

    /// The other side has read a batch to its end.
    pub(crate) fn receipted(&mut self, batch: &Batch) {
        self.mark(batch, State::Done);
        self.release(batch);
    }

    /// A batch is in doubt: it will be sent again.
    pub(crate) fn returned(&mut self, batch: &Batch) {
        self.mark(batch, State::Waiting);
        self.release(batch);
    }

    /// A batch of one record failed again and again: others go before it.
    pub(crate) fn suspect(&mut self, batch: &Batch) {
        self.mark(batch, State::Suspect);
        self.release(batch);
    }

    /// The record of a batch is given up: others get through, it does not.
    pub(crate) fn give_up(&mut self, batch: &Batch) -> Option<Item> {
        self.mark(batch, State::GivenUp);
        self.release(batch);
        let number = batch.numbers.first()?;
        Some(self.entries[self.index(*number)].item.clone())
    }

    /// The record of a batch that has one.
    pub(crate) fn single(&self, batch: &Batch) -> Option<Place> {
        match batch.numbers.as_slice() {
            [number] => Some(self.entries[self.index(*number)].item.place),
            _ => None,
        }
    }

    /// What is done with from the first record on; it is forgotten here.
    pub(crate) fn settle(&mut self) -> Done {
        let mut done = Done::default();
        let is_done = |it: &Entry| matches!(it.state, State::Done | State::GivenUp);
        while self.entries.front().is_some_and(is_done) {
            let Some(Entry { item, state, .. }) = self.entries.pop_front() else {
                break;
            };
            self.first += 1;
            self.bytes -= item.frames.len();
            if state == State::Done {
                done.records += u64::from(item.messages > 0);
                done.filtered += u64::from(item.messages == 0);
                done.messages += u64::from(item.messages);
            }
            match done.places.last_mut().filter(|it| it.day == item.place.day) {
                Some(place) => *place = item.place,
                None => done.places.push(item.place),
            }
        }
        done
    }

    /// Kinds of which records behind the first one left are done with, and the last of each before which
    /// none of its kind is left.
    pub(crate) fn ahead(&self) -> Vec<(Arc<str>, Place)> {
        let mut ahead: Vec<(Arc<str>, Place)> = Vec::new();
        let mut closed: Vec<&Arc<str>> = Vec::new();
        for Entry { item, state, .. } in &self.entries {
            if item.messages == 0 || closed.contains(&&item.kind) {
                continue;
            }
            if !matches!(state, State::Done | State::GivenUp) {
                closed.push(&item.kind);
                continue;
            }
            match ahead.iter_mut().find(|it| it.0 == item.kind) {
                Some((_, place)) => *place = item.place,
                None => ahead.push((Arc::clone(&item.kind), item.place)),
            }
        }
        ahead
    }

    /// Forgets all that is not under way; nothing may be.
    pub(crate) fn clear(&mut self) {
        debug_assert_eq!(
            self.under_way, 0,
            "what is under way would come back to nowhere"
        );
        *self = Self {
            first: self.first + self.entries.len() as u64,
            ..Self::default()
        };
    }

    /// When the first record that is not done with was received.
    pub(crate) fn oldest_at_us(&self) -> Option<Instant> {
        let mut left = self.entries.iter().filter(|it| it.state != State::Done);
        left.next().map(|it| it.item.received_at_us)
    }

    /// Messages that wait to be sent.
    pub(crate) fn waiting(&self) -> usize {
        let waiting = self.entries.iter().filter(|it| it.state == State::Waiting);
        waiting.map(|it| it.item.messages as usize).sum()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn has_suspects(&self) -> bool {
        self.entries.iter().any(|it| it.state == State::Suspect)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way > 0
    }

    fn mark(&mut self, batch: &Batch, state: State) {
        for number in &batch.numbers {
            self.entry_mut(*number).state = state;
        }
    }

    fn release(&mut self, batch: &Batch) {
        let kinds: Vec<Arc<str>> = batch.numbers.iter().map(|it| self.kind_of(*it)).collect();
        self.kinds_under_way.retain(|kind| !kinds.contains(kind));
        self.under_way -= 1;
    }

    fn kind_of(&self, number: u64) -> Arc<str> {
        Arc::clone(&self.entries[self.index(number)].item.kind)
    }

    fn entry_mut(&mut self, number: u64) -> &mut Entry {
        let index = self.index(number);
        &mut self.entries[index]
    }

    fn index(&self, number: u64) -> usize {
        // Entries under way are not done with, so none is forgotten.
        usize::try_from(number - self.first).expect("a ledger is short")
    }
}

impl Batch {
    fn empty() -> Self {
        Self {
            numbers: Vec::new(),
            slices: Vec::new(),
            messages: 0,
            bytes: 0,
            oldest_at_us: Instant(i64::MAX),
        }
    }

    fn add(&mut self, number: u64, entry: &Entry) {
        let range = entry.item.frames.clone();
        self.numbers.push(number);
        self.messages += entry.item.messages as usize;
        self.bytes += range.len();
        self.oldest_at_us = self.oldest_at_us.min(entry.item.received_at_us);
        let neighbour = self
            .slices
            .last_mut()
            .filter(|it| Arc::ptr_eq(&it.frames, &entry.frames) && it.range.end == range.start);
        match neighbour {
            Some(slice) => slice.range.end = range.end,
            None => self.slices.push(Slice {
                frames: Arc::clone(&entry.frames),
                range,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
