//! Names that come again and again, each as a number: functions, routes, statements.
//!
//! A request names hundreds of functions, and the next one the same again. Whoever prepares records
//! takes a name's number here, valid in this process; the writer translates it to the row that the name
//! has in today's file, by a look into a list. When a site makes up names without end, a fresh
//! [`Names`] takes over, so nothing grows for ever; records that wait for the writer keep theirs.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use crate::limits;

/// A name's number within one [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NameId(pub(crate) u32);

/// One generation of names.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) functions: Interner,
    /// Method and route: what requests are grouped by.
    pub(crate) routes: Interner,
    /// Normalized.
    pub(crate) statements: Interner,
}

/// The generation in use. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Current(Arc<RwLock<Arc<Names>>>);

/// Names of one sort.
#[derive(Debug, Default)]
pub(crate) struct Interner(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    ids: FxHashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    bytes: usize,
}

// === impl Current ===

impl Current {
    /// The generation for the next records.
    pub(crate) fn get(&self) -> Arc<Names> {
        let names = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        if !names.is_full() {
            return names;
        }
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if current.is_full() {
            *current = Arc::default();
        }
        Arc::clone(&current)
    }
}

// === impl Names ===

impl Names {
    fn is_full(&self) -> bool {
        [&self.functions, &self.routes, &self.statements]
            .into_iter()
            .any(Interner::is_full)
    }
}

// === impl Interner ===

impl Interner {
    /// A name's number; a new name gets the next one.
    pub(crate) fn id(&self, name: &str) -> NameId {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.ids.get(name) {
            return NameId(*id);
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.ids.get(name) {
            return NameId(*id);
        }
        let text: Arc<str> = name.into();
        let id = u32::try_from(known.texts.len()).expect("a generation ends long before");
        known.bytes += text.len();
        known.texts.push(Arc::clone(&text));
        known.ids.insert(text, id);
        NameId(id)
    }

    pub(crate) fn text(&self, id: NameId) -> Arc<str> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known.texts[id.0 as usize])
    }

    fn is_full(&self) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.texts.len() >= limits::NAMES_MAX || known.bytes >= limits::NAMES_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number() {
        let names = Names::default();
        let (a, b) = (names.functions.id("a"), names.functions.id("b"));
        assert_ne!(a, b);
        assert_eq!(names.functions.id("a"), a);
        assert_eq!(&*names.functions.text(b), "b");
    }

    #[test]
    fn names_without_end_begin_a_new_generation() {
        let current = Current::default();
        let first = current.get();
        for number in 0..limits::NAMES_MAX {
            first.routes.id(&format!("GET /{number}"));
        }
        let second = current.get();
        assert!(!Arc::ptr_eq(&first, &second));
        assert_eq!(second.routes.id("GET /7"), NameId(0));
        // Records that were prepared before can still be written.
        assert_eq!(&*first.routes.text(NameId(7)), "GET /7");
    }
}
