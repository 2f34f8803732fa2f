//! A store that keeps what it is sent in memory: enough HTTP for one sender, the real batches.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use wire::batch;
use wire::record::{Body, Record};

/// Takes batches on a port of its own.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    url: String,
    records: Arc<Mutex<Vec<Record>>>,
}

// === impl Receiver ===

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0").await
    }

    pub(crate) async fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let receiver = Self {
            url,
            records: Arc::default(),
        };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A connection that breaks off is the sender's to repair.
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        receiver
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The bodies received so far that `pick` wants, in order.
    pub(crate) fn bodies<T>(&self, pick: impl Fn(Body) -> Option<T>) -> Vec<T> {
        let records = self.records.lock().unwrap();
        records
            .iter()
            .filter_map(|record| pick(record.body().unwrap()))
            .collect()
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.records.lock().unwrap().clone()
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let Some(length) = read_head(&mut stream).await? else {
                return Ok(());
            };
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            let plain = zstd::stream::decode_all(body.as_slice())?;
            let batch: Vec<Record> = batch::lines(&plain)
                .map(|(_, line)| Record::try_from_line(line).unwrap())
                .collect();
            let receipt = batch::Receipt {
                stored: batch.len() as u64,
                ..Default::default()
            };
            self.records.lock().unwrap().extend(batch);
            let receipt = serde_json::to_string(&receipt)?;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{receipt}",
                receipt.len(),
            );
            stream.write_all(answer.as_bytes()).await?;
        }
    }
}

/// Reads a request's head and tells the length of its body; nothing at the end of the connection.
async fn read_head(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<usize>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            return Ok(Some(length));
        }
    }
}
