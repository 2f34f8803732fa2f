//! One HTTP listener, behind TLS if it has an identity: connections with a bound in number and in the time that headers may take, and an
//! orderly end in which every request that was begun is answered.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long to wait after a failed accept: out of file descriptors is a matter of time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one listener allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connections_max: usize,
    /// How long a client may take to send its headers.
    pub headers_timeout: Duration,
    /// How long connections may finish what they began once it is time to stop.
    pub drain_timeout: Duration,
}

/// The address that a request came from: the other end of its connection. Headers are not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Serves until told to stop, then waits for what was begun, up to a bound.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let connections = TaskTracker::new();
    loop {
        // A place first: beyond the bound, clients wait in the kernel's backlog.
        let place = Arc::clone(&places).acquire_owned();
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = async { (place.await, listener.accept().await) } => accepted,
        };
        match accepted {
            (Ok(place), Ok((stream, address))) => {
                // Answers are small and whole: waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                let visit = Visit {
                    peer: Peer(address.ip()),
                    router: router.clone(),
                    headers_timeout: limits.headers_timeout,
                    stop: stop.clone(),
                };
                let tls = tls.clone();
                connections.spawn(async move {
                    match tls {
                        None => visit.serve(stream).await,
                        Some(tls) => visit.serve_tls(stream, &tls).await,
                    }
                    drop(place);
                });
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            // The semaphore is never closed.
            (Err(_), _) => break,
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits.drain_timeout, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = connections.len(),
            "connections cut off, they took too long"
        );
    }
}

/// One connection.
struct Visit {
    peer: Peer,
    router: Router,
    headers_timeout: Duration,
    stop: CancellationToken,
}

// === impl Visit ===

impl Visit {
    async fn serve_tls(self, stream: TcpStream, tls: &TlsAcceptor) {
        // A handshake is as large as headers are.
        match tokio::time::timeout(self.headers_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake took too long"),
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self {
            peer,
            router,
            headers_timeout,
            stop,
        } = self;
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(headers_timeout)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // A client that goes away or stalls is its own trouble.
            tracing::debug!(%error, "connection ended");
        }
    }
}
