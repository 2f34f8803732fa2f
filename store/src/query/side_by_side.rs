//! Parts of one question that are answered at the same time.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::db::reader::Helpers;

/// More than a small machine has processors: a part mostly waits for pages of its file. Each asks on connections of
/// its own, so there are not many more, and other questions want some, too.
pub(super) const THREADS_MAX: usize = 8;

/// The answer to each part, in their order.
pub(super) fn side_by_side<P: Sync, A: Send>(
    helpers: &Helpers,
    parts: &[P],
    answer: impl Fn(&P) -> A + Sync,
) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let answer_some = || {
        let mut answered = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(place) else {
                return answered;
            };
            answered.push((place, answer(part)));
        }
    };
    let mut answers = thread::scope(|scope| {
        let others = parts.len().min(THREADS_MAX).saturating_sub(1);
        // If there is no thread to be had, those that there are do it.
        let spawn = |_| {
            let helper = helpers.take()?;
            let help = move || {
                let _at_work = helper;
                answer_some()
            };
            thread::Builder::new().spawn_scoped(scope, help).ok()
        };
        let others: Vec<_> = (0..others).map_while(spawn).collect();
        let mut answers = answer_some();
        for other in others {
            answers.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        answers
    });
    answers.sort_unstable_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn each_part_has_its_answer_whoever_is_done_first() {
        for count in 0..20 {
            let parts: Vec<i32> = (0..count).collect();
            let wanted: Vec<i32> = parts.iter().map(|part| part + 1).collect();
            let helpers = Helpers::default();
            assert_eq!(side_by_side(&helpers, &parts, |part| part + 1), wanted);
            // Nobody helps.
            let _all: Vec<_> = std::iter::from_fn(|| helpers.take()).collect();
            assert_eq!(side_by_side(&helpers, &parts, |part| part + 1), wanted);
        }
    }

    #[test]
    fn parts_are_answered_at_the_same_time() {
        // Nobody gets on before all have begun.
        let all_began = Barrier::new(THREADS_MAX);
        let parts = [7; THREADS_MAX];
        let answers = side_by_side(&Helpers::default(), &parts, |part| {
            all_began.wait();
            part * 2
        });
        assert_eq!(answers, [14; THREADS_MAX]);
    }
}
