//! A store that misbehaves on purpose: real sockets, real HTTP bytes, and a memory of what it has committed.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::bench::PATIENCE;

/// How a batch is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Committed and acknowledged.
    Well,
    /// Refused with this line and these headers, nothing committed.
    Status(&'static str),
    /// Bytes that are no HTTP.
    Garbage,
    /// Committed, and the answer cut in its middle.
    Half,
    /// Committed, and the connection closed without an answer.
    Nothing,
    /// Committed, and never answered.
    Silence,
}

/// The store's end of a test.
#[derive(Clone)]
pub(crate) struct Store(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    manners: VecDeque<Manner>,
    /// How often each record was new: never more than once in a store that knows event ids.
    committed: BTreeMap<String, String>,
    met: Vec<Manner>,
}

impl Store {
    /// Starts it; gives its address. The manners are for the first batches, the others are met well.
    pub(crate) fn start(manners: &[Manner]) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            manners: manners.iter().copied().collect(),
            ..State::default()
        };
        let store = Self(Arc::new(Mutex::new(state)));
        let served = store.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let store = served.clone();
                thread::spawn(move || store.serve(stream));
            }
        });
        (store, url)
    }

    /// The lines of what it has committed.
    pub(crate) fn committed(&self) -> Vec<String> {
        self.0.lock().unwrap().committed.values().cloned().collect()
    }

    pub(crate) fn met(&self) -> Vec<Manner> {
        self.0.lock().unwrap().met.clone()
    }

    fn serve(&self, stream: TcpStream) {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut reader = BufReader::new(stream);
        while let Some(lines) = read_batch(&mut reader) {
            if !self.answer(&lines, reader.get_mut()) {
                return;
            }
        }
    }

    /// False if the connection is over.
    fn answer(&self, lines: &[String], stream: &mut TcpStream) -> bool {
        let (manner, receipt) = {
            let mut state = self.0.lock().unwrap();
            let manner = state.manners.pop_front().unwrap_or(Manner::Well);
            state.met.push(manner);
            let commits = !matches!(manner, Manner::Status(_) | Manner::Garbage);
            let stored = if commits { state.commit(lines) } else { 0 };
            let known = lines.len() - stored;
            let receipt = format!(r#"{{"stored":{stored},"known":{known},"put_aside":[]}}"#);
            (manner, receipt)
        };
        let whole = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{receipt}",
            receipt.len()
        );
        let text = match manner {
            Manner::Well => whole,
            Manner::Status(head) => format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n"),
            Manner::Garbage => "\u{1}\u{2}garbage\r\n\r\n".to_owned(),
            Manner::Half => whole[..whole.len() / 2].to_owned(),
            Manner::Nothing => String::new(),
            Manner::Silence => {
                // Until the other side has had enough.
                let _ = stream.read(&mut [0]);
                return false;
            }
        };
        let is_sent = stream.write_all(text.as_bytes()).is_ok();
        is_sent && matches!(manner, Manner::Well | Manner::Status(_))
    }
}

impl State {
    fn commit(&mut self, lines: &[String]) -> usize {
        let before = self.committed.len();
        for line in lines {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let id = record["event_id"].as_str().unwrap().to_owned();
            self.committed.entry(id).or_insert_with(|| line.clone());
        }
        self.committed.len() - before
    }
}

fn read_batch(reader: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let plain = zstd::decode_all(body.as_slice()).unwrap();
    let text = String::from_utf8(plain).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}
