//! One batch to one server.

use std::sync::Arc;

use rustls::ClientConfig;

use super::connection::{Connection, SendError};
use super::http;
use super::ledger::Batch;
use crate::settings::{Graylog, Server};

/// What every delivery needs.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) settings: Graylog,
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// Where a server is asked by HTTP.
    pub(super) http: Option<reqwest::Client>,
}

// === impl Means ===

impl Means {
    /// Sends a batch and waits for its receipt. With `is_more`, the next batch's connection is made
    /// meanwhile and given back.
    pub(super) async fn deliver(
        &self,
        server: &Server,
        spare: Option<Connection>,
        batch: &Batch,
        is_more: bool,
    ) -> Result<Option<Connection>, SendError> {
        if let (Server::Http { url }, Some(client)) = (server, &self.http) {
            return http::send(client, url, batch).await.map(|()| None);
        }
        // One that the server has left since is no reason to fail.
        let spare = spare.filter(|it| !it.is_hung_up().unwrap_or(true));
        let mut connection = match spare {
            Some(connection) => connection,
            None => self.open(server).await?,
        };
        if !is_more {
            return connection.send(batch, &self.settings).await.map(|()| None);
        }
        let (sent, next) = tokio::join!(connection.send(batch, &self.settings), self.open(server));
        sent?;
        // Whether it failed is found out by the next batch.
        Ok(next.ok())
    }

    async fn open(&self, server: &Server) -> Result<Connection, SendError> {
        Connection::open(server, self.tls.as_ref(), &self.settings).await
    }
}
