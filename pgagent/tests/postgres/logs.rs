//! The server's log, from its files to what a store receives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio_postgres::Client;
use wire::pg::log::{Event, Log};
use wire::record::{Body, Record};

use crate::cluster::{Cluster, eventually};
use crate::program::Program;
use crate::receiver::Receiver;

const REQUEST: &str = "6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501";

fn cluster(destination: &str, more: &[&str]) -> Option<Cluster> {
    let destination = format!("log_destination = '{destination}'");
    let mut settings = vec![
        destination.as_str(),
        "logging_collector = on",
        "log_directory = 'log'",
        "log_filename = 'pg.log'",
        "log_line_prefix = '%m [%p] %q[user=%u,db=%d,app=%a,e=%e] '",
        "log_timezone = 'Asia/Kathmandu'",
        "log_lock_waits = on",
        "deadlock_timeout = 100ms",
    ];
    settings.extend(more);
    Cluster::start(&settings)
}

fn logs(receiver: &Receiver) -> Vec<Log> {
    receiver.bodies(|body| match body {
        Body::PgLog(log) => Some(*log),
        _ => None,
    })
}

/// Says something in the log that can be told from everything else.
async fn mark(client: &Client, number: u32) {
    let sql = format!("SELECT * FROM missing_{number}");
    client.batch_execute(&sql).await.unwrap_err();
}

/// The number of a mark.
fn marked(record: &Record) -> Option<u32> {
    let Ok(Body::PgLog(log)) = record.body() else {
        return None;
    };
    let number = log.text.strip_prefix("relation \"missing_")?;
    number.split('"').next()?.parse().ok()
}

/// Waits until the log is followed: what was there before is passed over.
async fn followed(cluster: &Cluster) {
    let place = cluster.path("agent/journal/serverlog.json");
    eventually("the log to be followed", async || {
        place.exists().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_requests_errors_and_waits_are_told_in_every_format() {
    for destination in ["stderr", "csvlog", "jsonlog"] {
        let Some(cluster) = cluster(destination, &[]) else {
            return;
        };
        let receiver = Receiver::start().await;
        let mut program = Program::start(&cluster, receiver.url());
        followed(&cluster).await;
        let holder = cluster.shop("holder").await;
        holder
            .batch_execute("BEGIN; UPDATE stock SET qty = 41 WHERE sku = 7")
            .await
            .unwrap();
        let request = cluster.shop(&format!("bv:{REQUEST}")).await;
        mark(&request, 1).await;
        let waiting = tokio::spawn(async move {
            let sql = "UPDATE stock SET qty = 4711 WHERE sku = 7";
            request.batch_execute(sql).await
        });
        let wait = eventually("the wait to be told", async || {
            let is_wait = |log: &Log| matches!(&log.event, Event::LockWait(_));
            logs(&receiver).into_iter().find(is_wait)
        })
        .await;
        holder.batch_execute("COMMIT").await.unwrap();
        waiting.await.unwrap().unwrap();

        assert_eq!(
            wait.correlation_id.unwrap().to_string(),
            REQUEST,
            "{destination}"
        );
        assert_eq!(
            wait.statement.as_deref(),
            Some("UPDATE stock SET qty = ? WHERE sku = ?")
        );
        let error = logs(&receiver)
            .into_iter()
            .find(|log| log.event == Event::Error)
            .unwrap();
        assert_eq!(error.sql_state.as_deref(), Some("42P01"), "{destination}");
        assert_eq!(error.user.as_deref(), Some("shop"));
        let record = receiver
            .records()
            .into_iter()
            .find(|record| marked(record).is_some())
            .unwrap();
        let now = daemon::clock::Clock::system().now();
        let age = (now - record.at_us).as_seconds();
        assert!(
            (0.0..60.0).contains(&age),
            "its time is of its zone: {age} s ago"
        );
        program.stop().await;
    }
}

/// What an operator, a tool or the server itself does to a log.
fn rotate(cluster: &Cluster, way: u32) {
    let dir = cluster.path("server/data/log");
    let files = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let is_live = |path: &PathBuf| {
        let extension = path.extension().unwrap_or_default();
        extension == "log" || extension == "csv" || extension == "json"
    };
    let live = files
        .filter(is_live)
        .max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    let live = live.unwrap();
    let copy = |number: u32| PathBuf::from(format!("{}.{number}", live.display()));
    let free = (1..100).map(copy).find(|path| !path.exists()).unwrap();
    match way {
        // logrotate with create: renamed, and the server opens a new one.
        0 => {
            fs::rename(&live, free).unwrap();
            cluster.sql("postgres", "SELECT pg_rotate_logfile()");
        }
        // logrotate with copytruncate. What is written between the two is lost to everybody, so nothing is.
        1 => {
            fs::copy(&live, free).unwrap();
            fs::File::options()
                .write(true)
                .open(&live)
                .unwrap()
                .set_len(0)
                .unwrap();
        }
        // By time or size: a file of another name.
        _ => cluster.sql("postgres", "SELECT pg_rotate_logfile()"),
    }
}

#[tokio::test]
async fn no_entry_of_stderr_is_lost_and_none_told_twice() {
    kill_and_rotate("stderr", 61).await;
}

#[tokio::test]
async fn no_entry_of_csvlog_is_lost_and_none_told_twice() {
    kill_and_rotate("csvlog", 62).await;
}

#[tokio::test]
async fn no_entry_of_jsonlog_is_lost_and_none_told_twice() {
    kill_and_rotate("jsonlog", 63).await;
}

/// Kill after kill, rotation after rotation, and no store all the while.
async fn kill_and_rotate(destination: &str, seed: u64) {
    let Some(cluster) = cluster(destination, &["log_filename = 'pg-%H%M%S.log'"]) else {
        return;
    };
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let url = format!("http://{address}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut program = Program::start(&cluster, &url);
    followed(&cluster).await;
    let client = cluster.shop("marker").await;
    let mut number = 0;
    for round in 0..12 {
        for _ in 0..random.random_range(20..60) {
            number += 1;
            mark(&client, number).await;
        }
        if round % 2 == 0 {
            rotate(&cluster, (round / 2) % 3);
        }
        // At any moment of its work.
        tokio::time::sleep(Duration::from_millis(random.random_range(0..400))).await;
        program.kill();
        number += 1;
        mark(&client, number).await;
        program = Program::start(&cluster, &url);
    }
    let receiver = Receiver::start_at(&address).await;
    eventually("all marks", async || {
        let records = receiver.records();
        let told: BTreeSet<u32> = records.iter().filter_map(marked).collect();
        (told.len() == number as usize).then_some(())
    })
    .await;
    program.stop().await;
    // The store keeps one record of an id.
    let mut ids: BTreeMap<u32, BTreeSet<wire::ids::EventId>> = BTreeMap::new();
    for record in receiver.records() {
        if let Some(number) = marked(&record) {
            ids.entry(number).or_default().insert(record.event_id);
        }
    }
    assert_eq!(ids.len(), number as usize);
    for (number, ids) in ids {
        assert_eq!(ids.len(), 1, "mark {number} is one record");
    }
}
