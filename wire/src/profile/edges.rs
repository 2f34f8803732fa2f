//! The edges of a profile: rows of integers, held in one piece.
//!
//! A request's profile has hundreds of them, and a vector for each would be most of what reading a
//! request allocates. On the wire they are a list of lists.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// `[parent, child, metric…]` each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Edges {
    values: Vec<i64>,
    /// Where each row ends in `values`.
    ends: Vec<usize>,
}

/// Reads the list of rows.
struct Rows;

/// Reads one row behind those before.
struct Row<'e>(&'e mut Edges);

// === impl Edges ===

impl Edges {
    /// Of rows that are all as long, one behind the other; what is behind the last whole one is left out.
    pub fn of_table(values: Vec<i64>, columns: usize) -> Self {
        let ends = (1..=values.len() / columns.max(1)).map(|row| row * columns);
        Self {
            ends: ends.collect(),
            values,
        }
    }

    pub fn push(&mut self, row: &[i64]) {
        self.values.extend_from_slice(row);
        self.ends.push(self.values.len());
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &[i64]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = self.ends.iter().copied();
        begins
            .zip(ends)
            .map(|(begin, end)| &self.values[begin..end])
    }
}

impl fmt::Debug for Edges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<R: AsRef<[i64]>> Extend<R> for Edges {
    fn extend<I: IntoIterator<Item = R>>(&mut self, rows: I) {
        for row in rows {
            self.push(row.as_ref());
        }
    }
}

impl<R: AsRef<[i64]>> FromIterator<R> for Edges {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        let mut edges = Self::default();
        edges.extend(rows);
        edges
    }
}

impl Serialize for Edges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Edges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Rows)
    }
}

// === impl Rows ===

impl<'de> Visitor<'de> for Rows {
    type Value = Edges;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lists of integers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Edges, A::Error> {
        let mut edges = Edges::default();
        while rows.next_element_seed(Row(&mut edges))?.is_some() {}
        Ok(edges)
    }
}

// === impl Row ===

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of integers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        while let Some(value) = row.next_element()? {
            self.0.values.push(value);
        }
        self.0.ends.push(self.0.values.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_length_come_back_as_they_were() {
        for text in ["[]", "[[]]", "[[-1,0,1,1000],[],[7],[0,1,2,3,4,5]]"] {
            let edges: Edges = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&edges).unwrap(), text);
            let rows: Vec<Vec<i64>> = serde_json::from_str(text).unwrap();
            assert!(edges.iter().eq(rows.iter().map(Vec::as_slice)));
            assert_eq!(rows.iter().collect::<Edges>(), edges);
            assert_eq!(format!("{edges:?}"), format!("{rows:?}"));
        }
    }

    #[test]
    fn a_table_is_its_rows() {
        let edges = Edges::of_table(vec![-1, 0, 1, 10, 0, 1, 2, 5], 4);
        assert!(edges.iter().eq([[-1, 0, 1, 10], [0, 1, 2, 5]]));
        assert_eq!(Edges::of_table(Vec::new(), 0), Edges::default());
    }

    #[test]
    fn what_is_no_list_of_lists_of_integers_is_refused() {
        for text in [
            "{}",
            "[1]",
            "[[1.5]]",
            "[[\"1\"]]",
            "[[1],2]",
            "[[9223372036854775808]]",
        ] {
            let refused = serde_json::from_str::<Edges>(text);
            assert!(refused.is_err(), "{text}");
        }
    }
}
