//! What the stand-in is told.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;

/// The command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) out: PathBuf,
    pub(crate) is_http: bool,
    pub(crate) is_discarding: bool,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) max_message_size: usize,
    pub(crate) bytes_per_s: Option<usize>,
    pub(crate) reset_after: Option<usize>,
    pub(crate) poison: Option<String>,
    pub(crate) until: Option<u64>,
}

/// Who the server is, and whom it trusts.
#[derive(Debug)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_authority: Option<PathBuf>,
}

/// Graylog's default (`TcpTransport`).
const MAX_MESSAGE_SIZE: usize = 2 * 1024 * 1024;

// === impl Options ===

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            listen: "127.0.0.1:0".parse().expect("it is an address"),
            out: PathBuf::new(),
            is_http: false,
            is_discarding: false,
            tls: None,
            max_message_size: MAX_MESSAGE_SIZE,
            bytes_per_s: None,
            reset_after: None,
            poison: None,
            until: None,
        };
        let mut client_authority = None;
        while let Some(name) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{name} needs a value"))
            };
            match name.as_str() {
                "--listen" => options.listen = value()?.parse().context("--listen")?,
                "--out" => options.out = value()?.into(),
                "--http" => options.is_http = true,
                "--discard" => options.is_discarding = true,
                "--tls" => {
                    options.tls = Some(TlsFiles {
                        certificate: value()?.into(),
                        key: value()?.into(),
                        client_authority: None,
                    });
                }
                "--client-ca" => client_authority = Some(value()?.into()),
                "--max-message-size" => options.max_message_size = value()?.parse()?,
                "--bytes-per-s" => options.bytes_per_s = Some(value()?.parse()?),
                "--reset-after" => options.reset_after = Some(value()?.parse()?),
                "--poison" => options.poison = Some(value()?),
                "--until" => options.until = Some(value()?.parse()?),
                _ => anyhow::bail!("unknown option {name}"),
            }
        }
        if let Some(tls) = &mut options.tls {
            tls.client_authority = client_authority;
        }
        anyhow::ensure!(!options.out.as_os_str().is_empty(), "--out is needed");
        Ok(options)
    }
}
