//! A store's listener that answers what a test tells it to: real sockets, real HTTP bytes.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::*;

/// Far beyond what any request takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One batch as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Request {
    heads: BTreeMap<String, String>,
    pub(super) lines: Vec<String>,
}

/// What to answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// None keeps silent until the other side gives up.
    bytes: Option<Vec<u8>>,
    is_last: bool,
}

pub(super) struct Peer {
    pub(super) url: String,
    requests: mpsc::UnboundedReceiver<Request>,
    connections: Arc<AtomicUsize>,
}

type Script = dyn FnMut(&Request) -> Reply + Send;

// === impl Reply ===

impl Reply {
    /// Everything is stored.
    pub(super) fn commit(lines: &[String]) -> Self {
        let stored = lines.len();
        Self::status(
            "200 OK",
            &format!(r#"{{"stored":{stored},"known":0,"put_aside":[]}}"#),
        )
    }

    pub(super) fn status(status: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        Self {
            bytes: Some(text.into_bytes()),
            is_last: false,
        }
    }

    /// These bytes, then the end of the connection.
    pub(super) fn raw(text: &str) -> Self {
        Self {
            bytes: Some(text.as_bytes().to_vec()),
            is_last: true,
        }
    }

    pub(super) fn silence() -> Self {
        Self {
            bytes: None,
            is_last: true,
        }
    }
}

// === impl Request ===

impl Request {
    pub(super) fn head(&self, name: &str) -> Option<&str> {
        self.heads.get(name).map(String::as_str)
    }

    async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<Self> {
        let mut heads = BTreeMap::new();
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) => {
                    heads.insert(name.to_ascii_lowercase(), value.to_owned());
                }
                None if line.trim_end().is_empty() => break,
                None => assert_eq!(line, "POST /v1/records HTTP/1.1\r\n"),
            }
        }
        let mut body = vec![0; heads["content-length"].parse().unwrap()];
        stream.read_exact(&mut body).await.ok()?;
        let plain = zstd::decode_all(body.as_slice()).unwrap();
        let text = String::from_utf8(plain).unwrap();
        Some(Self {
            heads,
            lines: text.lines().map(str::to_owned).collect(),
        })
    }
}

// === impl Peer ===

impl Peer {
    pub(super) async fn start(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self::start_with(None, script).await
    }

    /// A listener behind TLS, called `localhost`.
    pub(super) async fn start_tls(
        acceptor: TlsAcceptor,
        script: impl FnMut(&Request) -> Reply + Send + 'static,
    ) -> Self {
        Self::start_with(Some(acceptor), script).await
    }

    async fn start_with(
        acceptor: Option<TlsAcceptor>,
        script: impl FnMut(&Request) -> Reply + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = match acceptor {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        };
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(script));
        let connections = Arc::new(AtomicUsize::new(0));
        let (told, requests) = mpsc::unbounded_channel();
        let counter = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                let (script, told) = (script.clone(), told.clone());
                match acceptor.clone() {
                    None => drop(tokio::spawn(serve(BufReader::new(stream), script, told))),
                    Some(acceptor) => drop(tokio::spawn(async move {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(BufReader::new(stream), script, told).await;
                        }
                    })),
                }
            }
        });
        Self {
            url,
            requests,
            connections,
        }
    }

    /// The next request that came in. A test that waits in vain ends.
    pub(super) async fn next(&mut self) -> Request {
        let request = tokio::time::timeout(PATIENCE, self.requests.recv()).await;
        request
            .expect("a request comes")
            .expect("the listener lives as long as its peer")
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    script: Arc<Mutex<Script>>,
    told: mpsc::UnboundedSender<Request>,
) {
    while let Some(request) = Request::read(&mut stream).await {
        let reply = (script.lock().unwrap())(&request);
        let _ = told.send(request);
        match reply.bytes {
            Some(bytes) => stream.get_mut().write_all(&bytes).await.unwrap_or_default(),
            // The other side hangs up when its patience is over.
            None => drop(stream.read_u8().await),
        }
        if reply.is_last {
            return;
        }
    }
}
