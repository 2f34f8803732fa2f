//! The store's query API, as a test asks it: one GET, one JSON answer.
//!
//! A plain socket on purpose: what the system tests see does not depend on the client library that
//! the product uses.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Where the query API is, and the token for it.
#[derive(Clone, Debug)]
pub struct Api {
    pub address: String,
    pub token: String,
}

impl Api {
    /// Asks for a path and reads its answer as JSON.
    pub fn get(&self, path: &str) -> Result<Value> {
        let mut stream = TcpStream::connect(&self.address)
            .with_context(|| format!("connect to the store at {}", self.address))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Connection: close\r\n\r\n",
            self.address, self.token
        )?;
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .with_context(|| format!("read the answer to {path}"))?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .context("an answer has head and body")?;
        let status = head.lines().next().unwrap_or_default();
        ensure!(status.contains(" 200 "), "{path}: {status}: {body}");
        serde_json::from_str(body).with_context(|| format!("the answer to {path} is JSON"))
    }
}
