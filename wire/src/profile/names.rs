//! The names of a profile's functions, held in one piece.
//!
//! A request names hundreds of them, and a string for each would be much of what reading a request
//! allocates. On the wire they are a list of strings.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Room for a usual profile, so that reading one does not begin with a few bytes and move them again and again.
const TEXT_BYTES_USUAL: usize = 4 * 1024;
const NAMES_USUAL: usize = 160;

/// Names by their place.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Names {
    text: String,
    /// Where each ends in `text`.
    ends: Vec<usize>,
}

/// Reads the list of names.
struct List;

/// Reads one name behind those before.
struct Name<'n>(&'n mut Names);

// === impl Names ===

impl Names {
    pub fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    pub fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)?;
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.text[begin..end])
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = self.ends.iter().copied();
        begins.zip(ends).map(|(begin, end)| &self.text[begin..end])
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<N: AsRef<str>> Extend<N> for Names {
    fn extend<I: IntoIterator<Item = N>>(&mut self, names: I) {
        for name in names {
            self.push(name.as_ref());
        }
    }
}

impl<N: AsRef<str>> FromIterator<N> for Names {
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Self {
        let mut all = Self::default();
        all.extend(names);
        all
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(List)
    }
}

// === impl List ===

impl<'de> Visitor<'de> for List {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
        let mut names = Names {
            text: String::with_capacity(TEXT_BYTES_USUAL),
            ends: Vec::with_capacity(NAMES_USUAL),
        };
        while list.next_element_seed(Name(&mut names))?.is_some() {}
        Ok(names)
    }
}

// === impl Name ===

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<(), E> {
        self.0.push(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were() {
        for text in ["[]", r#"[""]"#, r#"["main()","","strlen","Füße","a\"b\n"]"#] {
            let names: Names = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&names).unwrap(), text);
            let each: Vec<String> = serde_json::from_str(text).unwrap();
            assert!(names.iter().eq(each.iter().map(String::as_str)));
            assert_eq!(each.iter().collect::<Names>(), names);
            assert_eq!(names.len(), each.len());
            assert_eq!(names.is_empty(), each.is_empty());
            for place in 0..=each.len() {
                assert_eq!(names.get(place), each.get(place).map(String::as_str));
            }
            assert_eq!(format!("{names:?}"), format!("{each:?}"));
        }
    }

    #[test]
    fn what_is_no_list_of_strings_is_refused() {
        for text in ["{}", r#""a""#, "[1]", r#"["a",null]"#, r#"[["a"]]"#] {
            assert!(serde_json::from_str::<Names>(text).is_err(), "{text}");
        }
    }
}
