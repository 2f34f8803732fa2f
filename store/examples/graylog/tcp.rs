//! GELF TCP: frames end with a NUL; one that is too long ends the connection and all that is behind it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::input::Input;
use crate::options::{Options, TlsFiles};

/// What is read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

pub(crate) fn server_config(files: &TlsFiles) -> anyhow::Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let builder = match &files.client_authority {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(path)? {
                roots.add(certificate?)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build()?)
        }
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&files.key)?;
    Ok(Arc::new(builder.with_single_cert(chain, key)?))
}

/// Serves one connection to its end.
pub(crate) fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    options: &Options,
    input: &Mutex<Input>,
) -> anyhow::Result<()> {
    let Some(config) = tls else {
        let socket = stream.try_clone()?;
        return read(stream, &socket, options, input);
    };
    let socket = stream.try_clone()?;
    let connection = ServerConnection::new(config)?;
    let mut stream = StreamOwned::new(connection, stream);
    read(&mut stream, &socket, options, input)?;
    // The end of our side, as Netty tells it where the protocol has it do so.
    stream.conn.send_close_notify();
    let _ = stream.flush();
    Ok(())
}

fn read(
    mut stream: impl Read,
    socket: &TcpStream,
    options: &Options,
    input: &Mutex<Input>,
) -> anyhow::Result<()> {
    let chunk_bytes = options
        .bytes_per_s
        .map_or(CHUNK_BYTES, |it| (it / 10).clamp(1, CHUNK_BYTES));
    let mut chunk = vec![0; chunk_bytes];
    let mut buffer: Vec<u8> = Vec::new();
    let mut frames_read = 0;
    loop {
        let read = match stream.read(&mut chunk) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Ok(read) => read,
            Err(error) => return Err(error).context("a connection broke"),
        };
        buffer.extend_from_slice(&chunk[..read]);
        if options.bytes_per_s.is_some() {
            std::thread::sleep(Duration::from_millis(100));
        }
        let end = buffer
            .iter()
            .rposition(|byte| *byte == 0)
            .map_or(0, |at| at + 1);
        let whole: Vec<u8> = buffer.drain(..end).collect();
        for frame in whole.split(|byte| *byte == 0).filter(|it| !it.is_empty()) {
            if let Some(problem) = objection(frame, frames_read, options) {
                input.lock().expect("no panic").tell(&problem)?;
                return reset(socket);
            }
            input
                .lock()
                .expect("no panic")
                .take(std::iter::once(frame))?;
            frames_read += 1;
        }
        if buffer.len() > options.max_message_size {
            let problem = format!(
                "frame length exceeds {}: discarded",
                options.max_message_size
            );
            input.lock().expect("no panic").tell(&problem)?;
            return reset(socket);
        }
    }
    if !buffer.is_empty() {
        // It is taken for a message, cut as it is.
        input
            .lock()
            .expect("no panic")
            .take(std::iter::once(buffer.as_slice()))?;
    }
    Ok(())
}

fn objection(frame: &[u8], frames_read: usize, options: &Options) -> Option<String> {
    if frame.len() > options.max_message_size {
        return Some(format!(
            "frame length exceeds {}: discarded",
            options.max_message_size
        ));
    }
    let has = |text: &String| memchr::memmem::find(frame, text.as_bytes()).is_some();
    if options.poison.as_ref().is_some_and(has) {
        return Some("poison: the connection is reset".to_owned());
    }
    let is_over = options.reset_after.is_some_and(|most| frames_read >= most);
    is_over.then(|| "reset: as asked".to_owned())
}

/// Closes at once, with whatever is unread.
fn reset(socket: &TcpStream) -> anyhow::Result<()> {
    rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO))?;
    Ok(())
}
