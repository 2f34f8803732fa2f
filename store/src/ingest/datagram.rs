//! Records by UDP: signed with a token, within a window of time, and never answered.
//!
//! Whoever can't sign gets nothing out of the store, not even an error, so that it can be used against nobody
//! else. What is sent again is known by its event id. What can't be taken is counted by reason and gone:
//! who needs an acknowledgement sends a batch.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use tokio::net::UdpSocket;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use wire::datagram::{DATAGRAM_BYTES_MAX, Datagram, MAC_BYTES};
use wire::time::Micros;

use super::Ingest;
use super::decode::Decoder;
use super::receive::Encoding;
use crate::background;
use crate::db::meta::Meta;
use crate::db::writer;
use crate::limits;
use crate::token::{Grant, Role, TokenHash};

/// How far the sender's clock may be from ours, either way. What is older could be anybody's recording.
const WINDOW: Micros = Micros::from_seconds(300);

/// How long records gather for a commit.
const GATHER: Duration = Duration::from_millis(100);

/// What gathers at most; then it is handed on at once.
const GATHER_BYTES_MAX: usize = 1024 * 1024;

/// The port.
#[derive(Debug)]
pub(crate) struct Port {
    socket: UdpSocket,
    ingest: Ingest,
    meta: Arc<Meta>,
    gathered: HashMap<String, Gathered>,
    gathered_bytes: usize,
}

/// Records of one token.
#[derive(Debug)]
struct Gathered {
    grant: Grant,
    lines: Vec<u8>,
    records: u64,
}

// === impl Port ===

impl Port {
    pub(crate) fn new(socket: UdpSocket, ingest: Ingest, meta: Arc<Meta>) -> Self {
        Self {
            socket,
            ingest,
            meta,
            gathered: HashMap::new(),
            gathered_bytes: 0,
        }
    }

    /// Receives until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        // One byte more than allowed, so that a datagram that is too long is seen to be.
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX + 1];
        let mut ticks = tokio::time::interval(GATHER);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let received = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = ticks.tick() => {
                    self.hand_on().await;
                    continue;
                }
                received = self.socket.recv_from(&mut buffer) => received,
            };
            // An error is the news of an earlier answer that nobody took; there are none.
            if let Ok((bytes, from)) = received {
                self.take(&buffer[..bytes], from);
            }
            if self.gathered_bytes >= GATHER_BYTES_MAX {
                self.hand_on().await;
            }
        }
        self.hand_on().await;
    }

    fn take(&mut self, bytes: &[u8], from: SocketAddr) {
        self.ingest.tally.count("datagrams_received", 1);
        match self.check(bytes, from) {
            Ok((grant, line)) => self.gather(grant, line),
            Err(counter) => self.ingest.tally.count(counter, 1),
        }
    }

    /// Whose record it is, or the counter that tells why it is nobody's.
    fn check<'d>(
        &self,
        bytes: &'d [u8],
        from: SocketAddr,
    ) -> Result<(Grant, &'d [u8]), &'static str> {
        let datagram = Datagram::parse(bytes).map_err(|_| "datagrams_refused_form")?;
        let named = self.meta.named_token(datagram.token);
        let grant = named
            .ok()
            .flatten()
            .filter(|grant| grant.role == Role::Ingest)
            .ok_or("datagrams_refused_token")?;
        if !is_signed(&datagram, &grant.hash) {
            return Err("datagrams_refused_signature");
        }
        let age = self.ingest.clock.now() - datagram.sent_at_us;
        if age > WINDOW || age < Micros(-WINDOW.0) {
            return Err("datagrams_refused_time");
        }
        if !grant.scope.allows(from.ip()) {
            return Err("datagrams_refused_network");
        }
        Ok((grant, datagram.line))
    }

    fn gather(&mut self, grant: Grant, line: &[u8]) {
        self.gathered_bytes += line.len() + 1;
        let gathered = self
            .gathered
            .entry(grant.name.clone())
            .or_insert_with(|| Gathered {
                grant,
                lines: Vec::new(),
                records: 0,
            });
        // A newline in a record would make two of it.
        let from = gathered.lines.len();
        gathered.lines.extend_from_slice(line);
        wire::record::flatten(&mut gathered.lines[from..]);
        gathered.lines.push(b'\n');
        gathered.records += 1;
    }

    /// Stores what has gathered. Meanwhile the kernel holds what comes.
    async fn hand_on(&mut self) {
        self.gathered_bytes = 0;
        for (_, gathered) in std::mem::take(&mut self.gathered) {
            let records = gathered.records;
            if let Err(counter) = self.store(gathered).await {
                self.ingest.tally.count(counter, records);
            }
        }
    }

    async fn store(&self, gathered: Gathered) -> Result<(), &'static str> {
        let Gathered {
            grant,
            lines,
            records,
        } = gathered;
        let ingest = &self.ingest;
        if ingest.room.is_short() {
            return Err("datagrams_dropped_room");
        }
        let admission = ingest
            .accounts
            .admit(&grant.name, ingest.clock.monotonic())
            .map_err(|_| "datagrams_dropped_rate")?;
        let kept = writer::kept_range(ingest.clock.now(), &ingest.settings);
        let queue = ingest.queue.clone();
        let admission = Arc::new(admission);
        let account = Arc::clone(&admission);
        let decoded = background::decode(move || {
            let decoded = Decoder::new(&queue, &grant, kept).run(&lines, Encoding::Identity);
            account.take(records, lines.len() as u64);
            decoded
        });
        let decoded = decoded.await.and_then(Result::ok);
        let decoded = decoded.ok_or("datagrams_dropped_queue")?;
        let receipt = decoded.committed().await;
        drop(admission);
        ingest
            .tally
            .add(&receipt.map_err(|_| "datagrams_dropped_queue")?);
        Ok(())
    }
}

/// The key is the token's hash: both ends have it, and nobody else.
fn is_signed(datagram: &Datagram<'_>, key: &TokenHash) -> bool {
    mac_of(datagram.signed, key)
        // In constant time.
        .verify_slice(datagram.mac)
        .is_ok()
}

/// The signature of some bytes.
pub(crate) fn sign(bytes: &[u8], key: &TokenHash) -> [u8; MAC_BYTES] {
    mac_of(bytes, key).finalize().into_bytes().into()
}

fn mac_of(signed: &[u8], key: &TokenHash) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("a key of any length is taken");
    mac.update(signed);
    mac
}

/// Opens the port.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address).await?;
    // A smaller buffer drops sooner, which is no reason to have none.
    let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, limits::UDP_BUFFER_BYTES);
    Ok(socket)
}
