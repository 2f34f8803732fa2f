//! Receives a batch's body, with bounds in size and time.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, StatusCode, header};
use wire::limits::BATCH_COMPRESSED_BYTES_MAX;
use wire::time::Instant;

use crate::limits;
use crate::refusal::Refusal;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

/// The encoding that the headers name.
pub(super) fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let Some(given) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(Encoding::Identity);
    };
    match given.as_bytes() {
        b"zstd" => Ok(Encoding::Zstd),
        b"gzip" => Ok(Encoding::Gzip),
        b"identity" => Ok(Encoding::Identity),
        other => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!(
                "Content-Encoding: zstd, gzip or identity is allowed, got {:?}",
                String::from_utf8_lossy(&other[..other.len().min(80)])
            ),
        )),
    }
}

/// When the batch was sent, by its sender's clock. A sender that tells nonsense tells nothing.
pub(super) fn sent_at(headers: &HeaderMap) -> Option<Instant> {
    let given = headers.get(wire::batch::SENT_AT)?.to_str().ok()?;
    given.parse().ok().map(Instant)
}

/// Refuses a body that announces itself as too long, before any of it is read.
pub(super) fn check_length(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    match given.and_then(|value| value.parse::<usize>().ok()) {
        Some(given) if given > BATCH_COMPRESSED_BYTES_MAX => Err(too_large()),
        _ => Ok(()),
    }
}

/// The whole body.
pub(super) async fn body(body: Body) -> Result<Vec<u8>, Refusal> {
    tokio::time::timeout(limits::BATCH_TIMEOUT, collect(body))
        .await
        .unwrap_or_else(|_| {
            Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                format!(
                    "a batch must arrive within {} s",
                    limits::BATCH_TIMEOUT.as_secs()
                ),
            ))
        })
}

async fn collect(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                "the body ended before it was complete",
            )
        })?;
        // Trailers carry nothing that is asked for.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > BATCH_COMPRESSED_BYTES_MAX {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn too_large() -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("at most {BATCH_COMPRESSED_BYTES_MAX} bytes are allowed in a body"),
    )
}
