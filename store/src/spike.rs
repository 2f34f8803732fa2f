//! Stub, being written.
use crate::db::{files::Files, meta::Meta, writer::News};
use daemon::clock::Clock;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
pub(crate) struct Watch {
    pub(crate) files: Files,
    pub(crate) meta: Arc<Meta>,
    pub(crate) clock: Clock,
    pub(crate) news: News,
}
pub(crate) async fn run(watch: Watch, stop: CancellationToken) {
    let _ = watch;
    stop.cancelled().await;
}
