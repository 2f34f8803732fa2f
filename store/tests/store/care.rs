//! Looking after the databases: check, backup, import, clocks.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use serde_json::json;
use uuid::Uuid;

use crate::harness::Site;
use crate::records::{S, now_us, record, request};

fn some_requests(count: usize) -> Vec<String> {
    let at_us = now_us();
    (0..count)
        .map(|_| request(Uuid::new_v4(), ("GET", "/a"), at_us, S, ("SELECT 1", "f")))
        .collect()
}

fn said(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

#[test]
fn a_check_tells_a_whole_database_from_a_damaged_one() {
    let site = Site::new();
    let store = site.start();
    store.store(&some_requests(20));
    let output = site.run(&["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        said(&output.stdout).contains("20 records\tin order"),
        "{output:?}"
    );
    store.stop();
    let day = std::fs::read_dir(site.data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| is_day(path))
        .unwrap();
    let connection = Connection::open(day).unwrap();
    connection
        .execute("UPDATE body SET zstd = x'00' WHERE record_id = 7", [])
        .unwrap();
    connection
        .execute("DELETE FROM body WHERE record_id = 9", [])
        .unwrap();
    drop(connection);
    let output = site.run(&["check"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = said(&output.stdout);
    assert!(
        told.contains("the body of record 7 can't be read"),
        "{told}"
    );
    assert!(
        told.contains("every record has a body: 20 and 19 differ"),
        "{told}"
    );
}

fn is_day(path: &std::path::Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    name.starts_with("20") && name.ends_with(".db")
}

#[test]
fn a_check_does_not_pass_over_a_day_that_it_can_not_read() {
    let site = Site::new();
    let old = Connection::open(site.data().join("2026-01-01.db")).unwrap();
    old.execute_batch("PRAGMA user_version = 2;").unwrap();
    let output = site.run(&["check"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = said(&output.stdout);
    assert!(
        told.contains("2026-01-01") && told.contains("another schema"),
        "{told}"
    );
}

#[test]
fn a_backup_is_whole_although_the_store_goes_on_writing() {
    let site = Site::new();
    let store = site.start();
    store.store(&some_requests(50));
    let is_done = AtomicBool::new(false);
    let copy = site.path("copy");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                store.store(&some_requests(50));
            }
        });
        let output = site.run(&["backup", copy.to_str().unwrap()]);
        is_done.store(true, Ordering::Relaxed);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    });
    let settings = format!("[store]\ndata_dir = \"{}\"\n", copy.display());
    std::fs::write(site.path("settings.ini"), settings).unwrap();
    let output = site.run(&["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = said(&output.stdout);
    let records: u64 = told.split(['\t', ' ']).nth(1).unwrap().parse().unwrap();
    assert!(records >= 50 && records.is_multiple_of(50), "{told}");
    assert!(said(&site.run(&["token", "list"]).stdout).contains("agent"));
    let output = site.run(&["backup", copy.to_str().unwrap()]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "a backup took another's place"
    );
}

#[test]
fn an_import_brings_records_back_and_twice_changes_nothing() {
    let (one, other) = (Site::new(), Site::new());
    let lines = some_requests(30);
    one.start().store(&lines);
    let exported = one.run(&["export"]);
    std::fs::write(other.path("recording"), exported.stdout).unwrap();
    std::fs::write(other.path("token"), &other.ingest_token).unwrap();
    std::fs::set_permissions(other.path("token"), Permissions::from_mode(0o600)).unwrap();
    let store = other.start();
    let url = format!("http://{}", store.ingest);
    let (recording, token) = (other.path("recording"), other.path("token"));
    let import = || {
        let output = other.run(&[
            "import",
            recording.to_str().unwrap(),
            "--url",
            &url,
            "--token-file",
            token.to_str().unwrap(),
        ]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        said(&output.stderr)
    };
    assert!(import().contains("30 records stored, 0 known"));
    assert!(import().contains("0 records stored, 30 known"));
    let (mut there, mut here) = (other.export(), lines);
    there.sort();
    here.sort();
    let same = |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let there: Vec<_> = there.iter().map(same).collect();
    assert!(here.iter().map(same).all(|line| there.contains(&line)));
}

#[test]
fn a_clock_that_is_behind_is_shown_and_taken_out_where_times_are_compared() {
    let site = Site::new();
    let store = site.start();
    let (begin, behind) = (now_us() - 60 * S, 90 * S);
    let id = Uuid::new_v4();
    let body = json!({
        "correlation_id": id, "method": "GET", "url": "/", "wall_us": 20 * S, "pid": 4711,
        "sql": {"count": 1, "total_us": S, "connections": [{"connection": 1, "backend_pid": 77}]},
    });
    store.store(&[record("request", "web1", begin, &body)]);
    // The database's host is 90 s behind, and its backend did not carry the request's id.
    let sample = |at_us: i64, pid: i32| {
        let session = json!({"pid": pid, "state": "active", "wait_event_type": "IO", "wait_event": "DataFileRead"});
        let body = json!({
            "interval_us": S, "backends": 1, "max_connections": 100, "self_us": 1,
            "active": {"cpu": 0, "io": 1, "lock": 0, "client": 0, "other": 0, "idle_in_transaction": 0},
            "sessions": [session],
        });
        record("pg_activity", "db1", at_us, &body)
    };
    let lines = [
        sample(begin + 5 * S - behind, 77),
        sample(begin + 6 * S - behind, 77),
        // Another backend, and the same one after the request.
        sample(begin + 7 * S - behind, 78),
        sample(begin + 30 * S - behind, 77),
    ];
    let sent = format!("bitville-sent-at-us: {}", now_us() - behind);
    let answer = store.send_body(lines.join("\n").as_bytes(), &[&sent]);
    assert_eq!(answer.json()["stored"], 4, "{answer:?}");
    let hosts = store.ask("/v1/hosts");
    let db = hosts["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|host| host["host"] == "db1")
        .unwrap();
    let measured = db["clock"]["behind_us"].as_i64().unwrap();
    assert!((behind..behind + 60 * S).contains(&measured), "{measured}");
    assert_eq!(db["clock"]["is_corrected"], true);
    let detail = store.ask(&format!("/v1/requests/{id}"));
    let samples = detail["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 2, "{samples:?}");
    for sample in samples {
        assert_eq!(sample["is_by_pid"], true);
        let at_us = sample["at_us"].as_i64().unwrap();
        assert!(at_us >= begin && at_us <= begin + 20 * S, "{at_us}");
    }
    assert_eq!(detail["database"]["io_us"], 2 * S);
}

#[test]
fn a_lock_holder_without_an_id_is_named_by_its_backend_and_the_time() {
    let site = Site::new();
    let store = site.start();
    let begin = now_us() - 120 * S;
    let (holder, waiter) = (Uuid::new_v4(), Uuid::new_v4());
    let body = |id: Uuid, path: &str, pid: i32| {
        json!({"correlation_id": id, "method": "POST", "url": path, "wall_us": 40 * S,
               "sql": {"count": 1, "total_us": S, "connections": [{"connection": 1, "backend_pid": pid}]}})
    };
    let session = |pid: i32| json!({"pid": pid, "user": "shop", "state": "active"});
    let samples = (5..30).map(|second: i64| {
        let body = json!({
            "interval_us": S, "sessions": [session(77), session(78)],
            "waits": [{"pid": 78, "blockers": [77], "waited_us": second * S, "lock_type": "tuple"}],
        });
        record("pg_locks", "db1", begin + second * S, &body)
    });
    // The samples come first.
    store.store(&samples.collect::<Vec<_>>());
    store.store(&[
        record("request", "web1", begin, &body(holder, "/reprice", 77)),
        record("request", "web1", begin, &body(waiter, "/checkout", 78)),
        // The same backend served another one afterwards.
        record(
            "request",
            "web1",
            begin + 60 * S,
            &body(Uuid::new_v4(), "/later", 77),
        ),
    ]);
    let locks = store.ask("/v1/locks");
    let episode = &locks["episodes"][0];
    assert_eq!(
        episode["root"]["correlation_id"],
        holder.to_string(),
        "{locks}"
    );
    assert_eq!(episode["root"]["label"], "POST /reprice");
    assert_eq!(episode["victims"][0]["label"], "POST /checkout");
    let detail = store.ask(&format!("/v1/requests/{waiter}"));
    assert_eq!(
        detail["waited_for"][0]["root"]["correlation_id"],
        holder.to_string()
    );
    let detail = store.ask(&format!("/v1/requests/{holder}"));
    assert_eq!(
        detail["blocked"][0]["waiter"]["correlation_id"],
        waiter.to_string()
    );
    // Behind a pooler, two requests at once name one backend: nobody is named then.
    store.store(&[record(
        "request",
        "web1",
        begin,
        &body(Uuid::new_v4(), "/other", 77),
    )]);
    let locks = store.ask("/v1/locks");
    assert_eq!(
        locks["episodes"][0]["root"]["correlation_id"],
        serde_json::Value::Null
    );
}

#[test]
fn a_slow_log_entry_and_its_request_find_each_other() {
    let site = Site::new();
    let store = site.start();
    let begin = now_us() - 60 * S;
    let id = Uuid::new_v4();
    let body =
        json!({"correlation_id": id, "method": "GET", "url": "/", "wall_us": 20 * S, "pid": 4711});
    let slow = |pid: i32| {
        json!({"pool": "www", "pid": pid, "logged": "x", "script": "index.php",
               "stack": [{"function": "sleep", "file": "a.php", "line": 3}]})
    };
    // The entry comes first, and another worker's with it.
    store.store(&[
        record("fpm_slow", "web1", begin + 5 * S, &slow(4711)),
        record("fpm_slow", "web1", begin + 5 * S, &slow(4712)),
    ]);
    store.store(&[record("request", "web1", begin, &body)]);
    let detail = store.ask(&format!("/v1/requests/{id}"));
    let logs = detail["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 1, "{logs:?}");
    assert_eq!(
        logs[0]["text"],
        "pool www: index.php was in sleep at a.php:3"
    );
    let entries = store.ask("/v1/logs");
    let of = |pid: i64| {
        let mut entries = entries["entries"].as_array().unwrap().iter();
        entries.find(|it| it["body"]["pid"] == pid).unwrap()["correlation_id"].clone()
    };
    assert_eq!(of(4711), id.to_string());
    assert_eq!(of(4712), serde_json::Value::Null);
}

#[test]
fn an_entry_of_the_servers_log_and_its_request_find_each_other() {
    let site = Site::new();
    let store = site.start();
    let begin = now_us() - 60 * S;
    let id = Uuid::new_v4();
    let body = json!({"correlation_id": id, "method": "GET", "url": "/", "wall_us": 20 * S, "pid": 4711,
                      "sql": {"count": 1, "total_us": 5, "queries": [], "connections": [{"connection": 1, "us": 10, "backend_pid": 815}]}});
    let error = |pid: i32| {
        json!({"severity": "ERROR", "sql_state": "23505", "pid": pid, "text": "duplicate key",
               "statement": "INSERT INTO t VALUES (?)", "event": {"class": "error"}})
    };
    // By the backend while it served the request; another backend's; the same backend's before and after.
    store.store(&[
        record("pg_log", "db1", begin + 5 * S, &error(815)),
        record("pg_log", "db1", begin + 5 * S, &error(816)),
        record("pg_log", "db1", begin - 5 * S, &error(815)),
        record("pg_log", "db1", begin + 25 * S, &error(815)),
        // Not by the number that its worker happens to have on another machine.
        record("pg_log", "web1", begin + 5 * S, &error(4711)),
    ]);
    let mut named = error(900);
    named["correlation_id"] = json!(id);
    store.store(&[record("pg_log", "db1", begin + 6 * S, &named)]);
    store.store(&[record("request", "web1", begin, &body)]);
    let detail = store.ask(&format!("/v1/requests/{id}"));
    let logs = detail["logs"].as_array().unwrap();
    let pids: Vec<i64> = logs
        .iter()
        .map(|it| it["body"]["pid"].as_i64().unwrap())
        .collect();
    assert_eq!(pids, [815, 900], "{logs:?}");
    assert_eq!(
        logs[0]["text"],
        "ERROR: duplicate key: INSERT INTO t VALUES (?)"
    );
    let entries = store.ask("/v1/logs?kind=pg_log");
    let entries = entries["entries"].as_array().unwrap();
    let of_request = entries
        .iter()
        .filter(|it| it["correlation_id"] == id.to_string());
    assert_eq!((entries.len(), of_request.count()), (6, 2));
}

#[test]
fn a_wait_is_of_the_project_that_waits() {
    let site = Site::new();
    let store = site.start();
    let session =
        |pid: i32, project: &str| json!({"pid": pid, "project": project, "state": "active"});
    let body = json!({
        "interval_us": S, "sessions": [session(77, "shop"), session(78, "blog")],
        "waits": [{"pid": 78, "blockers": [77], "waited_us": S, "lock_type": "tuple"}],
    });
    store.store(&[record("pg_locks", "db1", now_us() - 60 * S, &body)]);
    let count = |project: &str| {
        let locks = store.ask(&format!("/v1/locks?project={project}"));
        locks["episodes"].as_array().unwrap().len()
    };
    assert_eq!((count("blog"), count("shop")), (1, 0));
}

#[test]
fn what_a_server_tells_every_minute_is_found_by_its_kind() {
    let site = Site::new();
    let store = site.start();
    let at = now_us() - 60 * S;
    store.store(&[
        record(
            "pg_database",
            "db1",
            at,
            &json!({"connections": {"active": 3, "max": 100}, "hints": ["log_lock_waits is off"]}),
        ),
        record(
            "pg_statements",
            "db1",
            at,
            &json!({"interval_us": 60 * S, "version": "1.10", "others_count": 0, "known": 1, "statements": [
                {"query_id": "7", "statement": "SELECT ?", "calls": 9, "execution_us": 3 * S}]}),
        ),
    ]);
    let text = |query: &str| {
        let logs = store.ask(&format!("/v1/logs{query}"));
        logs["entries"][0]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(text(""), "", "they are no news");
    assert_eq!(
        text("?kind=pg_database"),
        "3 active, 0 idle in transaction, 0 idle of 100 connections; log_lock_waits is off"
    );
    assert_eq!(
        text("?kind=pg_statements"),
        "3.0 s of statements in 60 s, 100 % of it SELECT ?"
    );
}
