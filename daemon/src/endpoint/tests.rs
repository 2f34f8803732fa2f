use wire::agent::AgentHealth;

use super::*;

fn moment(seconds: u64, counts: &[(&str, u64)]) -> Moment {
    Moment {
        at: Monotonic(Duration::from_secs(seconds)),
        counts: counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect(),
    }
}

#[test]
fn rates_are_of_what_has_grown_since() {
    let past = moment(100, &[("sent", 10), ("failed", 5), ("same", 1)]);
    let now = moment(
        110,
        &[("sent", 35), ("failed", 5), ("same", 0), ("fresh", 20)],
    );
    let expected = [("fresh".to_owned(), 2.0), ("sent".to_owned(), 2.5)];
    assert_eq!(
        rates(&past, &now),
        (expected.into(), Duration::from_secs(10))
    );
    // No time has passed: there is no rate, and no division by nothing.
    assert_eq!(rates(&now, &now).0, BTreeMap::new());
}

#[test]
fn metrics_are_in_prometheus_text_format() {
    let status = Status {
        health: AgentHealth {
            agent: "collector".to_owned(),
            version: "1.2.3".to_owned(),
            uptime_us: micros(Duration::from_millis(1_500)),
            counters: [("frames_accepted".to_owned(), 7)].into(),
            gauges: [("journal_records".to_owned(), -1)].into(),
            ..AgentHealth::default()
        },
        project: "shop".to_owned(),
        host: "we\"b\\1".to_owned(),
        is_ready: true,
        problems: Vec::new(),
        oldest_unsent_us: None,
        rates: BTreeMap::new(),
        rates_us: micros(Duration::ZERO),
    };
    let expected = "\
# TYPE bitville_collector_info gauge
bitville_collector_info{version=\"1.2.3\",project=\"shop\",host=\"we\\\"b\\\\1\"} 1
# TYPE bitville_collector_ready gauge
bitville_collector_ready 1
# TYPE bitville_collector_uptime_seconds gauge
bitville_collector_uptime_seconds 1.5
# TYPE bitville_collector_oldest_unsent_seconds gauge
bitville_collector_oldest_unsent_seconds 0
# TYPE bitville_collector_frames_accepted_total counter
bitville_collector_frames_accepted_total 7
# TYPE bitville_collector_journal_records gauge
bitville_collector_journal_records -1
";
    assert_eq!(exposition(&status), expected);
}
