use std::fs;
use std::os::unix::fs::OpenOptionsExt;

use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::*;
use crate::journal::{Journal, Options};

mod peer;
mod tls;

use peer::{Peer, Reply};

/// An uplink with a journal in a folder of its own, and waits short enough for a test.
struct Bench {
    dir: TempDir,
    journal: Shared,
    counters: Counters,
    stop: CancellationToken,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            memory_bytes_max: 1 << 20,
            disk_bytes_max: 64 << 20,
        };
        let (journal, _) = Journal::open(&dir.path().join("journal"), options).unwrap();
        let bench = Self {
            dir,
            journal: Shared::new(journal),
            counters: Counters::default(),
            stop: CancellationToken::new(),
        };
        bench.write_token("first-token");
        bench
    }

    fn write_token(&self, token: &str) {
        use std::io::Write;
        let mut file = fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.dir.path().join("token"))
            .unwrap();
        file.write_all(token.as_bytes()).unwrap();
    }

    fn settings(&self, url: &str) -> settings::Uplink {
        settings::Uplink {
            url: url.to_owned(),
            token_file: self.dir.path().join("token"),
            ca_file: None,
            batch_records_max: 8,
            batch_bytes_max: 1 << 20,
            batch_interval: Duration::from_millis(5),
            timeout: Duration::from_millis(500),
            breaker_failures: 3,
            breaker_reset: Duration::from_millis(5),
            backoff_max: Duration::from_millis(5),
        }
    }

    fn uplink(&self, url: &str) -> Uplink {
        let settings = self.settings(url);
        let clock = Clock::system();
        Uplink::new(
            settings,
            self.dir.path(),
            self.journal.clone(),
            clock,
            &self.counters,
        )
        .unwrap()
    }

    fn append(&self, texts: &[&str]) {
        for text in texts {
            self.journal.append(text.as_bytes()).unwrap();
        }
    }

    fn run(&self, url: &str) -> JoinHandle<()> {
        let drain_timeout = Duration::from_secs(30);
        tokio::spawn(self.uplink(url).run(self.stop.clone(), drain_timeout))
    }

    /// Stops the uplink and waits for it; gives how many records are left in the journal.
    async fn stop(&self, uplink: JoinHandle<()>) -> u64 {
        self.stop.cancel();
        uplink.await.unwrap();
        self.journal.stats().records
    }

    fn count(&self, name: &'static str) -> u64 {
        self.counters.counter(name).get()
    }
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| format!("{{\"n\":{n}}}")).collect()
}

fn as_strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn every_record_arrives_in_order_over_one_connection_with_the_token() {
    let bench = Bench::new();
    let mut peer = Peer::start(|request| Reply::commit(&request.lines)).await;
    let texts = numbers(0..30);
    bench.append(&as_strs(&texts));
    let uplink = bench.run(&peer.url);
    let mut arrived = Vec::new();
    while arrived.len() < 30 {
        let request = peer.next().await;
        assert_eq!(request.head("authorization"), Some("Bearer first-token"));
        assert_eq!(request.head("content-type"), Some("application/x-ndjson"));
        assert_eq!(request.head("content-encoding"), Some("zstd"));
        assert!(request.lines.len() <= 8);
        arrived.extend(request.lines);
    }
    assert_eq!((bench.stop(uplink).await, arrived), (0, texts));
    assert_eq!((bench.count("records_sent"), peer.connections()), (30, 1));
}

#[tokio::test]
async fn nothing_is_given_up_while_the_store_answers_nonsense() {
    let bench = Bench::new();
    let mut bad = vec![
        Reply::status("500 Internal Server Error", "boom"),
        Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"stored\":"),
        Reply::raw("\u{0}\u{1}garbage\r\n\r\n"),
        Reply::raw(""),
        Reply::silence(),
        Reply::status("200 OK", "<html>please log in</html>"),
        Reply::status("302 Found", ""),
        Reply::commit(&["one less than was sent".to_owned()]),
    ];
    let bads = bad.len() as u64;
    let mut peer = Peer::start(move |request| match bad.pop() {
        Some(reply) => reply,
        None => Reply::commit(&request.lines),
    })
    .await;
    bench.append(&["a", "b", "c"]);
    let uplink = bench.run(&peer.url);
    for _ in 0..=bads {
        assert_eq!(peer.next().await.lines, ["a", "b", "c"]);
    }
    assert_eq!(bench.stop(uplink).await, 0);
    assert_eq!(
        (bench.count("batches_failed"), bench.count("records_sent")),
        (bads, 3)
    );
    assert_eq!(bench.counters.gauge("breaker_open").get(), 0);
}

#[tokio::test]
async fn a_batch_that_is_refused_is_halved_until_the_guilty_record_is_alone() {
    for status in [
        "400 Bad Request",
        "413 Content Too Large",
        "422 Unprocessable Content",
    ] {
        let bench = Bench::new();
        let mut peer = Peer::start(move |request| {
            if request.lines.iter().any(|line| line.contains("guilty")) {
                Reply::status(status, "line is no record")
            } else {
                Reply::commit(&request.lines)
            }
        })
        .await;
        let mut texts = numbers(0..20);
        texts[5] = "guilty one".to_owned();
        texts[6] = "guilty two".to_owned();
        bench.append(&as_strs(&texts));
        let uplink = bench.run(&peer.url);
        let mut good = 0;
        while good < 18 {
            let lines = peer.next().await.lines;
            if !lines.iter().any(|line| line.contains("guilty")) {
                good += lines.len();
            }
        }
        assert_eq!(bench.stop(uplink).await, 0);
        assert_eq!(
            (
                bench.count("records_sent"),
                bench.count("records_put_aside")
            ),
            (18, 2)
        );
        let aside = fs::read_to_string(bench.dir.path().join("put_aside.ndjson")).unwrap();
        assert_eq!(aside, "guilty one\nguilty two\n");
    }
}

#[tokio::test]
async fn a_refused_token_keeps_everything_until_a_new_one_is_in_its_file() {
    let bench = Bench::new();
    let mut peer = Peer::start(|request| match request.head("authorization") {
        Some("Bearer second-token") => Reply::commit(&request.lines),
        _ => Reply::status("401 Unauthorized", "no such token"),
    })
    .await;
    bench.append(&["a"]);
    let uplink = bench.run(&peer.url);
    peer.next().await;
    assert_eq!(bench.journal.stats().records, 1);
    bench.write_token("second-token");
    while peer.next().await.head("authorization") != Some("Bearer second-token") {}
    assert_eq!(bench.stop(uplink).await, 0);
    assert_eq!(
        bench.counters.last_error().unwrap(),
        "store refused the token, 401"
    );
}

#[tokio::test]
async fn what_the_store_puts_aside_is_counted_and_not_sent_again() {
    let bench = Bench::new();
    let body = r#"{"stored":1,"known":1,"put_aside":[{"line":2,"reason":"project: not allowed"}]}"#;
    let mut peer = Peer::start(move |_| Reply::status("200 OK", body)).await;
    bench.append(&["a", "b", "c"]);
    let uplink = bench.run(&peer.url);
    peer.next().await;
    assert_eq!(bench.stop(uplink).await, 0);
    let counts = ["records_sent", "records_known", "records_put_aside"].map(|n| bench.count(n));
    assert_eq!(counts, [1, 1, 1]);
}

#[tokio::test]
async fn a_store_that_asks_for_time_gets_it_and_opens_no_breaker() {
    let bench = Bench::new();
    let mut uplink = bench.uplink("http://127.0.0.1:1");
    bench.append(&["a"]);
    let batch = bench.journal.peek_batch(1, 1 << 20).unwrap();
    let after = Some(Duration::from_secs(7));
    for _ in 0..10 {
        let round = uplink
            .settle(Verdict::Later { status: 503, after }, &batch)
            .await;
        assert_eq!(round, Round::Wait(Duration::from_secs(7)));
    }
    assert!(!uplink.breaker.is_open());
    assert_eq!(bench.journal.stats().records, 1);
}

#[tokio::test]
async fn an_open_breaker_keeps_the_uplink_from_trying() {
    let bench = Bench::new();
    let (clock, hands) = Clock::manual(wire::time::Instant(0));
    let mut uplink = bench.uplink("http://127.0.0.1:1");
    uplink.clock = clock;
    bench.append(&["a"]);
    for _ in 0..3 {
        uplink.round().await;
    }
    assert_eq!(bench.count("batches_failed"), 3);
    // Nobody listens at port 1: a try would count one failure more.
    assert!(matches!(uplink.round().await, Round::Wait(_)));
    assert_eq!(bench.count("batches_failed"), 3);
    hands.advance(Duration::from_millis(5));
    uplink.round().await;
    assert_eq!(bench.count("batches_failed"), 4);
    assert_eq!(bench.counters.gauge("breaker_open").get(), 1);
}

#[tokio::test]
async fn an_uplink_that_is_stopped_sends_what_waits() {
    let bench = Bench::new();
    let peer = Peer::start(|request| Reply::commit(&request.lines)).await;
    let texts = numbers(0..100);
    bench.append(&as_strs(&texts));
    bench.stop.cancel();
    assert_eq!(bench.stop(bench.run(&peer.url)).await, 0);
    assert_eq!(bench.count("records_sent"), 100);
}

#[tokio::test]
async fn an_uplink_that_is_stopped_without_a_store_leaves_all_in_the_journal() {
    let bench = Bench::new();
    bench.append(&["a", "b"]);
    bench.stop.cancel();
    assert_eq!(bench.stop(bench.run("http://127.0.0.1:1")).await, 2);
}

#[tokio::test]
async fn the_time_for_a_drain_is_bounded_however_the_store_behaves() {
    let bench = Bench::new();
    let mut peer = Peer::start(|_| Reply::silence()).await;
    bench.append(&["a"]);
    let uplink = bench.uplink(&peer.url);
    let running = tokio::spawn(uplink.run(bench.stop.clone(), Duration::ZERO));
    peer.next().await;
    assert_eq!(bench.stop(running).await, 1);
}

#[test]
fn a_token_that_everybody_can_read_stops_the_uplink_from_being_made() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let token = bench.dir.path().join("token");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o604)).unwrap();
    let settings = bench.settings("http://127.0.0.1:1");
    assert!(matches!(
        settings.check_files(),
        Err(settings::SettingsError::Token(_))
    ));
    let clock = Clock::system();
    let uplink = Uplink::new(
        settings,
        &token,
        bench.journal.clone(),
        clock,
        &bench.counters,
    );
    assert!(matches!(uplink, Err(UplinkError::Token(_))));
}

/// Dies with the next batch in work, as far as a file can tell; gives what that batch was called.
async fn die(bench: &Bench) -> String {
    let mut uplink = bench.uplink("http://127.0.0.1:1");
    let (batch, body) = uplink.peek().await.unwrap();
    assert!(body.is_some());
    let name = Suspect::name(&batch);
    let deaths = Suspect::of(&uplink.in_work).map_or(0, |suspect| suspect.deaths_of(&batch));
    uplink.in_work.begin(&name, deaths);
    name
}

#[tokio::test]
async fn a_record_in_work_at_three_deaths_is_put_aside_and_its_neighbours_arrive() {
    let bench = Bench::new();
    let texts = numbers(0..20);
    bench.append(&as_strs(&texts));
    // All of the first batch is under suspicion; then the first of it, alone.
    assert_eq!(die(&bench).await, "0-8");
    assert_eq!(die(&bench).await, "0-1");
    assert_eq!(die(&bench).await, "0-1");
    let mut peer = Peer::start(|request| Reply::commit(&request.lines)).await;
    let uplink = bench.run(&peer.url);
    let mut arrived = Vec::new();
    while arrived.len() < 19 {
        arrived.extend(peer.next().await.lines);
    }
    assert_eq!(arrived, texts[1..]);
    assert_eq!(bench.stop(uplink).await, 0);
    assert_eq!(bench.count("records_put_aside"), 1);
    let aside = fs::read_to_string(bench.dir.path().join("put_aside.ndjson")).unwrap();
    assert_eq!(aside, format!("{}\n", texts[0]));
}

#[tokio::test]
async fn records_that_were_in_work_at_a_death_by_chance_arrive() {
    let bench = Bench::new();
    let texts = numbers(0..20);
    bench.append(&as_strs(&texts));
    die(&bench).await;
    die(&bench).await;
    let mut peer = Peer::start(|request| Reply::commit(&request.lines)).await;
    let uplink = bench.run(&peer.url);
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 20 {
        sizes.push(peer.next().await.lines.len());
    }
    assert_eq!(bench.stop(uplink).await, 0);
    // The one that was alone is alone once more; behind it batches are whole again.
    assert_eq!(sizes[0], 1);
    assert!(sizes.len() <= 5, "{sizes:?}");
    assert_eq!(bench.count("records_put_aside"), 0);
}
