//! A time axis cut into buckets, and values spread over it. Pure.

use wire::time::{Instant, Micros, Range};

/// A range cut into buckets of one width; the last one may reach beyond the range's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    from_us: i64,
    bucket_us: i64,
    buckets: usize,
}

/// A mean per bucket, weighted by time.
#[derive(Clone, Debug)]
pub(crate) struct Mean {
    axis: Axis,
    sums: Vec<f64>,
    weights: Vec<i64>,
}

/// How many were there at once, on average per bucket.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    axis: Axis,
    /// Microseconds of those that cover a bucket in part.
    parts_us: Vec<i64>,
    /// How many more cover a bucket wholly than covered the one before.
    steps: Vec<i64>,
}

// === impl Axis ===

impl Axis {
    pub(crate) fn new(range: Range, buckets: usize) -> Self {
        let count = i64::try_from(buckets.max(1)).unwrap_or(i64::MAX);
        let span = range.span().0.max(1);
        let bucket_us = span / count + i64::from(span % count != 0);
        Self {
            from_us: range.from_at_us.0,
            bucket_us,
            buckets: buckets.max(1),
        }
    }

    pub(crate) fn bucket_us(self) -> Micros {
        Micros(self.bucket_us)
    }

    pub(crate) fn start_of(self, bucket: usize) -> Instant {
        let offset = self
            .bucket_us
            .saturating_mul(i64::try_from(bucket).unwrap_or(i64::MAX));
        Instant(self.from_us) + Micros(offset)
    }

    pub(crate) fn bucket_of(self, at: Instant) -> Option<usize> {
        let offset = at.0.checked_sub(self.from_us)?;
        let bucket = usize::try_from(offset.div_euclid(self.bucket_us)).ok()?;
        (bucket < self.buckets).then_some(bucket)
    }

    fn end_us(self) -> i64 {
        self.start_of(self.buckets).0
    }

    /// A span's buckets, each with the microseconds that it has of the span.
    pub(crate) fn pieces(self, from_us: i64, to_us: i64) -> impl Iterator<Item = (usize, i64)> {
        let from = from_us.max(self.from_us);
        let to = to_us.min(self.end_us());
        let first = self.bucket_of(Instant(from)).unwrap_or(self.buckets);
        (first..self.buckets)
            .map(move |bucket| {
                let start = self.start_of(bucket).0;
                let piece = to.min(start + self.bucket_us) - from.max(start);
                (bucket, piece)
            })
            .take_while(|(_, piece)| *piece > 0)
    }
}

// === impl Mean ===

impl Mean {
    pub(crate) fn new(axis: Axis) -> Self {
        Self {
            axis,
            sums: vec![0.0; axis.buckets],
            weights: vec![0; axis.buckets],
        }
    }

    /// A value that holds from one moment to another. One without a span counts where it stands.
    pub(crate) fn add(&mut self, from_us: i64, to_us: i64, value: f64) {
        let from_us = if from_us < to_us { from_us } else { to_us - 1 };
        for (bucket, piece) in self.axis.pieces(from_us, to_us) {
            self.sums[bucket] += value * piece as f64;
            self.weights[bucket] += piece;
        }
    }

    pub(crate) fn finish(self) -> Vec<Option<f64>> {
        let means = self.sums.into_iter().zip(self.weights);
        means
            .map(|(sum, weight)| (weight > 0).then(|| sum / weight as f64))
            .collect()
    }
}

// === impl Load ===

impl Load {
    pub(crate) fn new(axis: Axis) -> Self {
        Self {
            axis,
            parts_us: vec![0; axis.buckets],
            steps: vec![0; axis.buckets + 1],
        }
    }

    /// One that was there from one moment to another. Costs the same however long it was.
    pub(crate) fn add(&mut self, from_us: i64, to_us: i64) {
        let (from, to) = (
            from_us.max(self.axis.from_us),
            to_us.min(self.axis.end_us()),
        );
        if from >= to {
            return;
        }
        // Both lie on the axis after the clipping; the last microsecond belongs to the span.
        let (Some(first), Some(last)) = (
            self.axis.bucket_of(Instant(from)),
            self.axis.bucket_of(Instant(to - 1)),
        ) else {
            return;
        };
        if first == last {
            self.parts_us[first] += to - from;
            return;
        }
        self.parts_us[first] += self.axis.start_of(first + 1).0 - from;
        self.parts_us[last] += to - self.axis.start_of(last).0;
        self.steps[first + 1] += 1;
        self.steps[last] -= 1;
    }

    pub(crate) fn finish(self) -> Vec<f64> {
        let mut whole = 0;
        let bucket_us = self.axis.bucket_us;
        let buckets = self.parts_us.into_iter().zip(self.steps);
        buckets
            .map(|(part_us, step)| {
                whole += step;
                whole as f64 + part_us as f64 / bucket_us as f64
            })
            .collect()
    }
}

/// Adds what is known to a sum; unknown and unknown stay unknown.
pub(crate) fn add_known(sum: &mut [Option<f64>], values: &[Option<f64>]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        if let Some(value) = value {
            *sum = Some(sum.unwrap_or(0.0) + value);
        }
    }
}

#[cfg(test)]
mod tests;
