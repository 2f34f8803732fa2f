//! Starts the real program in a folder of its own and talks to it over plain sockets.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_bitville-store");

/// How long anything may take before a test gives up: generous, the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with settings, and tokens for both listeners.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) ingest_token: String,
    pub(crate) read_token: String,
}

/// A store that runs. It is killed when it is dropped.
pub(crate) struct Store {
    child: Child,
    pub(crate) ingest: SocketAddr,
    pub(crate) query: SocketAddr,
    pub(crate) udp: Option<SocketAddr>,
    pub(crate) ingest_token: String,
    pub(crate) read_token: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

// === impl Site ===

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let settings = format!(
            "[store]\ningest_listen = 127.0.0.1:0\nquery_listen = 127.0.0.1:0\ndata_dir = \"{}\"\n\
             rate_records = 0\nrate_bytes = 0B\nrate_batches = 0\n",
            data.display()
        );
        std::fs::write(folder.path().join("settings.ini"), settings).unwrap();
        let mut site = Self {
            folder,
            ingest_token: String::new(),
            read_token: String::new(),
        };
        site.ingest_token = site.add_token("agent", "ingest");
        site.read_token = site.add_token("console", "read");
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Runs a command of the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let settings = self.path("settings.ini");
        Command::new(PROGRAM)
            .args(arguments)
            .args([Path::new("--settings"), &settings])
            .output()
            .unwrap()
    }

    pub(crate) fn add_token(&self, name: &str, role: &str) -> String {
        self.add_token_with(name, role, &[])
    }

    pub(crate) fn add_token_with(&self, name: &str, role: &str, scope: &[&str]) -> String {
        let arguments = [&["token", "add", name, "--role", role], scope].concat();
        let output = self.run(&arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Everything that is stored, as lines.
    pub(crate) fn export(&self) -> Vec<String> {
        let output = self.run(&["export"]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let plain = zstd::decode_all(output.stdout.as_slice()).unwrap();
        String::from_utf8(plain)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Starts the store and waits until it says that it is ready.
    pub(crate) fn start(&self) -> Store {
        let mut child = Command::new(PROGRAM)
            .arg("--settings")
            .arg(self.path("settings.ini"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let (ingest, query, udp) = loop {
            let mut line = String::new();
            assert!(
                log.read_line(&mut line).unwrap() > 0,
                "the store did not start: {said}"
            );
            said.push_str(&line);
            if line.contains("store ready") {
                let udp = line.contains("udp=").then(|| field(&line, "udp="));
                break (field(&line, "ingest="), field(&line, "query="), udp);
            }
        };
        // Drained to its end, or the store would block on a full pipe.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Store {
            child,
            ingest,
            query,
            udp,
            ingest_token: self.ingest_token.clone(),
            read_token: self.read_token.clone(),
        }
    }
}

fn field(line: &str, name: &str) -> SocketAddr {
    let rest = line.split(name).nth(1).unwrap();
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

// === impl Store ===

impl Store {
    /// Sends lines as an agent does.
    pub(crate) fn send(&self, lines: &[String]) -> Answer {
        self.send_body(lines.join("\n").as_bytes(), &[])
    }

    /// Sends any body with the ingest token.
    pub(crate) fn send_body(&self, body: &[u8], headers: &[&str]) -> Answer {
        self.send_as(&self.ingest_token, body, headers)
    }

    /// Sends any body with that token.
    pub(crate) fn send_as(&self, token: &str, body: &[u8], headers: &[&str]) -> Answer {
        let bearer = format!("Authorization: Bearer {token}");
        let headers: Vec<&str> = headers.iter().copied().chain([bearer.as_str()]).collect();
        exchange(self.ingest, "POST", "/v1/records", &headers, body).unwrap()
    }

    /// Sends lines that must all be stored.
    pub(crate) fn store(&self, lines: &[String]) {
        let answer = self.send(lines);
        assert_eq!(answer.json()["stored"], lines.len(), "{answer:?}");
    }

    /// Asks as the console does.
    pub(crate) fn get(&self, path: &str) -> Answer {
        let bearer = format!("Authorization: Bearer {}", self.read_token);
        exchange(self.query, "GET", path, &[&bearer], &[]).unwrap()
    }

    /// Asks for what must be there.
    pub(crate) fn ask(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Asks until the answer is as wanted.
    pub(crate) fn ask_until(&self, path: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.ask(path);
            if is_wanted(&answer) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{path} still answers {answer}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends the program as a power switch would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the program to end, and says with which code it did.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// === impl Answer ===

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One request on a connection of its own.
pub(crate) fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: store\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    if !headers
        .iter()
        .any(|header| header.starts_with("Content-Length"))
    {
        let _ = write!(head, "Content-Length: {}\r\n", body.len());
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    // A server that refuses early may close before it has read all of it.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let split = split.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse().ok());
    Ok(Answer {
        status: status.ok_or(std::io::ErrorKind::InvalidData)?,
        head,
        body: answer[split + 4..].to_vec(),
    })
}
