//! Records reach Graylog as it wants them, over every transport.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::graylog::{Graylog, event_id, forward_to, until};
use crate::harness::{Site, Store};
use crate::records::{S, activity, locks, now_us, record, request, session};

/// Something of several kinds.
fn lines() -> Vec<String> {
    let now = now_us();
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::new_v4()).collect();
    let sessions: Vec<Value> = (10..)
        .zip(&ids)
        .map(|(pid, id)| session(pid, *id, "active", "UPDATE t"))
        .collect();
    let mut lines = vec![
        activity(now, 3, &sessions),
        locks(now, &sessions),
        record("weather", "web1", now, &json!({"sky": "blue"})),
        record(
            "gap",
            "web1",
            now,
            &json!({"reason": "journal full", "records": 3, "bytes": 9}),
        ),
    ];
    for id in ids {
        lines.push(request(
            id,
            ("GET", "/cart"),
            now - S,
            900_000,
            ("SELECT 1", "Cart::show"),
        ));
    }
    lines
}

fn standing(store: &Store, line: &str) -> String {
    let answer = store.ask(&format!("/v1/records/{}", event_id(line)));
    answer["forwarded"].as_str().unwrap().to_owned()
}

fn forwarded(site: &Site, graylog: &Graylog, url: &str, more: &str) -> Store {
    forward_to(site, url, more);
    let store = site.start();
    let lines = lines();
    store.store(&lines);
    let read = graylog.await_all(&lines);
    assert!(read.values().all(|count| *count == 1), "{read:?}");
    assert_eq!(graylog.violations(), Vec::<String>::new());
    let is_done = |it: &Value| it["forwarding"]["records"] == lines.len();
    let health = store.ask_until("/v1/health", is_done);
    assert_eq!(health["forwarding"]["records_waiting"], 0, "{health}");
    assert_eq!(standing(&store, &lines[0]), "forwarded");
    store
}

#[test]
fn every_record_is_a_message_that_graylog_does_not_object_to() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &[]);
    let store = forwarded(&site, &graylog, &graylog.url("tcp"), "lists = on");
    let messages = graylog.messages();
    let members = messages.iter().filter(|it| it["_part"].as_i64() > Some(0));
    assert!(members.count() >= 6, "sessions, waits and statements");
    let alive = String::from_utf8(store.get("/health").body).unwrap();
    assert_eq!(alive, "alive\nforwarding: 0 s behind, in step\n");
    let metrics = String::from_utf8(store.get("/metrics").body).unwrap();
    for line in [
        "bitville_store_forward_lag_seconds 0",
        "bitville_store_forward_records_total 7",
        "bitville_store_forward_breakers_open 0",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let status = site.run(&["forward", "status"]);
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("forwarded     7 records"), "{status}");
    assert!(status.contains("waiting       0 records"), "{status}");
}

/// Makes an authority with a certificate for the server, and one for us.
fn make_certificates(site: &Site) {
    let dir = site.path("tls");
    let dir_text = dir.to_str().unwrap();
    let made = site.run(&["cert", "--name", "127.0.0.1", "--dir", dir_text]);
    assert!(made.status.success(), "{made:?}");
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    let issuer_key = rcgen::KeyPair::from_pem(&read("ca.key")).unwrap();
    let issuer = rcgen::Issuer::from_ca_cert_pem(&read("ca.pem"), issuer_key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec!["store".to_owned()]).unwrap();
    parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = parameters.signed_by(&key, &issuer).unwrap();
    std::fs::write(dir.join("client.pem"), certificate.pem()).unwrap();
    let options = {
        use std::os::unix::fs::OpenOptionsExt;
        std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .clone()
    };
    let mut file = options.open(dir.join("client.key")).unwrap();
    std::io::Write::write_all(&mut file, key.serialize_pem().as_bytes()).unwrap();
}

fn tls_options(site: &Site) -> [String; 5] {
    let path = |name: &str| site.path("tls").join(name).to_str().unwrap().to_owned();
    [
        "--tls".to_owned(),
        path("store.pem"),
        path("store.key"),
        "--client-ca".to_owned(),
        path("ca.pem"),
    ]
}

fn tls_settings(site: &Site) -> String {
    let tls = site.path("tls").display().to_string();
    format!(
        "ca_file = \"{tls}/ca.pem\"\nclient_cert = \"{tls}/client.pem\"\nclient_key = \"{tls}/client.key\""
    )
}

#[test]
fn tls_with_certificates_on_both_sides() {
    let site = Site::new();
    make_certificates(&site);
    let options = tls_options(&site);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let graylog = Graylog::start(&site, &options);
    forwarded(&site, &graylog, &graylog.url("tls"), &tls_settings(&site));
}

#[test]
fn a_server_that_wants_a_certificate_is_told_of_by_name() {
    let site = Site::new();
    make_certificates(&site);
    let options = tls_options(&site);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let graylog = Graylog::start(&site, &options);
    let ca_only = tls_settings(&site).lines().next().unwrap().to_owned();
    forward_to(&site, &graylog.url("tls"), &ca_only);
    let store = site.start();
    store.store(&lines());
    // A reset can overtake the server's words, but not every time.
    store.ask_until("/v1/health", |it| {
        let error = it["forwarding"]["servers"][0]["last_error"].as_str();
        error.is_some_and(|error| error.to_lowercase().contains("certificate"))
    });
    assert!(graylog.read().is_empty());
}

#[test]
fn http_with_its_header_and_an_answer_for_each_message() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    let header = site.path("header");
    std::fs::write(&header, "secret\n").unwrap();
    std::fs::set_permissions(&header, std::fs::Permissions::from_mode(0o600)).unwrap();
    let graylog = Graylog::start(&site, &["--http"]);
    let url = format!("{}/gelf", graylog.url("http"));
    let more = format!(
        "frame_max = 60KiB\nhttp_header_file = \"{}\"",
        header.display()
    );
    forwarded(&site, &graylog, &url, &more);
}

#[test]
fn http_without_its_header_says_where_to_look_and_loses_nothing() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &["--http"]);
    forward_to(&site, &format!("{}/gelf", graylog.url("http")), "");
    let store = site.start();
    let lines = lines();
    store.store(&lines);
    let health = store.ask_until("/v1/health", |it| {
        it["forwarding"]["servers"][0]["breaker"] == "open"
    });
    let error = health["forwarding"]["servers"][0]["last_error"]
        .as_str()
        .unwrap();
    assert!(
        error.contains("401") && error.contains("http_header_file"),
        "{error}"
    );
    assert_eq!(standing(&store, &lines[0]), "waiting");
}

#[test]
fn what_is_not_wanted_stays_and_is_told_of() {
    let site = Site::new();
    let graylog = Graylog::start(&site, &[]);
    forward_to(&site, &graylog.url("tcp"), "kinds = \"-weather\"");
    let store = site.start();
    let lines = lines();
    store.store(&lines);
    store.ask_until("/v1/health", |it| {
        it["forwarding"]["records"] == lines.len() - 1
    });
    assert_eq!(standing(&store, &lines[2]), "filtered");
    let health = store.ask_until("/v1/health", |it| it["forwarding"]["records_filtered"] == 1);
    assert_eq!(health["forwarding"]["records_waiting"], 0, "{health}");
    assert!(!graylog.read().contains_key(&event_id(&lines[2])));
}

#[test]
fn a_site_without_graylog_says_so() {
    let site = Site::new();
    let store = site.start();
    let lines = lines();
    store.store(&lines);
    assert_eq!(standing(&store, &lines[0]), "off");
    assert_eq!(store.ask("/v1/health").get("forwarding"), None);
    let missing = store.get(&format!("/v1/records/{}", Uuid::nil()));
    assert_eq!(missing.status, 404, "{missing:?}");
}

#[test]
fn what_people_ask_for_is_done_while_the_store_runs() {
    let site = Site::new();
    let address = crate::graylog::free_address();
    forward_to(&site, &format!("tcp://{address}"), "");
    let store = site.start();
    let skipped = lines();
    store.store(&skipped);
    store.ask_until("/v1/health", |it| {
        it["forwarding"]["servers"][0]["breaker"] != "closed"
    });
    assert!(site.run(&["forward", "skip"]).status.success());
    until("the skip", || {
        (standing(&store, &skipped[0]) == "skipped").then_some(())
    });
    let graylog = Graylog::start_at(&site, address, &[]);
    let wanted = lines();
    store.store(&wanted);
    let read = graylog.await_all(&wanted);
    assert_eq!(read.len(), wanted.len(), "what was skipped stays");
    let from = (now_us() - 3_600 * S).to_string();
    let asked = site.run(&["forward", "replay", "--from", &from]);
    assert!(asked.status.success(), "{asked:?}");
    let all = [skipped, wanted.clone()].concat();
    let read = until("the replay", || {
        let read = graylog.read();
        wanted
            .iter()
            .all(|it| read.get(&event_id(it)) >= Some(&2))
            .then_some(read)
    });
    assert_eq!(read.len(), all.len(), "what was skipped can be asked for");
    let wrong = site.run(&["forward", "replay", "--from", "now", "--to", "-1h"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--from must be before --to"));
}
