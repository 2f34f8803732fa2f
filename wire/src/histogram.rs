//! How values are spread, in buckets that are the same everywhere: two histograms merge exactly.
//!
//! Below 8 each value is a bucket of its own; from there on each power of two has eight of the same
//! width, so a bucket is never wider than an eighth of its lower bound. That is the log-linear layout
//! of HDR histograms. With `e` the position of a value's highest bit, from 3 on:
//!
//! ```text
//! bucket = (e - 2) * 8 + the three bits below the highest
//! lower bound of a bucket = (8 + bucket % 8) << (bucket / 8 - 1)
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts by bucket, empty ones left out. In JSON a list of `[bucket, count]`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "Vec<(u16, u64)>"))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u16, u64)>", into = "Vec<(u16, u64)>")]
pub struct Histogram(BTreeMap<u16, u64>);

// === impl Histogram ===

impl Histogram {
    pub fn add(&mut self, value: u64) {
        *self.0.entry(bucket(value)).or_default() += 1;
    }

    /// Adds values of one bucket that were counted elsewhere.
    pub fn add_bucket(&mut self, bucket: u16, count: u64) {
        let sum = self.0.entry(bucket).or_default();
        *sum = sum.saturating_add(count);
    }

    /// The buckets that hold something, with their counts.
    pub fn buckets(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.iter().map(|(bucket, count)| (*bucket, *count))
    }

    /// As if everything that was added to `other` had been added here.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            let sum = self.0.entry(*bucket).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// The same by halves of a power of two, each in the bucket where its half begins: for pictures, whose
    /// rows are no finer.
    #[must_use]
    pub fn by_half_octaves(&self) -> Self {
        let mut coarse = Self::default();
        for (bucket, count) in self.buckets() {
            coarse.add_bucket(bucket - bucket % 4, count);
        }
        coarse
    }

    pub fn count(&self) -> u64 {
        self.0
            .values()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The lower bound of the bucket that holds the value of that rank, by the nearest-rank rule: of
    /// `share` 0.95 the smallest value that 95 % do not exceed. None if there are no values.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let count = self.count();
        // Counts are far below 2^52, where a float no longer knows its neighbours.
        #[expect(clippy::cast_precision_loss)]
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rank = ((count as f64 * share).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        self.0.iter().find_map(|(bucket, count)| {
            seen += count;
            (seen >= rank).then(|| lower_bound(*bucket))
        })
    }
}

impl From<Vec<(u16, u64)>> for Histogram {
    fn from(pairs: Vec<(u16, u64)>) -> Self {
        let mut histogram = Self::default();
        for (bucket, count) in pairs {
            histogram.merge(&Self(BTreeMap::from([(bucket, count)])));
        }
        histogram
    }
}

impl From<Histogram> for Vec<(u16, u64)> {
    fn from(histogram: Histogram) -> Self {
        histogram.0.into_iter().collect()
    }
}

/// The bucket that holds a value.
pub fn bucket(value: u64) -> u16 {
    let Some(highest) = value.checked_ilog2().filter(|highest| *highest >= 3) else {
        return u16::try_from(value).unwrap_or(u16::MAX);
    };
    let below = (value >> (highest - 3)) & 7;
    // At most 61 * 8 + 7.
    u16::try_from(u64::from(highest - 2) * 8 + below).unwrap_or(u16::MAX)
}

/// The smallest value in a bucket, the largest there is for buckets that no value has.
pub fn lower_bound(bucket: u16) -> u64 {
    let (octave, below) = (u32::from(bucket / 8), u64::from(bucket % 8));
    match octave {
        0 => below,
        1..=61 => (8 + below) << (octave - 1),
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests;
