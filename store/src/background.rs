//! Threads that leave the processors to others.
//!
//! Somebody waits for a question's answer. A batch can wait: its agent keeps it in its journal until it is
//! answered. So can what is forwarded. On Linux a nice value is a thread's own.

use std::thread;

use tokio::sync::oneshot;

/// Of batches that are decoded: beside a question they have a fifteenth of its processor.
const NICE_DECODE: i32 = 12;

/// Of the writer, which those who decode wait for.
pub(crate) const NICE_WRITE: i32 = 6;

/// Of what is forwarded: ingest goes before it.
pub(crate) const NICE_FORWARD: i32 = 15;

/// Has the calling thread step back, if it is not further back already.
pub(crate) fn step_back(nice: i32) {
    let thread = rustix::thread::gettid();
    if rustix::process::getpriority_process(Some(thread)).is_ok_and(|now| now >= nice) {
        return;
    }
    if let Err(error) = rustix::process::setpriority_process(Some(thread), nice) {
        tracing::debug!(%error, nice, "the thread's priority can't be lowered");
    }
}

/// Runs work on a thread of its own, behind the questions. Nothing comes of work that panicked or that no thread
/// could be had for.
pub(crate) async fn decode<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = oneshot::channel();
    let spawned = thread::Builder::new()
        .name("decode".to_owned())
        .spawn(move || {
            step_back(NICE_DECODE);
            // Whoever waited may have gone; what was stored is stored.
            let _ = done.send(work());
        });
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread for a batch");
    }
    result.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_behind_others_and_its_panic_is_no_ones_else() {
        let nice = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let before = nice();
        assert_eq!(decode(nice).await, Some(before.max(NICE_DECODE)));
        assert_eq!(nice(), before);
        assert_eq!(decode(move || assert_eq!(nice(), 99)).await, None);
    }
}
