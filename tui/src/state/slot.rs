//! One piece of data that a screen wants: what was asked, what came, and how the two stand.
//!
//! What came stays until something newer replaces it, so a store that goes away leaves the screen
//! as it was. An answer counts only if it is to the newest question.

use wire::time::{Instant, Micros};

use crate::ask::{Ask, Trouble};
use crate::fetch::{Job, Topic};

/// Loading that is over sooner than this is not worth a sign on the screen.
const PATIENCE: Micros = Micros::from_millis(200);

/// The number of a question; the greater, the newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(u64);

/// Where generations come from.
#[derive(Debug, Default)]
pub struct Generations(u64);

#[derive(Debug)]
pub struct Slot<T> {
    topic: Topic,
    ask: Option<Ask>,
    generation: Generation,
    /// When the question went out that has no answer yet.
    asked_at_us: Option<Instant>,
    trouble: Option<Trouble>,
    loaded: Option<Loaded<T>>,
}

/// An answer with its question and the moment when it came.
#[derive(Debug)]
pub struct Loaded<T> {
    pub ask: Ask,
    pub value: T,
    pub at_us: Instant,
}

// === impl Generations ===

impl Generations {
    fn next(&mut self) -> Generation {
        self.0 += 1;
        Generation(self.0)
    }
}

// === impl Slot ===

impl<T> Slot<T> {
    pub fn new(topic: Topic) -> Self {
        Self {
            topic,
            ask: None,
            generation: Generation::default(),
            asked_at_us: None,
            trouble: None,
            loaded: None,
        }
    }

    /// Asks, unless the very same question is under way.
    pub fn want(&mut self, ask: Ask, generations: &mut Generations, now: Instant) -> Option<Job> {
        if self.asked_at_us.is_some() && self.ask.as_ref() == Some(&ask) {
            return None;
        }
        self.ask = Some(ask);
        self.send(generations, now)
    }

    /// Asks the last question again.
    pub fn again(&mut self, generations: &mut Generations, now: Instant) -> Option<Job> {
        match self.asked_at_us {
            Some(_) => None,
            None => self.send(generations, now),
        }
    }

    /// Asks anew what has no answer yet, in case that its question was dropped for another one's.
    pub fn resume(&mut self, generations: &mut Generations, now: Instant) -> Option<Job> {
        self.asked_at_us?;
        self.send(generations, now)
    }

    fn send(&mut self, generations: &mut Generations, now: Instant) -> Option<Job> {
        let ask = self.ask.clone()?;
        self.generation = generations.next();
        self.asked_at_us = Some(now);
        Some(Job {
            generation: self.generation,
            topic: self.topic,
            ask,
        })
    }

    pub fn is_waiting_for(&self, generation: Generation) -> bool {
        self.asked_at_us.is_some() && self.generation == generation
    }

    /// Keeps the answer to the newest question.
    pub fn accept(&mut self, value: T, now: Instant) {
        self.asked_at_us = None;
        self.trouble = None;
        // `ask` is always there when an answer is waited for.
        if let Some(ask) = self.ask.clone() {
            self.loaded = Some(Loaded {
                ask,
                value,
                at_us: now,
            });
        }
    }

    pub fn fail(&mut self, trouble: Trouble) {
        self.asked_at_us = None;
        self.trouble = Some(trouble);
    }

    /// The trouble of the question that is waited for; false if it is another one's.
    pub fn fail_if(&mut self, generation: Generation, trouble: &Trouble) -> bool {
        let is_it = self.is_waiting_for(generation);
        if is_it {
            self.fail(trouble.clone());
        }
        is_it
    }

    /// Asks again what failed, if that may help.
    pub fn retry(&mut self, generations: &mut Generations, now: Instant) -> Option<Job> {
        if self.wants_retry() {
            self.again(generations, now)
        } else {
            None
        }
    }

    /// The answer to the newest question, if it is there.
    pub fn current(&self) -> Option<&T> {
        let loaded = self.loaded.as_ref()?;
        (Some(&loaded.ask) == self.ask.as_ref()).then_some(&loaded.value)
    }

    pub fn current_mut(&mut self) -> Option<&mut T> {
        let loaded = self.loaded.as_mut()?;
        (Some(&loaded.ask) == self.ask.as_ref()).then_some(&mut loaded.value)
    }

    /// The newest answer, be it to an older question.
    pub fn latest(&self) -> Option<&Loaded<T>> {
        self.loaded.as_ref()
    }

    /// The answer to the newest question; while that is renewed, what was there before it.
    pub fn shown(&self, is_renewing: bool) -> Option<&T> {
        let before = self.loaded.as_ref().filter(|_| is_renewing);
        self.current().or(before.map(|loaded| &loaded.value))
    }

    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Whether it is worth asking the same again.
    pub fn wants_retry(&self) -> bool {
        self.trouble.as_ref().is_some_and(Trouble::may_pass)
    }

    pub fn is_pending(&self) -> bool {
        self.asked_at_us.is_some()
    }

    /// When the wait becomes long enough to show.
    pub fn shows_wait_at(&self) -> Option<Instant> {
        self.asked_at_us.map(|asked_at| asked_at + PATIENCE)
    }
}
