//! An answer that says no: a problem document (RFC 9457) that names what was wrong and what is
//! allowed.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use wire::batch::{PROBLEM_CONTENT_TYPE, Problem};

use crate::db::DbError;
use crate::rate::Excess;

/// A refused request.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Problem,
    retry_after: Option<Duration>,
}

// === impl Refusal ===

impl Refusal {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            problem: Problem::new(status.as_u16(), title, detail),
            retry_after: None,
        }
    }

    /// A parameter that can't be read or isn't known.
    pub(crate) fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, detail);
        Self {
            problem: refusal.problem.about(name),
            ..refusal
        }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Not now: the client is told when to ask again.
    pub(crate) fn busy(detail: impl Into<String>, retry_after: Duration) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, detail);
        Self {
            retry_after: Some(retry_after),
            ..refusal
        }
    }

    /// A token sends more than it may.
    pub(crate) fn too_many(token: &str, excess: Excess) -> Self {
        let Excess {
            what,
            allowed,
            retry_after,
        } = excess;
        let detail = format!("the token {token} may send {allowed} {what}");
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// The database's trouble, told to the log in full and to the client in one line.
    pub(crate) fn database(error: &DbError) -> Self {
        if let DbError::Deadline { .. } = error {
            return Self::busy(error.to_string(), Duration::from_secs(1));
        }
        tracing::error!(error = %daemon::log::chain(error), "the database refused");
        Self::busy(
            "the database can't answer now; the store's log says why",
            Duration::from_secs(5),
        )
    }

    /// The store's own fault.
    pub(crate) fn internal(detail: &str) -> Self {
        tracing::error!(detail, "a request ended in an internal error");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the store's log says what went wrong",
        )
    }

    pub(crate) fn status(&self) -> u16 {
        self.problem.status
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).expect("a problem is plain JSON");
        let content_type = (
            header::CONTENT_TYPE,
            HeaderValue::from_static(PROBLEM_CONTENT_TYPE),
        );
        let mut response = (status, [content_type], body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(retry_after) = self.retry_after {
            // Rounded up: who comes back too early is refused again.
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        response
    }
}
