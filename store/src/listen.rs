//! The store's two listeners: binding, and what each of them allows.

use std::net::SocketAddr;

use axum::Router;
use daemon::listen::{self, Limits};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::limits;

/// An address that can't be listened on.
#[derive(Debug, Error)]
#[error("[store] {key} = {address}: can't be listened on")]
pub(crate) struct ListenError {
    key: &'static str,
    address: SocketAddr,
    source: std::io::Error,
}

/// Opens a socket. `key` is the setting that names the address.
pub(crate) async fn bind(
    key: &'static str,
    address: SocketAddr,
) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ListenError {
            key,
            address,
            source,
        })
}

/// Serves until told to stop, then waits for what was begun, up to a bound.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    stop: CancellationToken,
) {
    let limits = Limits {
        connections_max: limits::CONNECTIONS_MAX,
        headers_timeout: limits::HEADERS_TIMEOUT,
        drain_timeout: limits::DRAIN_TIMEOUT,
    };
    listen::serve(listener, router, tls, limits, stop).await;
}
