//! Who may pass: `Authorization: Bearer <token>` with the listener's role.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use daemon::listen::Peer;

use crate::db::meta::Meta;
use crate::refusal::Refusal;
use crate::token::{Grant, Role};

/// A listener's guard.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) meta: Arc<Meta>,
    pub(crate) role: Role,
}

/// The token that a request came with.
#[derive(Clone, Debug)]
pub(crate) struct Bearer(pub(crate) Arc<Grant>);

/// Lets a request with a good token pass, and tells the handler whose it is.
pub(crate) async fn check(
    State(guard): State<Guard>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    match guard.bearer(request.headers(), peer) {
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
    fn bearer(&self, headers: &HeaderMap, peer: Option<Peer>) -> Result<Bearer, Refusal> {
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
        let grant = found.ok_or_else(|| {
            unauthorized("the token is not known here: it may be mistyped or revoked")
        })?;
        let forbidden = |detail| Err(Refusal::new(StatusCode::FORBIDDEN, detail));
        if grant.role != self.role {
            return forbidden(format!(
                "the token {} has the role {}; this listener asks for the role {}",
                grant.name, grant.role, self.role
            ));
        }
        // A token that is bound to networks is good for nobody whose address is not known.
        let is_allowed = match peer {
            Some(Peer(address)) => grant.scope.allows(address),
            None => grant.scope.networks.is_empty(),
        };
        if !is_allowed {
            let from = peer.map_or_else(|| "?".to_owned(), |Peer(address)| address.to_string());
            return forbidden(format!("the token {} may not come from {from}", grant.name));
        }
        Ok(Bearer(Arc::new(grant)))
    }
}
