//! The most frequent of any number of values, with a fixed number of counters: the Space-Saving sketch
//! of Metwally, Agrawal and El Abbadi (2005).
//!
//! A value that has no counter takes over the smallest one and goes on from its count, which may
//! therefore be too high by as much; so much is kept beside it. With `n` values and `k` counters every
//! value that came more than `n / k` times has one.

use std::collections::HashMap;

use wire::text::boundary_below;
use wire::traffic::Heavy;

/// A value with 1.6 % of all requests is never missed.
const COUNTERS: usize = 64;

/// What a screen shows.
const HEAVIEST: usize = 10;

/// Longer values are known by their beginning.
const VALUE_BYTES_MAX: usize = 160;

#[derive(Debug, Default)]
pub(super) struct Sketch(HashMap<String, Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    count: u64,
    overcount: u64,
}

// === impl Sketch ===

impl Sketch {
    pub(super) fn add(&mut self, value: &str) {
        let value = &value[..boundary_below(value, VALUE_BYTES_MAX)];
        if let Some(known) = self.0.get_mut(value) {
            known.count += 1;
            return;
        }
        let overcount = if self.0.len() < COUNTERS {
            0
        } else {
            self.give_up_smallest()
        };
        let count = overcount + 1;
        self.0.insert(value.to_owned(), Count { count, overcount });
    }

    /// The most frequent first.
    pub(super) fn heaviest(self) -> Vec<Heavy> {
        let heavy = |(value, Count { count, overcount })| Heavy {
            value,
            count,
            overcount,
        };
        let mut all: Vec<Heavy> = self.0.into_iter().map(heavy).collect();
        all.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        all.truncate(HEAVIEST);
        all
    }

    /// Frees a counter; gives what it had counted.
    fn give_up_smallest(&mut self) -> u64 {
        let smallest = self
            .0
            .iter()
            .min_by(|(a, x), (b, y)| (x.count, a).cmp(&(y.count, b)));
        let Some((value, count)) = smallest.map(|(value, count)| (value.clone(), count.count))
        else {
            return 0;
        };
        self.0.remove(&value);
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_exactly() {
        let mut sketch = Sketch::default();
        for value in ["b", "a", "b", "c", "b", "a"] {
            sketch.add(value);
        }
        let counted: Vec<_> = sketch
            .heaviest()
            .into_iter()
            .map(|h| (h.value, h.count, h.overcount))
            .collect();
        let expected = [("b", 3, 0), ("a", 2, 0), ("c", 1, 0)];
        assert_eq!(
            counted,
            expected.map(|(value, count, over)| (value.to_owned(), count, over))
        );
    }

    #[test]
    fn the_heavy_are_found_among_any_number_of_others_within_their_error() {
        let mut sketch = Sketch::default();
        for number in 0..100_000 {
            sketch.add(&format!("once {number}"));
            if number % 10 == 0 {
                sketch.add("heavy");
            }
        }
        assert!(sketch.0.len() <= COUNTERS);
        let heaviest = sketch.heaviest();
        assert_eq!(
            (heaviest[0].value.as_str(), heaviest.len()),
            ("heavy", HEAVIEST)
        );
        assert!(heaviest[0].count >= 10_000);
        assert!(heaviest[0].count - heaviest[0].overcount <= 10_000);
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let mut sketch = Sketch::default();
        sketch.add(&"ä".repeat(1_000));
        assert_eq!(sketch.heaviest()[0].value, "ä".repeat(VALUE_BYTES_MAX / 2));
    }
}
