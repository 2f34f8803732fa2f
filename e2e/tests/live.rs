//! One live spike from PHP 7.4 and PostgreSQL to the report, with the store away in the middle.
//!
//! The lab's fault is known, so this asks for two things: that it is named, and that the counts at
//! PHP, collector and store agree although the store was stopped while the spike ran.

use std::process::Command;
use std::time::Duration;

use e2e::api::Api;
use e2e::lab::{Lab, bin_dir};
use e2e::{await_some, lab_possible, skipped};

/// Ports of this test's own, beside a lab that a person may have up on the default ones.
const FIRST_PORT: u16 = 18_600;

#[test]
fn a_live_spike_is_named_and_no_request_is_lost_while_the_store_is_away() {
    if !lab_possible() {
        return skipped("the live spike", "the lab needs root on Debian");
    }
    let lab = Lab::up(FIRST_PORT);
    let mut spike = lab.start(&["spike", "lock-pile-up"]);

    // Away with the store as soon as somebody waits behind a lock: the spike has begun, and most of
    // its requests are still to end.
    let api = lab.api();
    await_some(
        "the store sees the first waiters",
        Duration::from_secs(240),
        || lock_episodes(&api).filter(|episodes| *episodes > 0),
    );
    lab.run(&["stop", "store"]);
    let while_away = lab.acknowledged_by_php();
    await_some(
        "PHP captures more while the store is away",
        Duration::from_secs(120),
        || (lab.acknowledged_by_php() > while_away).then_some(()),
    );
    lab.run(&["start", "store"]);
    let status = spike.wait().expect("the spike ends");
    assert!(status.success(), "scripts/lab spike lock-pile-up: {status}");

    let acknowledged = lab.acknowledged_by_php();
    let (unanswered, given_up) = (lab.unanswered_to_php(), lab.given_up_by_php());
    let by_store = await_some(
        "the store has what PHP handed over",
        Duration::from_secs(60),
        || Some(requests_total(&api)).filter(|stored| *stored >= acknowledged),
    );
    let by_collector = await_some("the collector's health", Duration::from_secs(30), || {
        frames_accepted(&api).filter(|accepted| *accepted >= by_store)
    });
    println!(
        "{acknowledged} acknowledged to PHP, {unanswered} sent by it in other ways, {given_up} given up \
         after its 50 ms, {by_collector} at the collector, {by_store} at the store"
    );
    // PHP may have given up on an answer that was on its way; then the request arrived all the same. And
    // what went another way for want of an answer may have arrived both ways, and is stored once.
    let most = acknowledged + unanswered + given_up;
    assert!(
        (acknowledged..=most).contains(&by_store) && (by_store..=2 * most).contains(&by_collector),
        "{acknowledged} to {most} handed over, {by_collector} at the collector, {by_store} stored"
    );

    let kinds = api.get("/v1/health").expect("the store's health");
    for kind in ["fpm_status", "fpm_slow", "host_metrics"] {
        let records = kinds["records"][kind].as_u64();
        assert!(records > Some(0), "{kind} is missing in {kinds}");
    }

    let report = report(&lab);
    for wanted in [
        "POST /cron/reprice",
        "UPDATE stock SET price_cents",
        "RepriceJob::run",
    ] {
        assert!(
            report.contains(wanted),
            "{wanted:?} is missing in the report:\n{report}"
        );
    }
}

/// Captured requests in the store.
fn requests_total(api: &Api) -> usize {
    let path = "/v1/requests?limit=1&from_at_us=-2h";
    let total = api
        .get(path)
        .ok()
        .and_then(|answer| answer["total"].as_u64());
    usize::try_from(total.unwrap_or_default()).expect("a count")
}

/// Lock episodes that the store knows.
fn lock_episodes(api: &Api) -> Option<usize> {
    let answer = api.get("/v1/locks?from_at_us=-2h").ok()?;
    Some(answer["episodes"].as_array()?.len())
}

/// What the collector last said that it took, in all ways.
fn frames_accepted(api: &Api) -> Option<usize> {
    let health = api.get("/v1/health").ok()?;
    let agents = health["agents"].as_array()?;
    let collector = agents
        .iter()
        .find(|seen| seen["health"]["agent"] == "collector")?;
    let counters = &collector["health"]["counters"];
    let count = |name: &str| counters[name].as_u64().unwrap_or_default();
    let accepted = count("frames_accepted")
        + count("datagrams_accepted")
        + count("spool_accepted")
        // Of a record that was not handed over in time its numbers are a request, too.
        + count("datagrams_stats_of_lost_records");
    usize::try_from(accepted).ok()
}

fn report(lab: &Lab) -> String {
    let output = Command::new(bin_dir().join("bitville-tui"))
        .args(["report", "--settings"])
        .arg(lab.settings())
        .output()
        .expect("bitville-tui runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}
