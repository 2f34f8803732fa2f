//! What it tells of itself, to probes, to scrapers and to people; and what it tells systemd.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Stdio};

use wire::frame::{ACK, NAK, encode};

use crate::bench::{Bench, Client, Collector, PATIENCE, PROGRAM, framed};

/// A collector that tells of itself at a port that the kernel has chosen.
fn start(bench: &Bench, command: &mut Command) -> (Collector, String) {
    bench.write_settings("health_listen = 127.0.0.1:0");
    let (collector, ready) = Collector::start_and_tell(command);
    let address = ready.split("health=").nth(1).unwrap();
    let address = address.split_whitespace().next().unwrap();
    (collector, address.trim_matches('"').to_owned())
}

/// The code and the body that answer to `path`.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

#[test]
fn a_collector_that_is_well_says_so_to_everybody() {
    let bench = Bench::new();
    let (_collector, address) = start(&bench, &mut bench.command());
    let mut client = bench.connect();
    assert_eq!(client.exchange(&framed(1, 10)), Some(ACK));
    assert_eq!(client.exchange(&encode(b"garbage").unwrap()), Some(NAK));
    for path in ["/health", "/health/live", "/health/ready"] {
        let (code, body) = get(&address, path);
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (code, &body["live"], &body["ready"]),
            (200, &true.into(), &true.into())
        );
    }
    let (code, metrics) = get(&address, "/metrics");
    assert_eq!(code, 200);
    for line in [
        "bitville_collector_frames_accepted_total 1",
        "bitville_collector_frames_refused_json_total 1",
        "bitville_collector_ready 1",
    ] {
        assert!(
            metrics.lines().any(|given| given == line),
            "{line} is not in {metrics}"
        );
    }
    assert_eq!(get(&address, "/elsewhere").0, 404);

    // The settings name port 0, which nobody can ask; people's settings name a port.
    bench.write_settings(&format!("health_listen = {address}"));
    let mut command = bench.command();
    let output = command.arg("status").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("collector "), "{text}");
    assert!(
        text.contains("for shop: ready\n") && text.contains("frames_refused_json"),
        "{text}"
    );
    let output = bench.command().args(["status", "--json"]).output().unwrap();
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["counters"]["frames_accepted"], 1);
}

#[test]
fn a_collector_whose_disk_is_full_is_alive_and_not_ready() {
    let bench = Bench::new();
    // Files that may not grow stand for a disk that is full: the same write fails in the same way.
    let mut command = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" --settings \"$1\"";
    command.args(["-c", script, PROGRAM]).arg(bench.settings());
    let (_collector, address) = start(&bench, &mut command);
    let mut client = bench.connect();
    while client.exchange(&framed(1, 5_000)).is_some() {}
    assert_eq!(get(&address, "/health/live").0, 200);
    let (code, body) = get(&address, "/health/ready");
    assert!(
        code == 503 && body.contains("takes no records"),
        "{code} {body}"
    );
}

#[test]
fn a_status_of_a_collector_that_does_not_run_says_so() {
    let bench = Bench::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    bench.write_settings(&format!("health_listen = {address}"));
    let output = bench.command().arg("status").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains(&format!("nobody answers at {address}")),
        "{text}"
    );
}

#[test]
fn systemd_is_told_of_readiness_life_and_end() {
    let bench = Bench::new();
    let path = bench.settings().with_file_name("notify");
    let told = UnixDatagram::bind(&path).unwrap();
    told.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = bench.command();
    command
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "30000000");
    let collector = Collector::start(&mut command);
    let wait_for = |text: &str| {
        let mut buffer = [0; 4096];
        loop {
            let bytes = told.recv(&mut buffer).unwrap();
            if String::from_utf8_lossy(&buffer[..bytes]).contains(text) {
                return;
            }
        }
    };
    wait_for("READY=1");
    wait_for("WATCHDOG=1");
    wait_for("WATCHDOG=1");
    collector.terminate();
    wait_for("STOPPING=1");
    assert!(collector.wait().success());
}

#[test]
fn sockets_that_systemd_holds_are_used_and_left_to_it() {
    let bench = Bench::new();
    let folder = bench.settings().with_file_name("held");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("systemd.sock");
    let listener = UnixListener::bind(&path).unwrap();
    // Who comes before the collector waits in the kernel.
    let mut early = Client::new(UnixStream::connect(&path).unwrap());
    early.send(&framed(1, 100)).unwrap();
    let mut command = Command::new("sh");
    let script =
        "exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$0\" --settings \"$1\"";
    command.args(["-c", script, PROGRAM]).arg(bench.settings());
    command.stdin(Stdio::from(OwnedFd::from(listener.try_clone().unwrap())));
    let collector = Collector::start(&mut command);
    assert_eq!(early.answer(), Some(ACK));
    assert!(
        !bench.socket().exists(),
        "the settings' socket is systemd's business"
    );
    collector.terminate();
    assert!(collector.wait().success());
    assert!(path.exists());
    // The socket outlives the collector, and so does who waits at it.
    let mut late = Client::new(UnixStream::connect(&path).unwrap());
    late.send(&framed(2, 100)).unwrap();
    command.stdin(Stdio::from(OwnedFd::from(listener)));
    let collector = Collector::start(&mut command);
    assert_eq!(late.answer(), Some(ACK));
    drop(collector);
    assert_eq!(bench.journaled().0, [1, 2].into());
}
