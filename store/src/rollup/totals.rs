//! Sums in the order of their keys and by columns, as they are stored.
//!
//! A question about a week adds up hundreds of stored spans, each with thousands of keys, most of them the same: so
//! the keys of both are walked through side by side, and then each column is added where it is read.

use super::{ADDED, COLUMNS, Key, Sums, SumsError, Values, Varints, pack, put, put_signed, unpack};

/// Sums by ascending key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    keys: Vec<Key>,
    /// As many as there are values for, each as long as `keys`.
    columns: Vec<Vec<i64>>,
}

/// So many times fewer keys are looked for one by one.
const FEW: usize = 16;

// === impl Totals ===

impl Totals {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, SumsError> {
        let mut totals = Self::default();
        totals.decode_into(bytes)?;
        Ok(totals)
    }

    /// Adds stored sums to these. What was added of damaged ones is nothing that can be used.
    pub(crate) fn decode_into(&mut self, bytes: &[u8]) -> Result<(), SumsError> {
        let plain = unpack(bytes)?;
        let mut reader = Varints {
            bytes: &plain,
            at: 0,
        };
        let entries = reader.length()?;
        let columns = usize::try_from(reader.next()?).unwrap_or(usize::MAX);
        // Every number takes a byte at least, so a length beyond that is damage, not a reservation.
        if columns > COLUMNS || entries.saturating_mul(columns + 2) > plain.len() {
            return Err(SumsError { at: reader.at });
        }
        let mut keys = vec![(0, 0); entries];
        let mut before = 0_i64;
        for key in &mut keys {
            before = before.wrapping_add(reader.signed()?);
            key.0 = before;
        }
        for key in &mut keys {
            key.1 = reader.signed()?;
        }
        if !keys.is_sorted_by(|a, b| a < b) {
            return Err(SumsError { at: reader.at });
        }
        let places = self.places(&keys);
        self.widen(columns);
        for (number, column) in self.columns.iter_mut().enumerate().take(columns) {
            for place in &places {
                merge(number, &mut column[*place], reader.signed()?);
            }
        }
        Ok(())
    }

    /// What was gathered, in order.
    pub(crate) fn of(gathered: &Sums) -> Self {
        let mut entries: Vec<(Key, &Values)> = gathered.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        let is_used = |column: &usize| entries.iter().any(|(_, values)| values[*column] != 0);
        let used = (0..COLUMNS).rev().find(is_used).map_or(0, |last| last + 1);
        let column = |number: usize| entries.iter().map(|(_, values)| values[number]).collect();
        Self {
            keys: entries.iter().map(|(key, _)| *key).collect(),
            columns: (0..used).map(column).collect(),
        }
    }

    /// Adds others.
    pub(crate) fn merge(&mut self, added: &Self) {
        let places = self.places(&added.keys);
        self.widen(added.columns.len());
        for (number, (column, values)) in self.columns.iter_mut().zip(&added.columns).enumerate() {
            for (place, value) in places.iter().zip(values) {
                merge(number, &mut column[*place], *value);
            }
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let is_used = |column: &Vec<i64>| column.iter().any(|value| *value != 0);
        let columns = self
            .columns
            .iter()
            .rposition(is_used)
            .map_or(0, |last| last + 1);
        let mut plain = Vec::with_capacity(self.keys.len() * (columns + 2) + 8);
        put(&mut plain, self.keys.len() as u64);
        put(&mut plain, columns as u64);
        let mut before = 0;
        for (first, _) in &self.keys {
            put_signed(&mut plain, first.wrapping_sub(before));
            before = *first;
        }
        for (_, second) in &self.keys {
            put_signed(&mut plain, *second);
        }
        for column in &self.columns[..columns] {
            for value in column {
                put_signed(&mut plain, *value);
            }
        }
        pack(&plain)
    }

    pub(crate) fn get(&self, key: Key) -> Option<Values> {
        let place = self.keys.binary_search(&key).ok()?;
        Some(self.values(place))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, Values)> {
        let keys = self.keys.iter().enumerate();
        keys.map(|(place, key)| (*key, self.values(place)))
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    fn values(&self, place: usize) -> Values {
        let mut values = [0; COLUMNS];
        for (value, column) in values.iter_mut().zip(&self.columns) {
            *value = column[place];
        }
        values
    }

    /// Has so many columns at least.
    fn widen(&mut self, columns: usize) {
        if columns > self.columns.len() {
            self.columns.resize(columns, vec![0; self.keys.len()]);
        }
    }

    /// Where keys are, which ascend; those that are not there are put there.
    fn places(&mut self, keys: &[Key]) -> Vec<usize> {
        let is_few = keys.len().saturating_mul(FEW) < self.keys.len();
        let mut places = Vec::with_capacity(keys.len());
        let (mut at, mut missing) = (0, 0);
        for key in keys {
            if is_few {
                at += self.keys[at..].partition_point(|known| known < key);
            } else {
                while self.keys.get(at).is_some_and(|known| known < key) {
                    at += 1;
                }
            }
            missing += usize::from(self.keys.get(at) != Some(key));
            places.push(at);
        }
        if missing > 0 {
            self.make_room(keys, &mut places, missing);
        }
        places
    }

    /// Puts keys in that are missing, before the places given, and corrects the places.
    fn make_room(&mut self, keys: &[Key], places: &mut [usize], missing: usize) {
        let mut merged = Vec::with_capacity(self.keys.len() + missing);
        // Where the old ones are now.
        let mut moved = Vec::with_capacity(self.keys.len());
        let mut old = 0;
        for (key, place) in keys.iter().zip(places) {
            while old < *place {
                moved.push(merged.len());
                merged.push(self.keys[old]);
                old += 1;
            }
            *place = merged.len();
            merged.push(*key);
            if self.keys.get(old) == Some(key) {
                moved.push(merged.len() - 1);
                old += 1;
            }
        }
        for key in &self.keys[old..] {
            moved.push(merged.len());
            merged.push(*key);
        }
        for column in &mut self.columns {
            let mut values = vec![0; merged.len()];
            for (place, value) in moved.iter().zip(&*column) {
                values[*place] = *value;
            }
            *column = values;
        }
        self.keys = merged;
    }
}

/// One value, as its column has it.
fn merge(column: usize, sum: &mut i64, value: i64) {
    *sum = if column < ADDED {
        sum.saturating_add(value)
    } else {
        (*sum).max(value)
    };
}
