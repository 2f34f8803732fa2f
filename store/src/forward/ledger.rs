//! What was read and is not yet done with: hands out batches, and knows how far everything is done.
//!
//! Two batches that are under way never hold the same kind, so each kind keeps its order however many
//! there are. Receipts come in any order; the cursor stands before the first record that is not done
//! with. Sans-I/O.

mod batch;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use uuid::Uuid;
use wire::time::Instant;

pub(crate) use self::batch::{Batch, Bounds};
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
    /// All that there were since it was empty: some ten.
    kinds: Vec<Kind>,
    /// Bytes of frames that are not done with.
    bytes: usize,
    under_way: usize,
    suspects: usize,
    /// Entries with messages that are done with, or given up, behind one that is not.
    done: usize,
}

#[derive(Debug)]
struct Kind {
    name: Arc<str>,
    is_under_way: bool,
    waiting: Waiting,
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Waiting {
    records: usize,
    messages: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    item: Item,
    frames: Arc<Vec<u8>>,
    state: State,
    /// Its place among the ledger's.
    kind: usize,
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

// === impl Ledger ===

impl Ledger {
    /// Adds what was read behind everything else; `is_done` knows what an earlier process got done.
    pub(crate) fn push(&mut self, load: Load, is_done: impl Fn(&Item) -> bool) {
        for item in load.items {
            let is_wanted = item.messages > 0 && !is_done(&item);
            self.bytes += item.frames.len();
            let kind = self.place_of(&item.kind);
            self.entries.push_back(Entry {
                frames: Arc::clone(&load.frames),
                state: State::Done,
                kind,
                item,
            });
            let index = self.entries.len() - 1;
            self.done += usize::from(self.entries[index].is_done_ahead());
            if is_wanted {
                self.set_state(index, State::Waiting);
            }
        }
    }

    fn place_of(&mut self, kind: &Arc<str>) -> usize {
        let place = self.kinds.iter().position(|it| it.name == *kind);
        place.unwrap_or_else(|| {
            self.kinds.push(Kind {
                name: Arc::clone(kind),
                is_under_way: false,
                waiting: Waiting::default(),
            });
            self.kinds.len() - 1
        })
    }

    /// The next batch: the first records of kinds that are not under way. One record at least, however
    /// large it is. With much to send, a batch holds one kind, so that several can be under way.
    pub(crate) fn take(&mut self, bounds: Bounds) -> Option<Batch> {
        let batch = self.gather(bounds, None)?;
        let is_full = batch.messages >= bounds.messages_max || batch.bytes >= bounds.bytes_max;
        let batch = match batch.kinds.as_slice() {
            [first, _, ..] if is_full => self.gather(bounds, Some(*first)).unwrap_or(batch),
            _ => batch,
        };
        self.begin(&batch);
        Some(batch)
    }

    /// A record that is suspected. It goes alone, so that nothing else can be at fault.
    pub(crate) fn take_suspect(&mut self) -> Option<Batch> {
        if self.under_way > 0 || self.suspects == 0 {
            return None;
        }
        let at = self
            .entries
            .iter()
            .position(|it| it.state == State::Suspect)?;
        let mut batch = Batch::empty();
        batch.add(self.first + at as u64, &self.entries[at]);
        self.begin(&batch);
        Some(batch)
    }

    fn begin(&mut self, batch: &Batch) {
        self.mark(batch, State::UnderWay);
        for kind in &batch.kinds {
            self.kinds[*kind].is_under_way = true;
        }
        self.under_way += 1;
    }

    fn gather(&self, bounds: Bounds, only: Option<usize>) -> Option<Batch> {
        // Mostly there is one kind of which much waits, and a look at each record to find it under way.
        let is_there = |it: &Kind| !it.is_under_way && it.waiting.records > 0;
        if !self.kinds.iter().any(is_there) {
            return None;
        }
        let mut batch = Batch::empty();
        let numbered = (self.first..).zip(&self.entries);
        for (number, entry) in numbered.filter(|(_, it)| it.state == State::Waiting) {
            let is_wanted = only.is_none_or(|only| only == entry.kind);
            if !is_wanted || self.kinds[entry.kind].is_under_way {
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
            let Some(entry) = self.entries.pop_front() else {
                break;
            };
            self.first += 1;
            self.done -= usize::from(entry.is_done_ahead());
            let Entry { item, state, .. } = entry;
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
        if self.done == 0 {
            return ahead;
        }
        let mut closed = vec![false; self.kinds.len()];
        for entry in &self.entries {
            let item = &entry.item;
            if item.messages == 0 || closed[entry.kind] {
                continue;
            }
            if !entry.is_done_ahead() {
                closed[entry.kind] = true;
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
        self.kinds.iter().map(|it| it.waiting.messages).sum()
    }

    /// Whether as much waits of a kind that is not under way as a batch takes.
    pub(crate) fn has_batch(&self, bounds: Bounds) -> bool {
        let is_enough =
            |it: &Waiting| it.messages >= bounds.messages_max || it.bytes >= bounds.bytes_max;
        let mut free = self.kinds.iter().filter(|it| !it.is_under_way);
        free.any(|it| is_enough(&it.waiting))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn has_suspects(&self) -> bool {
        self.suspects > 0
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way > 0
    }

    fn mark(&mut self, batch: &Batch, state: State) {
        for number in &batch.numbers {
            self.set_state(self.index(*number), state);
        }
    }

    fn set_state(&mut self, index: usize, state: State) {
        let entry = &mut self.entries[index];
        let waiting = &mut self.kinds[entry.kind].waiting;
        if entry.state == State::Waiting {
            waiting.records -= 1;
            waiting.messages -= entry.item.messages as usize;
            waiting.bytes -= entry.item.frames.len();
        }
        self.suspects -= usize::from(entry.state == State::Suspect);
        self.done -= usize::from(entry.is_done_ahead());
        entry.state = state;
        if entry.state == State::Waiting {
            waiting.records += 1;
            waiting.messages += entry.item.messages as usize;
            waiting.bytes += entry.item.frames.len();
        }
        self.suspects += usize::from(entry.state == State::Suspect);
        self.done += usize::from(entry.is_done_ahead());
    }

    fn release(&mut self, batch: &Batch) {
        for kind in &batch.kinds {
            self.kinds[*kind].is_under_way = false;
        }
        self.under_way -= 1;
    }

    fn index(&self, number: u64) -> usize {
        // Entries under way are not done with, so none is forgotten.
        usize::try_from(number - self.first).expect("a ledger is short")
    }
}

// === impl Entry ===

impl Entry {
    /// Whether its messages are done with while others before it may not be.
    fn is_done_ahead(&self) -> bool {
        self.item.messages > 0 && matches!(self.state, State::Done | State::GivenUp)
    }
}

#[cfg(test)]
mod tests;
