//! Who may pass: `Authorization: Bearer <token>` with the listener's role.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::db::meta::Meta;
use crate::refusal::Refusal;
use crate::token::Role;

/// A listener's guard.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) meta: Arc<Meta>,
    pub(crate) role: Role,
}

/// The name of the token that a request came with.
#[derive(Clone, Debug)]
pub(crate) struct Bearer(pub(crate) String);

/// Lets a request with a good token pass, and tells the handler whose it is.
pub(crate) async fn check(
    State(guard): State<Guard>,
    mut request: Request,
    next: Next,
) -> Response {
    match guard.bearer(request.headers()) {
        Ok(bearer) => {
            request.extensions_mut().insert(bearer);
            next.run(request).await
        }
        Err(refusal) => {
            tracing::debug!(
                status = refusal.status(),
                path = request.uri().path(),
                "refused"
            );
            refusal.into_response()
        }
    }
}

// === impl Guard ===

impl Guard {
    fn bearer(&self, headers: &HeaderMap) -> Result<Bearer, Refusal> {
        let unauthorized = |detail: &str| Refusal::new(StatusCode::UNAUTHORIZED, detail);
        let header = headers
            .get(header::AUTHORIZATION)
            .ok_or_else(|| unauthorized("a header Authorization: Bearer <token> is needed"))?;
        let given = header
            .to_str()
            .ok()
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| unauthorized("Authorization: Bearer <token> is allowed"))?;
        let found = self
            .meta
            .find_token(given.trim())
            .map_err(|error| Refusal::database(&error))?;
        let (name, role) = found.ok_or_else(|| {
            unauthorized("the token is not known here: it may be mistyped or revoked")
        })?;
        if role != self.role {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                format!(
                    "the token {name} has the role {role}; this listener asks for the role {}",
                    self.role
                ),
            ));
        }
        Ok(Bearer(name))
    }
}
