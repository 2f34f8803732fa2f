//! Hosts, logs and health around the pile-up: not all of them well.

use std::collections::BTreeMap;

use serde_json::json;
use wire::agent::AgentHealth;
use wire::host::Role;
use wire::query::{
    AgentSeen, BreakerState, ClockSeen, ForwardServer, Forwarding, Health, HostSeen, Hosts,
    LogEntry, Logs, MetricsSeen, PoolSeen,
};
use wire::time::Micros;

use super::{CHECKOUT_SQL, NOW, at, checkout_id, host, project, seconds};

pub(crate) fn hosts() -> Hosts {
    let seen = |name: &str, role, cores, load1, heard| HostSeen {
        project: project(),
        host: host(name),
        metrics: Some(MetricsSeen {
            at_us: at(heard),
            role,
            cores,
            load1,
            busy_percent: Some(34.0),
            reading: None,
        }),
        clock: None,
        pools: Vec::new(),
    };
    let mut web1 = seen("web1", Role::Web, 16, 41.5, "14:29:51");
    web1.pools.push(PoolSeen {
        at_us: at("14:29:51"),
        address: "/run/php/fpm.sock".to_owned(),
        pool: Some("www".to_owned()),
        error: None,
        active: Some(40),
        idle: Some(0),
        total: Some(40),
        listen_queue: Some(17),
        children_max_reached: Some(3),
        oldest_us: Some(seconds(81.2)),
        requests: vec![wire::fpm::InFlight {
            pid: 4_711,
            method: "POST".to_owned(),
            uri: "/cron/reprice".to_owned(),
            age_us: wire::time::Micros::from_seconds(39),
            ..wire::fpm::InFlight::default()
        }],
        requests_more: 2,
    });
    let mut db1 = seen("db1", Role::Db, 8, 2.2, "14:29:50");
    db1.clock = Some(ClockSeen {
        at_us: NOW,
        behind_us: Micros(-2_400_000),
        is_corrected: true,
    });
    let web2 = seen("web2", Role::Web, 16, 5.9, "14:02:00");
    Hosts {
        hosts: vec![db1, web1, web2],
    }
}

pub(crate) fn logs() -> Logs {
    let entry = |clock: &str, kind: &str, on: &str, text: &str, body| LogEntry {
        at_us: at(clock),
        project: project(),
        host: host(on),
        kind: kind.to_owned(),
        correlation_id: None,
        text: text.to_owned(),
        body,
    };
    let deadlock = LogEntry {
        correlation_id: Some(checkout_id(0)),
        ..entry(
            "14:05:41",
            "pg_log",
            "db1",
            "deadlock detected",
            json!({"severity": "ERROR", "sql_state": "40P01", "statement": CHECKOUT_SQL,
                   "detail": "Process 20114 waits for ShareLock on transaction 90211"}),
        )
    };
    Logs {
        entries: vec![
            entry(
                "14:08:00",
                "pg_log",
                "db1",
                "checkpoint complete: wrote 812 buffers",
                json!({"severity": "LOG"}),
            ),
            deadlock,
            entry(
                "14:05:02",
                "pg_log",
                "db1",
                "there is already a transaction in progress",
                json!({"severity": "WARNING", "sql_state": "25001"}),
            ),
            entry(
                "14:04:10",
                "fpm_slow",
                "web1",
                "pool www: index.php was in execute at Stock.php:41",
                json!({"pool": "www", "pid": 77, "stack": [{"function": "execute", "file": "Stock.php", "line": 41}]}),
            ),
        ],
        next_to_at_us: None,
    }
}

pub(crate) fn health() -> Health {
    let agent =
        |name: &str, on: &str, heard: &str, gauges: &[(&str, i64)], losses: u64| AgentSeen {
            project: project(),
            host: host(on),
            at_us: at(heard),
            health: AgentHealth {
                agent: name.to_owned(),
                version: "0.1.0".to_owned(),
                pid: 77,
                uptime_us: seconds(86_400.0),
                rss_bytes: Some(9_000_000),
                counters: BTreeMap::from([
                    ("frames_accepted".to_owned(), 48_113),
                    ("frames_refused_checksum".to_owned(), losses),
                ]),
                gauges: gauges
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), *value))
                    .collect(),
                last_error: (losses > 0).then(|| "frame of web1: its checksum is wrong".to_owned()),
            },
        };
    Health {
        version: "0.1.0".to_owned(),
        uptime_us: seconds(260_000.0),
        records_stored: 1_204_113,
        records_known: 12,
        records_put_aside: 0,
        days_unread: 0,
        records: BTreeMap::from([
            ("host_metrics".to_owned(), 51_840),
            ("request".to_owned(), 4_202),
        ]),
        database_bytes: 2_247_664_000,
        forwarding: Some(Forwarding {
            destination: "graylog".to_owned(),
            servers: vec![ForwardServer {
                url: "tcp://graylog1:12201".to_owned(),
                breaker: BreakerState::Open,
                last_error: Some("no connection: connection refused".to_owned()),
            }],
            state: "not delivering: no connection: connection refused".to_owned(),
            lag_us: seconds(640.0),
            records_waiting: 5_120,
            records: 48_113,
            expires_at_us: Some(at("23:00:00")),
            ..Forwarding::default()
        }),
        agents: vec![
            agent("pgagent", "db1", "14:29:50", &[("journal_bytes", 0)], 0),
            agent(
                "collector",
                "web1",
                "14:29:51",
                &[("journal_bytes", 4_096), ("breaker_open", 0)],
                3,
            ),
            agent("collector", "web2", "14:02:00", &[("journal_bytes", 0)], 0),
        ],
    }
}
