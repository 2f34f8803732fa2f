//! A new spike is told to a webhook and to a program, with its suspects.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::graylog::{Graylog, forward_to, until};
use crate::harness::Site;
use crate::spikes::pile_up;

const PATIENCE: Duration = Duration::from_secs(60);

/// A server that answers its first call with 500 and the others with 200, and passes each body on.
fn webhook() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        let statuses = ["500 Busy"].into_iter().chain(std::iter::repeat("200 OK"));
        for (stream, status) in listener.incoming().zip(statuses) {
            let body = answer(&stream.unwrap(), status);
            if sender.send(body).is_err() {
                return;
            }
        }
    });
    (format!("http://{address}/hook/s3cret"), bodies)
}

fn answer(mut stream: &TcpStream, status: &str) -> Value {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn write_file(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn add_settings(site: &Site, text: &str) {
    let path = site.path("settings.ini");
    let mut file = File::options().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_new_spike_is_told_with_its_suspects() {
    let site = Site::new();
    let (url, bodies) = webhook();
    write_file(&site.path("hook"), &url, 0o600);
    let heard = site.path("heard");
    let program = format!(
        "#!/bin/sh\ncat >{0}.part && mv {0}.part {0}\n",
        heard.display()
    );
    write_file(&site.path("page-me"), &program, 0o700);
    let settings = format!(
        "[notify]\nenabled = on\nwebhook_file = {}\ncommand = {}\ndelay = 1s\n",
        site.path("hook").display(),
        site.path("page-me").display()
    );
    add_settings(&site, &settings);
    let store = site.start();
    store.store(&pile_up(Uuid::new_v4()));
    let refused = bodies.recv_timeout(PATIENCE).unwrap();
    let told = bodies.recv_timeout(PATIENCE).unwrap();
    assert_eq!(refused, told, "it is sent again after a 500");
    let spikes = store.ask("/v1/spikes");
    assert_eq!(told["spike"]["id"], spikes["spikes"][0]["id"]);
    assert_eq!(told["suspects"][0]["label"], "POST /cron/reprice");
    let text = told["text"].as_str().unwrap();
    assert!(text.contains("in shop: 21 sessions active"), "{text}");
    assert!(text.contains("POST /cron/reprice (held locks)"), "{text}");
    assert!(
        text.ends_with(&format!("--spike {}", told["spike"]["id"])),
        "{text}"
    );
    let begun = std::time::Instant::now();
    let by_program = loop {
        if let Ok(text) = fs::read(&heard) {
            break serde_json::from_slice::<Value>(&text).unwrap();
        }
        assert!(begun.elapsed() < PATIENCE, "the program was not started");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(by_program, told);
}

#[test]
fn a_new_spike_is_forwarded_once_as_a_record() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &[]);
    forward_to(&site, &graylog.url("tcp"), "");
    add_settings(&site, "[notify]\ndelay = 1s\n");
    let store = site.start();
    store.store(&pile_up(Uuid::new_v4()));
    let is_spike = |message: &Value| message["_kind"] == "spike";
    let message = until("a spike in Graylog", || {
        graylog.messages().into_iter().find(is_spike)
    });
    assert_eq!(message["_suspect"], "POST /cron/reprice");
    assert_eq!(message["_suspect_kind"], "held locks");
    assert_eq!(message["level"], 2);
    let short = message["short_message"].as_str().unwrap();
    assert!(short.contains("21 sessions active"), "{short}");
    let spikes = store.ask("/v1/spikes");
    assert_eq!(message["_spike"], spikes["spikes"][0]["id"]);
    assert_eq!(graylog.violations(), Vec::<String>::new());
    // It is stored like what agents send.
    assert_eq!(store.ask("/v1/health")["records"]["spike"], 1);
}

#[test]
fn notices_to_nobody_are_refused() {
    let site = Site::new();
    add_settings(&site, "[notify]\nenabled = on\ngelf = off\n");
    let output = site.run(&["--check-config"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains("[notify] enabled"), "{said}");
    assert!(said.contains("gelf, a webhook_file or a command"), "{said}");
}
