//! Records by UDP: signed with a token, within a window of time, and never answered.

use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::time::Instant;

use crate::harness::{Site, Store};
use crate::records::{now_us, record};

const MINUTE_US: i64 = 60_000_000;

fn site() -> Site {
    let site = Site::new();
    let path = site.path("settings.ini");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}ingest_udp = 127.0.0.1:0\n")).unwrap();
    site
}

fn weather() -> String {
    record("weather", "web1", now_us(), &json!({"sky": "blue"}))
}

fn signed(name: &str, secret: &str, sent_at_us: i64, line: &str) -> Vec<u8> {
    let sent = Instant(sent_at_us);
    let mut bytes = wire::datagram::encode_unsigned(name, sent, line.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&Sha256::digest(secret)).unwrap();
    mac.update(&bytes);
    bytes.extend_from_slice(&mac.finalize().into_bytes());
    bytes
}

fn socket(store: &Store) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(store.udp.unwrap()).unwrap();
    socket
}

/// Waits until the store has counted so many of something.
fn await_count(store: &Store, counter: &str, count: u64) {
    let wanted = format!("bitville_store_{counter}_total {count}\n");
    let begun = std::time::Instant::now();
    loop {
        let text = String::from_utf8(store.get("/metrics").body).unwrap();
        if text.contains(&wanted) {
            return;
        }
        assert!(begun.elapsed().as_secs() < 60, "never {wanted}: {text}");
    }
}

#[test]
fn what_the_send_command_sends_is_stored_once() {
    let site = site();
    let store = site.start();
    let token = site.path("udp.token");
    std::fs::write(&token, &site.ingest_token).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&token, mode).unwrap();
    let lines: Vec<String> = (0..20).map(|_| weather()).collect();
    let send = |udp: SocketAddr| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bitville-store"))
            .args([
                "send",
                "--name",
                "agent",
                "--udp",
                &udp.to_string(),
                "--token-file",
            ])
            .arg(&token)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let text = lines.join("\n") + "\n\n";
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.success() && told.starts_with("20 records sent"),
            "{told}"
        );
    };
    send(store.udp.unwrap());
    await_count(&store, "records_stored", 20);
    // Somebody who has recorded them gains nothing by sending them again.
    send(store.udp.unwrap());
    await_count(&store, "records_known", 20);
    assert_eq!(store.ask("/v1/health")["records"]["weather"], 20);
}

#[test]
fn nobody_who_can_t_sign_now_is_believed_or_answered() {
    let site = site();
    let bound = site.add_token_with("bound", "ingest", &["--project", "blog"]);
    let far = site.add_token_with("far", "ingest", &["--cidr", "10.0.0.0/8"]);
    let store = site.start();
    let (socket, now, line) = (socket(&store), now_us(), weather());
    let good = signed("agent", &site.ingest_token, now, &line);
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    let mut moved = good.clone();
    moved[12] ^= 1;
    let cases: [(&str, Vec<u8>); 9] = [
        ("form", b"hello".to_vec()),
        ("form", vec![b'x'; 9_000]),
        ("token", signed("nobody", &site.ingest_token, now, &line)),
        ("token", signed("console", &site.read_token, now, &line)),
        ("signature", signed("agent", "bvt_wrong", now, &line)),
        ("signature", forged),
        ("signature", moved),
        (
            "time",
            signed("agent", &site.ingest_token, now - 6 * MINUTE_US, &line),
        ),
        (
            "time",
            signed("agent", &site.ingest_token, now + 6 * MINUTE_US, &line),
        ),
    ];
    for (_, bytes) in &cases {
        socket.send(bytes).unwrap();
    }
    socket.send(&signed("far", &far, now, &line)).unwrap();
    // It is signed, but not for this project.
    socket.send(&signed("bound", &bound, now, &line)).unwrap();
    await_count(&store, "datagrams_received", 11);
    for (reason, count) in [
        ("form", 2),
        ("token", 2),
        ("signature", 3),
        ("time", 2),
        ("network", 1),
    ] {
        let counter = format!("datagrams_refused_{reason}");
        await_count(&store, &counter, count);
    }
    await_count(&store, "records_put_aside", 1);
    socket.send(&good).unwrap();
    await_count(&store, "records_stored", 1);
    // By now each has been dealt with, and none was answered.
    socket.set_nonblocking(true).unwrap();
    assert!(socket.recv(&mut [0; 100]).is_err());
}
