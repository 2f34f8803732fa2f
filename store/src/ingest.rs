//! Ingest: a batch of records comes in, and the answer goes out after the commit.
//!
//! A batch is received whole (32 MiB at most), then decoded and laid out in portions on a thread of
//! its own, behind the questions, so that neither a bomb nor a large batch holds up the others; each portion goes to the
//! writer's queue. As many are decoded at once as there are processors: more would only hold more memory. If the queue is
//! full the sender gets a 503 and sends the batch again later: what was stored of it by then is answered as known.

pub(crate) mod datagram;
mod decode;
mod receive;

use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json, Router, middleware, routing};
use daemon::clock::Clock;
use tokio::sync::Semaphore;
use wire::batch::{self, Receipt};
use wire::human::format_size;

use self::decode::Decoded;
use crate::background;
use crate::db::retention::Room;
use crate::db::writer::{self, Queue};
use crate::guard::{self, Bearer, Guard};
use crate::limits;
use crate::rate::Accounts;
use crate::refusal::Refusal;
use crate::settings::Store;
use crate::tally::Tally;

/// When a sender that was told "not now" may try again. The queue empties within a second.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The same while the disk is short of room, which takes somebody to change.
const RETRY_AFTER_FULL: Duration = Duration::from_secs(10);

/// What a batch needs on its way.
#[derive(Clone, Debug)]
pub(crate) struct Ingest {
    pub(crate) queue: Queue,
    pub(crate) clock: Clock,
    pub(crate) settings: Store,
    pub(crate) tally: Tally,
    accounts: Accounts,
    room: Room,
    places: Arc<Semaphore>,
    decoders: Arc<Semaphore>,
}

/// The listener's one path.
pub(crate) fn router(ingest: Ingest, guard: Guard) -> Router {
    Router::new()
        .route(batch::PATH, routing::post(records))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(ingest)
}

async fn records(
    State(ingest): State<Ingest>,
    Extension(bearer): Extension<Bearer>,
    request: Request,
) -> Result<Json<Receipt>, Refusal> {
    let encoding = receive::encoding(request.headers())?;
    let behind = receive::sent_at(request.headers()).map(|sent| ingest.clock.now() - sent);
    receive::check_length(request.headers())?;
    if ingest.room.is_short() {
        let least = format_size(ingest.settings.disk_free_bytes_min);
        return Err(Refusal::busy(
            format!("the store's disk has less than {least} left, [store] disk_free_min"),
            RETRY_AFTER_FULL,
        ));
    }
    let admission = ingest
        .accounts
        .admit(&bearer.0.name, ingest.clock.monotonic())
        .map_err(|excess| {
            ingest.tally.limited.increment();
            Refusal::too_many(&bearer.0.name, excess)
        })?;
    let place = Arc::clone(&ingest.places)
        .try_acquire_owned()
        .map_err(|_| {
            Refusal::busy(
                format!(
                    "{} batches are being received already",
                    limits::BATCHES_AT_ONCE
                ),
                RETRY_AFTER,
            )
        })?;
    let admission = Arc::new(admission);
    let body = receive::body(request.into_body()).await?;
    let decoder = Arc::clone(&ingest.decoders)
        .acquire_owned()
        .await
        .map_err(|_| Refusal::internal("the store decodes no more"))?;
    let kept = writer::kept_range(ingest.clock.now(), &ingest.settings);
    let tally = ingest.tally.clone();
    let account = Arc::clone(&admission);
    let decoded = background::decode(move || {
        let decoded = decode::Decoder::new(&ingest.queue, &bearer.0, kept)
            .sent(behind)
            .run(&body, encoding);
        let records = decoded.as_ref().map_or(0, Decoded::records);
        // Here, since a sender that goes away meanwhile has sent it all the same.
        account.take(records, body.len() as u64);
        // The places are kept until the body is gone.
        drop((body, place, decoder));
        decoded
    });
    let decoded = decoded
        .await
        .ok_or_else(|| Refusal::internal("the batch could not be decoded"))??;
    let receipt = decoded.committed().await?;
    drop(admission);
    tally.add(&receipt);
    Ok(Json(receipt))
}

async fn nothing_here() -> Refusal {
    Refusal::not_found(format!(
        "there is nothing here; batches go to POST {}",
        batch::PATH
    ))
}

async fn wrong_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "POST is allowed")
}

// === impl Ingest ===

impl Ingest {
    pub(crate) fn new(
        queue: Queue,
        clock: Clock,
        settings: Store,
        room: Room,
        tally: Tally,
    ) -> Self {
        let places = Arc::new(Semaphore::new(limits::BATCHES_AT_ONCE));
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let decoders = Arc::new(Semaphore::new(processors));
        Self {
            queue,
            clock,
            accounts: Accounts::new(settings.rates),
            room,
            settings,
            tally,
            places,
            decoders,
        }
    }
}
