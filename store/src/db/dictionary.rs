//! Dictionaries, by which bodies of a few kilobytes are compressed as if they were one long text.
//!
//! Records of a kind are alike: the same fields, the same functions and statements. zstd alone sees
//! one body at a time and finds half of that; a dictionary trained from earlier bodies finds nearly
//! all. Each kind has its own, trained from the first bodies that come and again every day, since sites
//! change. A day's file carries the dictionaries that its bodies need (the zstd frame names which), so
//! it stays readable alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use zstd::bulk::Compressor;

use crate::db::packed::{self, Rows};
use crate::limits;

/// With a dictionary, level 3 was as fast as level 1 and a tenth smaller; higher ones cost more than they gave.
const LEVEL: i32 = 3;

/// Beyond this a dictionary of realistic requests gained nothing.
const DICTIONARY_BYTES: usize = 112 * 1024;

/// Near a hundred times the dictionary, which is what zstd's own documentation advises.
const SAMPLE_BYTES: usize = 8 * 1024 * 1024;

/// For the first dictionary of a kind: what comes before it is compressed alone, to 1.6 times the size. It learns
/// less by so few, so the next one is trained as soon as there are more.
const FIRST_SAMPLE_BYTES: usize = 2 * 1024 * 1024;

/// Fewer samples teach nothing.
const SAMPLES_MIN: usize = 64;

/// Of a kind that is small: enough of them, so that its dictionary does not wait for megabytes.
const SAMPLES_ENOUGH: usize = 2_000;

/// Of a kind that has a dictionary already, one body in this many is remembered for the next.
const SAMPLED_ONE_IN: u64 = 64;

/// The same of a kind whose dictionary is its first.
const FIRST_SAMPLED_ONE_IN: u64 = 8;

/// A trained dictionary of one kind.
#[derive(Debug)]
pub(crate) struct Dictionary {
    /// What a frame names it by.
    pub(crate) id: u32,
    pub(crate) kind: String,
    pub(crate) bytes: Vec<u8>,
}

/// The dictionaries in use, and what the next ones are learnt from. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionaries(Arc<Mutex<HashMap<String, Kind>>>);

#[derive(Debug, Default)]
struct Kind {
    current: Option<Arc<Dictionary>>,
    samples: Vec<u8>,
    sizes: Vec<usize>,
    seen: u64,
    /// A new day has begun, or the first was made: the next full set of samples replaces the dictionary.
    is_due: bool,
    /// The dictionary was trained from few samples.
    is_first: bool,
    is_training: bool,
}

/// Compresses the bodies of one batch, whose compressors are made when first needed.
pub(crate) struct Bodies {
    dictionaries: Dictionaries,
    plain: Compressor<'static>,
    kinds: HashMap<String, ForKind>,
}

struct ForKind {
    dictionary: Option<Arc<Dictionary>>,
    compressor: Option<Compressor<'static>>,
}

// === impl Dictionary ===

impl Dictionary {
    /// One that was trained or stored earlier; `None` if it is none.
    pub(crate) fn new(kind: &str, bytes: Vec<u8>) -> Option<Arc<Self>> {
        let id = zstd::zstd_safe::get_dict_id_from_dict(&bytes)?.get();
        Some(Arc::new(Self {
            id,
            kind: kind.to_owned(),
            bytes,
        }))
    }
}

// === impl Dictionaries ===

impl Dictionaries {
    /// Takes up a dictionary of an earlier run.
    pub(crate) fn adopt(&self, dictionary: Arc<Dictionary>) {
        let mut kinds = self.lock();
        if kinds.len() < limits::DICTIONARIES_MAX {
            let kind = kinds.entry(dictionary.kind.clone()).or_default();
            kind.current = Some(dictionary);
        }
    }

    /// Has new dictionaries trained as soon as there are samples: a day has begun.
    pub(crate) fn renew(&self) {
        for kind in self.lock().values_mut() {
            kind.is_due = true;
        }
    }

    fn current(&self, kind: &str) -> Option<Arc<Dictionary>> {
        self.lock().get(kind)?.current.clone()
    }

    /// Remembers a body, and trains when that was enough.
    fn sample(&self, name: &str, body: &[u8]) {
        let mut kinds = self.lock();
        if !kinds.contains_key(name) && kinds.len() >= limits::DICTIONARIES_MAX {
            return;
        }
        let kind = kinds.entry(name.to_owned()).or_default();
        kind.seen += 1;
        let one_in = match (&kind.current, kind.is_first) {
            (None, _) => 1,
            (Some(_), true) => FIRST_SAMPLED_ONE_IN,
            (Some(_), false) => SAMPLED_ONE_IN,
        };
        let is_wanted = kind.seen.is_multiple_of(one_in);
        if kind.is_training || !is_wanted || body.len() > SAMPLE_BYTES / SAMPLES_MIN {
            return;
        }
        let is_enough_for = |bytes| kind.samples.len() + body.len() > bytes;
        let is_enough = is_enough_for(SAMPLE_BYTES)
            || kind.sizes.len() >= SAMPLES_ENOUGH
            || kind.current.is_none()
                && kind.sizes.len() >= SAMPLES_MIN
                && is_enough_for(FIRST_SAMPLE_BYTES);
        if !is_enough {
            kind.samples.extend_from_slice(body);
            kind.sizes.push(body.len());
            return;
        }
        if kind.current.is_some() && !kind.is_due {
            // The newest samples are the best: begin anew.
            kind.samples.clear();
            kind.sizes.clear();
            return;
        }
        self.train(name, kind);
    }

    /// Trains beside the batches, which meanwhile go on without.
    fn train(&self, name: &str, kind: &mut Kind) {
        let samples = std::mem::take(&mut kind.samples);
        let sizes = std::mem::take(&mut kind.sizes);
        kind.is_training = true;
        let is_few = samples.len() <= FIRST_SAMPLE_BYTES && sizes.len() < SAMPLES_ENOUGH;
        let (dictionaries, name) = (self.clone(), name.to_owned());
        // As far behind the questions as who decodes, by whom it is started.
        let trainer = thread::Builder::new().name("dictionary".to_owned());
        let started = trainer.spawn(move || {
            let trained = zstd::dict::from_continuous(&samples, &sizes, DICTIONARY_BYTES).ok();
            let dictionary = trained.and_then(|bytes| Dictionary::new(&name, bytes));
            if dictionary.is_none() {
                // Bodies that have nothing in common; the next samples may have.
                tracing::debug!(kind = name, "no dictionary can be trained");
            }
            let mut kinds = dictionaries.lock();
            let kind = kinds.entry(name).or_default();
            kind.is_training = false;
            kind.is_first = is_few && dictionary.is_some();
            kind.is_due = kind.is_first;
            if dictionary.is_some() {
                kind.current = dictionary;
            }
        });
        if started.is_err() {
            kind.is_training = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kind>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Bodies ===

impl Bodies {
    pub(crate) fn new(dictionaries: Dictionaries) -> std::io::Result<Self> {
        Ok(Self {
            dictionaries,
            plain: Compressor::new(LEVEL)?,
            kinds: HashMap::new(),
        })
    }

    /// A body's zstd frame, and the dictionary that it is read with. `edges` are those that were cut out of it.
    pub(crate) fn compress(
        &mut self,
        kind: &str,
        body: &[u8],
        edges: Option<&Rows>,
    ) -> std::io::Result<(Vec<u8>, Option<Arc<Dictionary>>)> {
        let packed = packed::pack(body, edges);
        let body = packed.as_deref().unwrap_or(body);
        self.dictionaries.sample(kind, body);
        if !self.kinds.contains_key(kind) {
            let dictionary = self.dictionaries.current(kind);
            let with = |it: &Arc<Dictionary>| Compressor::with_dictionary(LEVEL, &it.bytes);
            let compressor = dictionary.as_ref().map(with).transpose()?;
            let made = ForKind {
                dictionary,
                compressor,
            };
            self.kinds.insert(kind.to_owned(), made);
        }
        let for_kind = self.kinds.get_mut(kind).expect("made just now");
        let compressor = for_kind.compressor.as_mut().unwrap_or(&mut self.plain);
        Ok((compressor.compress(body)?, for_kind.dictionary.clone()))
    }
}

#[cfg(test)]
mod tests;
