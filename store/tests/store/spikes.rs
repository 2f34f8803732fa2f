//! A lock pile-up sent over HTTP is found, and its holder named.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::Site;
use crate::records::{S, activity, locks, now_us, record, request, session};
use crate::traffic::traffic;

const VICTIMS: i32 = 20;

/// Five quiet minutes, then a job on whose locks twenty checkouts wait for 40 s.
pub(crate) fn pile_up(job: Uuid) -> Vec<String> {
    let begin = now_us() / (10 * S) * (10 * S) - 120 * S;
    let quiet = |at: i64| activity(at, usize::try_from(at / S % 3).unwrap(), &[]);
    let mut lines: Vec<String> = (-300..0).map(|second| quiet(begin + second * S)).collect();
    let victims: Vec<Uuid> = (0..VICTIMS).map(|_| Uuid::new_v4()).collect();
    let mut sessions = vec![session(
        19_607,
        job,
        "idle in transaction",
        "UPDATE stock SET price = $1",
    )];
    sessions.extend((1..).zip(&victims).map(|(pid, id)| {
        session(
            20_000 + pid,
            *id,
            "active",
            "UPDATE stock SET qty = qty - $1",
        )
    }));
    for second in 1..=40 {
        let at = begin + second * S;
        lines.push(activity(at, 1, &sessions));
        lines.push(locks(at, &sessions));
    }
    lines.extend((41..100).map(|second| quiet(begin + second * S)));
    let slow = |path: &str, id: Uuid, sql| request(id, ("POST", path), begin, 41 * S, sql);
    lines.push(slow(
        "/cron/reprice",
        job,
        ("UPDATE stock SET price = :p", "Reprice::run"),
    ));
    let sql = ("UPDATE stock SET qty = qty - :n", "Checkout::submit");
    lines.extend(victims.iter().map(|id| slow("/checkout", *id, sql)));
    lines
}

#[test]
fn a_lock_pile_up_is_one_spike_and_its_holder_explains_it() {
    let site = Site::new();
    let store = site.start();
    let job = Uuid::new_v4();
    store.store(&pile_up(job));
    let ended = |answer: &Value| answer["spikes"][0]["end_at_us"].is_i64();
    let spikes = store.ask_until("/v1/spikes", ended);
    assert_eq!(spikes["spikes"].as_array().unwrap().len(), 1, "{spikes}");
    let spike = &spikes["spikes"][0];
    assert_eq!(
        (&spike["measure"], &spike["wait_class"]),
        (&"sessions".into(), &"lock".into())
    );
    let reason = spike["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("21 sessions active in the database"),
        "{reason}"
    );
    assert!(reason.contains("20 of them waiting for locks"), "{reason}");

    let id = &spike["id"];
    assert_eq!(store.ask(&format!("/v1/spikes/{id}")), *spike);
    let marked_at = spike["begin_at_us"].as_i64().unwrap() - 600 * S;
    let mark = json!({"what": "deployment", "text": "2.4.1"});
    store.store(&[record("mark", "web1", marked_at, &mark)]);
    let path = format!("/v1/suspects?spike={id}");
    let answer = store.ask_until(&path, |answer| answer["events"] != json!([]));
    assert_eq!(answer["events"][0]["class"], "deployment");
    assert_eq!(answer["events"][0]["text"], "2.4.1");
    let answer = store.ask(&format!("/v1/suspects?spike={id}"));
    let first = &answer["suspects"][0];
    assert_eq!(first["kind"], "lock_holder");
    assert_eq!(first["label"], "POST /cron/reprice");
    assert_eq!(first["correlation_id"], job.to_string());
    assert_eq!(first["is_new"], true);
    assert!(first["share"].as_f64().unwrap() > 0.9, "{answer}");
    let evidence = first["evidence"].as_str().unwrap();
    assert!(
        evidence.contains("pid 19607 held locks on stock"),
        "{evidence}"
    );
    assert!(
        evidence.contains("20 sessions waiting at worst"),
        "{evidence}"
    );
    let victims = first["parts"][0]["label"].as_str().unwrap();
    assert!(
        victims.starts_with("20 × POST /checkout waited"),
        "{victims}"
    );
    let shares: f64 = answer["suspects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|suspect| suspect["share"].as_f64().unwrap())
        .sum();
    assert!((shares + answer["unexplained_share"].as_f64().unwrap() - 1.0).abs() < 1e-6);
}

#[test]
fn a_spike_keeps_its_number_when_late_data_changes_it_after_a_restart() {
    let site = Site::new();
    let store = site.start();
    store.store(&pile_up(Uuid::new_v4()));
    let ended = |answer: &Value| answer["spikes"][0]["end_at_us"].is_i64();
    let before = store.ask_until("/v1/spikes", ended);
    store.kill();
    let store = site.start();
    let peak_at = before["spikes"][0]["peak_at_us"].as_i64().unwrap();
    store.store(&[activity(peak_at + 5 * S, 500, &[])]);
    let peak = |answer: &Value| answer["spikes"][0]["peak"].as_f64();
    let after = store.ask_until("/v1/spikes", |answer| peak(answer) > peak(&before));
    assert_eq!(after["spikes"].as_array().unwrap().len(), 1, "{after}");
    assert_eq!(after["spikes"][0]["id"], before["spikes"][0]["id"]);
}

#[test]
fn a_range_is_compared_with_yesterday_where_there_is_data() {
    let site = Site::new();
    let store = site.start();
    store.store(&pile_up(Uuid::new_v4()));
    let ended = |answer: &Value| answer["spikes"][0]["end_at_us"].is_i64();
    let spikes = store.ask_until("/v1/spikes", ended);
    let spike = &spikes["spikes"][0];
    let path = format!("/v1/suspects?spike={}&baseline=yesterday", spike["id"]);
    let without = store.ask(&path);
    assert_eq!(without["compared_with"], "yesterday");
    assert_eq!(without["baselines"], serde_json::json!(["before"]));
    assert_eq!(
        without["baseline"]["from_at_us"],
        without["baseline"]["to_at_us"]
    );

    // The day before, the database was as busy with nobody waiting.
    let begin = spike["begin_at_us"].as_i64().unwrap() - 86_400 * S;
    let reading = |second: i64| activity(begin + second * S, 10, &[]);
    let yesterday: Vec<String> = (-120..120).map(reading).collect();
    store.store(&yesterday);
    let is_there =
        |answer: &Value| answer["baselines"] == serde_json::json!(["before", "yesterday"]);
    let with = store.ask_until(&path, is_there);
    let span =
        |range: &Value| range["to_at_us"].as_i64().unwrap() - range["from_at_us"].as_i64().unwrap();
    assert_eq!(span(&with["baseline"]), span(&with["range"]).max(60 * S));
    assert_eq!(with["suspects"][0]["label"], "POST /cron/reprice");
    let added = |answer: &Value| answer["added_load"].as_f64().unwrap();
    assert!(added(&with) < added(&without) - 5.0, "{with} {without}");

    let refused = store.get("/v1/suspects?baseline=monday");
    assert_eq!(refused.status, 400, "{refused:?}");
    let detail = refused.json().to_string();
    assert!(
        detail.contains("before, yesterday or last_week"),
        "{detail}"
    );
}

#[test]
fn what_explains_a_spike_is_kept_when_its_records_are_gone() {
    let site = Site::new();
    let store = site.start();
    store.store(&pile_up(Uuid::new_v4()));
    let ended = |answer: &Value| answer["spikes"][0]["end_at_us"].is_i64();
    let spikes = store.ask_until("/v1/spikes", ended);
    let id = &spikes["spikes"][0]["id"];
    let path = format!("/v1/spikes/{id}/evidence");
    // What is made anew for each answer has another time each time.
    let kept = store.ask_until(&path, |answer| {
        answer["judged_at_us"] == store.ask(&path)["judged_at_us"]
    });
    assert_eq!(kept["spike"], spikes["spikes"][0]);
    let suspects = store.ask(&format!("/v1/suspects?spike={id}"));
    assert_eq!(kept["suspects"][0], suspects);
    assert_eq!(suspects["suspects"][0]["label"], "POST /cron/reprice");
    let lock = &kept["timeline"]["sessions"]["lock"];
    assert!(
        lock.as_array()
            .unwrap()
            .iter()
            .any(|it| it.as_f64() > Some(15.0))
    );

    store.stop();
    for entry in std::fs::read_dir(site.data()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("20") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let store = site.start();
    assert_eq!(store.ask("/v1/overview")["data"], Value::Null);
    assert_eq!(store.ask(&path), kept);
    assert_eq!(store.ask(&format!("/v1/suspects?spike={id}")), suspects);
    assert_eq!(store.get("/v1/spikes/99/evidence").status, 404);
}

#[test]
fn late_data_changes_what_was_kept() {
    let site = Site::new();
    let store = site.start();
    let lines = pile_up(Uuid::new_v4());
    // The requests come last: without them, nobody knows whose session held the locks.
    let (samples, requests) = lines.split_at(lines.len() - usize::try_from(VICTIMS).unwrap() - 1);
    store.store(samples);
    let ended = |answer: &Value| answer["spikes"][0]["end_at_us"].is_i64();
    let spikes = store.ask_until("/v1/spikes", ended);
    let id = &spikes["spikes"][0]["id"];
    let path = format!("/v1/spikes/{id}/evidence");
    let first = |answer: &Value| answer["suspects"][0]["suspects"][0]["label"].clone();
    let is_kept = |answer: &Value| answer["judged_at_us"] == store.ask(&path)["judged_at_us"];
    let before = store.ask_until(&path, is_kept);
    assert_ne!(first(&before), "POST /cron/reprice");
    store.store(requests);
    let after = store.ask_until(&path, |answer| {
        first(answer) == "POST /cron/reprice" && is_kept(answer)
    });
    assert!(after["judged_at_us"].as_i64() > before["judged_at_us"].as_i64());
}

/// Load of one host, every 10 s from some seconds before `end` on; `high` from ten minutes before it to the last 20 s.
fn loads(end: i64, high: f64) -> Vec<String> {
    let reading = |second: i64| {
        let load = if (-600..-20).contains(&second) {
            high
        } else {
            0.4
        };
        let body = json!({"role": "web", "cores": 4, "interval_us": 10 * S, "load1": load,
            "load5": 1.0, "load15": 1.0});
        record("host_metrics", "web1", end + second * S, &body)
    };
    (-180..0).map(|step| reading(step * 10)).collect()
}

#[test]
fn what_every_day_has_at_that_time_is_no_spike() {
    let site = Site::new();
    let store = site.start();
    let end = now_us() / (10 * S) * (10 * S);
    for days in 1..=3 {
        store.store(&loads(end - days * 86_400 * S, 40.0));
    }
    // Yesterday at this hour nothing was usual yet: these are three spikes, the last of them today's.
    store.store(&loads(end - 6 * 3_600 * S, 40.0));
    let today = |answer: &Value| {
        let begins = answer["spikes"].as_array().unwrap().iter();
        begins
            .filter(|it| it["begin_at_us"].as_i64() > Some(end - 86_000 * S))
            .count()
    };
    store.ask_until("/v1/spikes", |answer| today(answer) == 1);
    store.store(&loads(end, 40.0));
    // The detector has looked at it when it has found what lies beside it.
    let failing = |second: i64| {
        let count = if second >= -60 { 300 } else { 0 };
        traffic("web1", end + second * S, 1_000, count, 10_000)
    };
    let lines: Vec<String> = (-60..-1).map(|step| failing(step * 10)).collect();
    store.store(&lines);
    let spikes = store.ask_until("/v1/spikes", |answer| today(answer) == 2);
    let spike = &spikes["spikes"][0];
    assert_eq!(spike["measure"], "errors", "{spikes}");
    let reason = spike["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("30.0 failed requests a second, where 0.0 are usual"),
        "{reason}"
    );
    assert!(
        !reason.contains("load"),
        "the load is that of every day: {reason}"
    );
}

#[test]
fn a_request_is_compared_with_others_of_its_route() {
    let site = Site::new();
    let store = site.start();
    let begin = now_us() - 600 * S;
    let sql = ("SELECT * FROM stock", "Stock::all");
    let usual = |second: i64| {
        let place = begin + second * S;
        request(Uuid::new_v4(), ("GET", "/list"), place, S, sql)
    };
    let mut lines: Vec<String> = (0..8).map(usual).collect();
    let slow = Uuid::new_v4();
    lines.push(request(slow, ("GET", "/list"), begin + 9 * S, 9 * S, sql));
    lines.push(request(
        Uuid::new_v4(),
        ("GET", "/other"),
        begin,
        30 * S,
        sql,
    ));
    store.store(&lines);
    let answer = store.ask(&format!("/v1/requests/{slow}/comparison"));
    assert_eq!(
        (&answer["label"], &answer["requests"]),
        (&json!("GET /list"), &json!(8))
    );
    let first = &answer["figures"][0];
    assert_eq!(first["value"], 9 * S, "{answer}");
    assert_eq!((&first["p50"], &first["p95"]), (&json!(S), &json!(S)));
    let wall = answer["figures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["kind"] == "wall");
    assert_eq!(
        wall.unwrap()["unusual"],
        160.0,
        "8 s over scatter of 5 % of 1 s"
    );
    assert_eq!(store.get("/v1/requests/nonsense/comparison").status, 400);
    let unknown = format!("/v1/requests/{}/comparison", Uuid::new_v4());
    assert_eq!(store.get(&unknown).status, 404);
}

#[test]
fn a_host_that_is_stalled_is_a_spike_although_its_load_is_low() {
    let site = Site::new();
    let store = site.start();
    let end = now_us() / (10 * S) * (10 * S);
    let readings: Vec<String> = (-60..0)
        .map(|step| {
            let full = if (-20..-10).contains(&step) { 43.0 } else { 0.5 };
            let pressure = json!({"cpu_some_percent": 0.0, "io_some_percent": full, "io_full_percent": full,
                "memory_some_percent": 0.0, "memory_full_percent": 0.0});
            let body = json!({"role": "db", "cores": 4, "interval_us": 10 * S, "load1": 1.0, "load5": 1.0,
                "load15": 1.0, "pressure": pressure});
            record("host_metrics", "db1", end + step * 10 * S, &body)
        })
        .collect();
    store.store(&readings);
    let ended = |answer: &Value| answer["spikes"][0]["end_at_us"].is_i64();
    let spike = &store.ask_until("/v1/spikes", ended)["spikes"][0];
    assert_eq!(
        (&spike["measure"], &spike["host"], &spike["peak"]),
        (&"pressure".into(), &"db1".into(), &43.0.into())
    );
    let reason = "all of db1 stalled for want of memory or disk in 43 % of the time, 86 times the median of 0.5";
    assert_eq!(spike["reason"], reason);
    // The same of a range that is read from the sums, whose minutes are not all stalled.
    let (from, to) = (end - 7_200 * S, end);
    for range in [
        format!("from_at_us={}&to_at_us={end}&buckets=60", end - 600 * S),
        format!("from_at_us={from}&to_at_us={to}&buckets=120"),
    ] {
        let timeline = store.ask(&format!("/v1/timeline?{range}"));
        let stalled = timeline["hosts"][0]["stalled_percent"].as_array().unwrap();
        let highest = stalled.iter().filter_map(Value::as_f64).fold(0.0, f64::max);
        assert!((25.0..=43.1).contains(&highest), "{range}: {stalled:?}");
    }
}
