//! GELF HTTP: `POST /gelf`, one message a request, 202 before anything is done with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::input::Input;
use crate::options::Options;

/// Graylog's default (`max_chunk_size`).
const BODY_BYTES_MAX: usize = 65_536;

/// The one value that the stand-in asks for.
const AUTHORIZATION: &str = "authorization: secret";

pub(crate) fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    options: &Options,
    input: &Mutex<Input>,
) -> anyhow::Result<()> {
    match tls {
        None => requests(stream, options, input),
        Some(config) => {
            let connection = ServerConnection::new(config)?;
            requests(StreamOwned::new(connection, stream), options, input)
        }
    }
}

fn requests(
    stream: impl Read + Write,
    options: &Options,
    input: &Mutex<Input>,
) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let (mut length, mut is_authorized) = (0_usize, false);
        loop {
            let mut header = String::new();
            stream.read_line(&mut header)?;
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().context("content-length")?;
            }
            is_authorized |= header == AUTHORIZATION;
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let status = judge(&line, length, is_authorized);
        if status == "202 Accepted" {
            let has = |text: &String| memchr::memmem::find(&body, text.as_bytes()).is_some();
            if options.poison.as_ref().is_some_and(has) {
                return Ok(());
            }
            input
                .lock()
                .expect("no panic")
                .take(std::iter::once(body.as_slice()))?;
        } else {
            input.lock().expect("no panic").tell(status)?;
        }
        write!(
            stream.get_mut(),
            "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"
        )?;
        stream.get_mut().flush()?;
    }
}

fn judge(line: &str, length: usize, is_authorized: bool) -> &'static str {
    let mut words = line.split_whitespace();
    let (method, path) = (words.next(), words.next());
    match (method, path) {
        (Some("POST"), Some("/gelf")) if length > BODY_BYTES_MAX => "413 Payload Too Large",
        (Some("POST"), Some("/gelf")) if !is_authorized => "401 Unauthorized",
        (Some("POST"), Some("/gelf")) => "202 Accepted",
        (Some("POST"), _) => "404 Not Found",
        _ => "405 Method Not Allowed",
    }
}
