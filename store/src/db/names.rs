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
    /// Statements as they came, by number; and at the same place the number of what each is normalized.
    raw: Interner,
    normalized: RwLock<Vec<NameId>>,
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
    /// The number of a statement's shape. Most statements come again as they are, so that they need not be
    /// normalized again; one that is in nobody's list yet is.
    pub(crate) fn statement(&self, sql: &str) -> NameId {
        if let Some(raw) = self.raw.known(sql) {
            let normalized = self
                .normalized
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(id) = normalized.get(raw.0 as usize) {
                return *id;
            }
        }
        let id = self.statements.id(&wire::sql::normalize(sql));
        // Both lists grow under the one lock, so that places agree.
        let mut normalized = self
            .normalized
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.raw.is_full() && self.raw.id(sql).0 as usize == normalized.len() {
            normalized.push(id);
        }
        id
    }

    fn is_full(&self) -> bool {
        // `raw` does not count: a site that writes values into its statements just gains nothing by it.
        [&self.functions, &self.routes, &self.statements]
            .into_iter()
            .any(Interner::is_full)
    }
}

// === impl Interner ===

impl Interner {
    /// A name's number, if it has one.
    fn known(&self, name: &str) -> Option<NameId> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.ids.get(name).copied().map(NameId)
    }

    /// A name's number; a new name gets the next one.
    pub(crate) fn id(&self, name: &str) -> NameId {
        if let Some(id) = self.known(name) {
            return id;
        }
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

    /// The same of many, most of which have a number.
    pub(crate) fn ids<'n>(&self, names: &[&'n str]) -> Vec<NameId> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<Option<u32>> = names.iter().map(|it| known.ids.get(*it).copied()).collect();
        drop(known);
        let of = |(id, name): (Option<u32>, &&'n str)| id.map_or_else(|| self.id(name), NameId);
        found.into_iter().zip(names).map(of).collect()
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
    fn statements_that_differ_in_their_values_are_one() {
        let names = Names::default();
        let one = names.statement("SELECT * FROM cart WHERE id = 1");
        assert_eq!(names.statement("select * from cart where id = 2"), one);
        assert_eq!(names.statement("SELECT * FROM cart WHERE id = 1"), one);
        assert_ne!(names.statement("SELECT 1"), one);
        assert_eq!(names.statement("select * from cart where id = 2"), one);
        assert_eq!(names.statements.id("SELECT * FROM cart WHERE id = ?"), one);
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
