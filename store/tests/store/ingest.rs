//! What is accepted, what is refused and how, and that sending again changes nothing.

use serde_json::json;

use crate::harness::{Site, exchange};
use crate::records::{now_us, record};

fn weather(count: usize) -> Vec<String> {
    let sky = json!({"sky": "blue"});
    (0..count)
        .map(|_| record("weather", "web1", now_us(), &sky))
        .collect()
}

#[test]
fn a_batch_that_is_sent_again_is_known() {
    let site = Site::new();
    let store = site.start();
    let lines = weather(2_500);
    let first = store.send(&lines).json();
    assert_eq!(first, json!({"stored": 2_500, "known": 0, "put_aside": []}));
    let again = store.send(&lines).json();
    assert_eq!(again, json!({"stored": 0, "known": 2_500, "put_aside": []}));
    assert_eq!(
        store.ask("/v1/health")["records"],
        json!({"weather": 2_500})
    );
}

#[test]
fn a_record_twice_in_one_batch_is_stored_once() {
    let site = Site::new();
    let store = site.start();
    let mut lines = weather(1);
    lines.push(lines[0].clone());
    assert_eq!(
        store.send(&lines).json(),
        json!({"stored": 1, "known": 1, "put_aside": []})
    );
}

#[test]
fn a_bad_line_harms_no_neighbour_and_is_told_with_its_number_and_reason() {
    let site = Site::new();
    let store = site.start();
    let good = weather(2);
    let bad = [
        "garbage".to_owned(),
        good[0].replace("\"shop\"", "\"shop!\""),
        record("request", "web1", now_us(), &json!({"url": "/"})),
        "x".repeat(5 * 1024 * 1024),
    ];
    let mut lines = vec![good[0].clone(), String::new()];
    lines.extend(bad);
    lines.push(good[1].clone());
    let answer = store.send(&lines).json();
    assert_eq!(answer["stored"], 2);
    let told: Vec<(u64, &str)> = answer["put_aside"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["line"].as_u64().unwrap(), it["reason"].as_str().unwrap()))
        .collect();
    let expected = [
        (3, "not a record"),
        (4, "[A-Za-z0-9._-]"),
        (5, "correlation_id"),
        (6, "4194304 bytes"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((line, reason), (expected_line, part)) in told.into_iter().zip(expected) {
        assert_eq!(line, expected_line);
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn zstd_and_gzip_are_read_and_other_encodings_are_refused_with_what_is_allowed() {
    let site = Site::new();
    let store = site.start();
    let plain = weather(10).join("\n");
    let packed = zstd::encode_all(plain.as_bytes(), 3).unwrap();
    let answer = store.send_body(&packed, &["Content-Encoding: zstd"]);
    assert_eq!(answer.json()["stored"], 10, "{answer:?}");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, plain.as_bytes()).unwrap();
    let answer = store.send_body(&gzip.finish().unwrap(), &["Content-Encoding: gzip"]);
    assert_eq!(answer.json()["known"], 10, "{answer:?}");
    let cases: [(&[u8], &str, u16, &str); 3] = [
        (b"x", "Content-Encoding: br", 415, "zstd, gzip or identity"),
        (
            b"no zstd at all",
            "Content-Encoding: zstd",
            400,
            "decompressed",
        ),
        (b"", "Content-Length: 99999999", 413, "33554432 bytes"),
    ];
    for (body, header, status, part) in cases {
        let answer = store.send_body(body, &[header]);
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(
            answer.head.contains("application/problem+json"),
            "{answer:?}"
        );
        assert!(
            answer.json()["detail"].as_str().unwrap().contains(part),
            "{answer:?}"
        );
    }
}

#[test]
fn a_bomb_ends_at_the_bound_and_the_store_goes_on() {
    let site = Site::new();
    let store = site.start();
    let mut packer = zstd::Encoder::new(Vec::new(), 3).unwrap();
    let zeros = vec![b' '; 1024 * 1024];
    for _ in 0..200 {
        std::io::Write::write_all(&mut packer, &zeros).unwrap();
    }
    let bomb = packer.finish().unwrap();
    assert!(
        bomb.len() < 1024 * 1024,
        "a bomb is small before it goes off"
    );
    let answer = store.send_body(&bomb, &["Content-Encoding: zstd"]);
    assert_eq!(answer.status, 413, "{answer:?}");
    store.store(&weather(1));
}

#[test]
fn too_many_records_refuse_the_batch() {
    let site = Site::new();
    let store = site.start();
    let answer = store.send_body("x\n".repeat(50_001).as_bytes(), &[]);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(
        answer.json()["detail"]
            .as_str()
            .unwrap()
            .contains("50000 records")
    );
}

#[test]
fn only_a_good_token_of_the_right_role_passes_and_a_revoked_one_no_more() {
    let site = Site::new();
    let store = site.start();
    let line = weather(1).join("");
    let send = |authorization: &str| {
        let headers: Vec<&str> = [authorization]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect();
        exchange(
            store.ingest,
            "POST",
            "/v1/records",
            &headers,
            line.as_bytes(),
        )
        .unwrap()
        .status
    };
    assert_eq!(send(""), 401);
    assert_eq!(send("Authorization: Basic abc"), 401);
    assert_eq!(send("Authorization: Bearer bvt_0"), 401);
    assert_eq!(
        send(&format!("Authorization: Bearer {}", site.read_token)),
        403
    );
    let late = site.add_token("late", "ingest");
    assert_eq!(send(&format!("Authorization: Bearer {late}")), 200);
    assert!(site.run(&["token", "revoke", "late"]).status.success());
    assert_eq!(send(&format!("Authorization: Bearer {late}")), 401);
    assert_eq!(
        send(&format!("Authorization: Bearer {}", site.ingest_token)),
        200
    );
}

#[test]
fn the_greatest_numbers_do_not_keep_their_neighbours_out() {
    let site = Site::new();
    let store = site.start();
    let id = uuid::Uuid::new_v4();
    let greatest = i64::MAX;
    let session = json!({"pid": 1, "correlation_id": id});
    let bodies = [
        (
            "request",
            json!({"correlation_id": id, "url": "/", "wall_us": greatest,
            "sql": {"count": u32::MAX, "total_us": greatest},
            "memory": {"peak_used_bytes": u64::MAX, "peak_allocated_bytes": u64::MAX}}),
        ),
        (
            "pg_locks",
            json!({"interval_us": greatest, "sessions": [session, session],
            "waits": [{"pid": 1, "blockers": [2]}, {"pid": 1, "blockers": [1]}]}),
        ),
        (
            "pg_locks",
            json!({"interval_us": greatest, "sessions": [session],
            "waits": [{"pid": 1, "blockers": [2], "waited_us": greatest}]}),
        ),
        (
            "gap",
            json!({"reason": "", "records": u64::MAX, "bytes": u64::MAX}),
        ),
        (
            "host_metrics",
            json!({"role": "db", "cores": u32::MAX, "load1": 1e308, "load5": 0.0,
            "load15": 0.0, "interval_us": -5}),
        ),
    ];
    let mut lines = weather(1);
    lines.extend(
        bodies
            .iter()
            .map(|(kind, body)| record(kind, "h", now_us(), body)),
    );
    store.store(&lines);
    for path in ["/v1/timeline", "/v1/locks", "/v1/suspects", "/v1/health"] {
        store.ask(path);
    }
    store.ask(&format!("/v1/requests/{id}"));
}

#[test]
fn a_token_is_good_for_its_project_and_its_networks_alone() {
    let site = Site::new();
    let store = site.start();
    let body = weather(1).join("\n");
    let foreign = body.replace("\"shop\"", "\"blog\"");
    let bound = site.add_token_with("bound", "ingest", &["--project", "shop"]);
    assert_eq!(
        store.send_as(&bound, body.as_bytes(), &[]).json()["stored"],
        1
    );
    let answer = store.send_as(&bound, foreign.as_bytes(), &[]).json();
    let reason = answer["put_aside"][0]["reason"].as_str().unwrap();
    assert_eq!(reason, "project: the token bound is for shop, got blog");

    let near = ["--cidr", "10.0.0.0/8", "--cidr", "127.0.0.0/8"];
    let near = site.add_token_with("near", "ingest", &near);
    assert_eq!(
        store.send_as(&near, body.as_bytes(), &[]).json()["known"],
        1
    );
    let far = site.add_token_with("far", "ingest", &["--cidr", "10.0.0.0/8"]);
    let answer = store.send_as(&far, body.as_bytes(), &["X-Forwarded-For: 10.0.0.1"]);
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.json()["detail"],
        "the token far may not come from 127.0.0.1"
    );
    let list = String::from_utf8(site.run(&["token", "list"]).stdout).unwrap();
    let near = list
        .lines()
        .find(|line| line.starts_with("near\t"))
        .unwrap();
    assert!(
        near.ends_with("all projects\t10.0.0.0/8 127.0.0.0/8"),
        "{near}"
    );
    for (scope, part) in [
        (["--cidr", "10.0.0.1/8"], "10.0.0.0/8"),
        (["--project", "no good"], "[A-Za-z0-9._-]"),
    ] {
        let arguments = [&["token", "add", "bad", "--role", "ingest"][..], &scope].concat();
        let output = site.run(&arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains(part), "{told}");
    }
    let output = site.run(&["token", "add", "bad", "--role", "read", "--project", "shop"]);
    assert!(!output.status.success());
}

#[test]
fn a_token_that_sends_too_much_is_told_when_to_come_again_and_others_are_not() {
    let site = Site::new();
    let path = site.path("settings.ini");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replace("rate_records = 0", "rate_records = 100"),
    )
    .unwrap();
    let other = site.add_token("other", "ingest");
    let store = site.start();
    let body = weather(1_000).join("\n");
    assert_eq!(
        store.send_body(body.as_bytes(), &[]).json()["stored"],
        1_000
    );
    let answer = store.send_body(body.as_bytes(), &[]);
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(
        answer.json()["detail"],
        "the token agent may send 100 records a second"
    );
    let after = answer.head.to_lowercase();
    let after = after.split("retry-after: ").nth(1).unwrap();
    let seconds: u64 = after.split("\r\n").next().unwrap().parse().unwrap();
    assert!((1..=10).contains(&seconds), "{seconds}");
    assert_eq!(
        store.send_as(&other, body.as_bytes(), &[]).json()["known"],
        1_000
    );
}
