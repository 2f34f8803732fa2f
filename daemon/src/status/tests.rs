use super::*;

fn status(counters: &[(&str, u64)], gauges: &[(&str, i64)]) -> Status {
    let named = |(name, value): &(&str, u64)| ((*name).to_owned(), *value);
    Status {
        health: AgentHealth {
            agent: "collector".to_owned(),
            version: "1.2.3".to_owned(),
            pid: 4711,
            uptime_us: Micros::from_seconds(93_784),
            rss_bytes: Some(7_400_000),
            counters: counters.iter().map(named).collect(),
            gauges: gauges
                .iter()
                .map(|(name, level)| ((*name).to_owned(), *level))
                .collect(),
            last_error: Some("uplink: connection refused".to_owned()),
        },
        project: "shop".to_owned(),
        host: "web1".to_owned(),
        is_ready: false,
        problems: vec!["the journal takes no records".to_owned()],
        oldest_unsent_us: Some(Micros::from_seconds(185)),
        rates: [("frames_accepted".to_owned(), 12.34)].into(),
        rates_us: Micros::from_seconds(60),
    }
}

#[test]
fn a_status_tells_the_worst_first_and_leaves_out_what_never_happened() {
    let status = status(
        &[
            ("frames_accepted", 1_234),
            ("frames_refused_checksum", 2),
            ("frames_refused_json", 0),
            ("records_sent", 1),
            ("batches_failed", 3),
            ("workers_died", 1),
        ],
        &[
            ("journal_records", 41),
            ("journal_bytes", 3_500_000),
            ("journal_memory_bytes", 100),
            ("journal_disk_bytes", 16_777_216),
            ("journal_segments", 1),
            ("breaker_state", 2),
        ],
    );
    let expected = "\
collector 1.2.3 on web1 for shop: NOT READY
  ! the journal takes no records
process      pid 4711, up 1 d 2 h, 7.1 MiB resident
queue        41 records, 3.3 MiB (100 B of it in memory, 16.0 MiB on disk in 1 segment)
oldest       began 3 min 5 s ago and is not at the store
uplink       breaker OPEN: nothing is sent for now; 1 record sent (0.0/s), 3 batches failed
taken
  frames_accepted                            1234  12.3/s
dropped or refused
  frames_refused_checksum                       2  0.0/s
workers
  workers_died                                  1  0.0/s
last error   uplink: connection refused
";
    assert_eq!(status.render(), expected);
}

#[test]
fn a_status_survives_its_own_json() {
    let status = status(&[("records_sent", 5)], &[("journal_records", 1)]);
    let text = serde_json::to_string(&status).unwrap();
    let again: Status = serde_json::from_str(&text).unwrap();
    assert_eq!(again.render(), status.render());
}

#[test]
fn spans_and_sizes_are_told_in_their_two_or_three_digits() {
    let spans = [
        0,
        350_000,
        59_000_000,
        61_000_000,
        3_661_000_000,
        90_000_000_000,
    ];
    assert_eq!(
        spans.map(|us| span(Micros(us))),
        [
            "0 ms",
            "350 ms",
            "59 s",
            "1 min 1 s",
            "1 h 1 min",
            "1 d 1 h"
        ]
    );
    assert_eq!(
        [0, 1_023, 1_536, 120 << 20, 5 << 40].map(size),
        ["0 B", "1023 B", "1.5 KiB", "120 MiB", "5120 GiB"]
    );
}
