//! A lock pile-up as the store would tell it, built in code.
//!
//! At 14:01:10 the job `POST /cron/reprice` updates `stock` in a transaction and then calculates;
//! checkouts queue up behind its row locks until it commits at 14:08:40. One answer per endpoint,
//! for snapshots of the screens and for a server that behaves like a store.

#![allow(dead_code, clippy::too_many_lines)] // Each user takes what it needs; data is long.

mod ops;
mod profiles;
pub(crate) mod sampled;
mod usual;

pub(crate) use ops::{health, hosts, logs};
pub(crate) use profiles::{function_graph, statement_detail, statements};
use sampled::{SAMPLED, sampled};
pub(crate) use usual::comparison;

use std::collections::BTreeMap;

use uuid::Uuid;
use wire::agent::Gap;
use wire::histogram::Histogram;
use wire::host::Role;
use wire::ids::{CorrelationId, EventId, Host, Project, SpikeId};
use wire::profile::Profile;
use wire::query::{
    AwaitedLock, BaselineKind, DatabaseTime, GapSeen, HostSeries, LockEpisode, LockEpisodes,
    LockMoment, LockNode, LockStatement, LockTree, LockVictim, LockWait, Measure, Overview, Party,
    ProjectSeen, Projects, RequestDetail, RequestRow, RequestSeries, Requests, RouteBaseline,
    SessionSample, SessionSeries, Spike, Spikes, Suspect, SuspectKind, SuspectPart, Suspects,
    Timeline, TrafficSeries,
};
use wire::request::{Listener, Memory, Query, Request, Sql, Transaction, Variables};
use wire::time::{Instant, Micros, Range};

/// 2026-11-23 14:29:58 UTC.
pub(crate) const NOW: Instant = Instant(1_795_444_198_000_000);
/// Buckets of the timeline.
const BUCKETS: usize = 240;

const REPRICE_SQL: &str = "UPDATE stock SET price = round(price * ?, 2) WHERE category = ?";
/// What Postgres shows of a session that PDO has cleaned up behind: its last statement.
const LAST_SQL: &str = "DEALLOCATE pdo_stmt_0000002a";
/// Categories that the job goes through, each with a statement of its own.
const CATEGORIES: u32 = 29;
const CHECKOUT_SQL: &str = "UPDATE stock SET qty = qty - ? WHERE sku = ?";

/// An instant of that day.
pub(crate) fn at(clock: &str) -> Instant {
    let midnight = NOW.0 - NOW.0.rem_euclid(86_400_000_000);
    let seconds = clock.split(':').fold(0, |sum, part| {
        sum * 60 + part.parse::<i64>().expect("a clock time")
    });
    Instant(midnight + seconds * 1_000_000)
}

pub(crate) fn range(from: &str, to: &str) -> Range {
    Range {
        from_at_us: at(from),
        to_at_us: at(to),
    }
}

fn seconds(seconds: f64) -> Micros {
    #[expect(clippy::cast_possible_truncation)] // Minutes at most.
    let us = (seconds * 1e6) as i64;
    Micros(us)
}

pub(crate) fn reprice_id() -> CorrelationId {
    id(0xe5f6)
}

pub(crate) fn checkout_id(index: u32) -> CorrelationId {
    id(0xa1b2_0000 + u128::from(index))
}

fn id(number: u128) -> CorrelationId {
    // Spread over all groups, so that the ids look like ids.
    let digits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    CorrelationId(uuid::Builder::from_random_bytes(digits.to_be_bytes()).into_uuid())
}

fn host(name: &str) -> Host {
    Host::try_new(name).expect("a host's name")
}

pub(crate) fn project() -> Project {
    Project::try_new("shop").expect("a project's name")
}

pub(crate) fn overview() -> Overview {
    Overview {
        version: "0.1.0".to_owned(),
        now_at_us: NOW,
        projects: vec![project()],
        hosts: vec![host("web1"), host("db1")],
        data: Some(range("00:00:00", "14:29:58")),
    }
}

pub(crate) fn projects() -> Projects {
    let seen = |name: &str, hosts: &[&str], requests, errors, traffic| ProjectSeen {
        project: Project::try_new(name).expect("a project's name"),
        hosts: hosts.iter().map(|name| host(name)).collect(),
        requests,
        errors,
        traffic,
        last_at_us: Some(if requests > 100 {
            at("14:29:58")
        } else {
            at("11:05:00")
        }),
    };
    Projects {
        projects: vec![
            seen("blog", &["web3"], 12, 0, None),
            seen("shop", &["db1", "web1"], 202, 3, Some(51_200)),
        ],
    }
}

pub(crate) fn spikes() -> Spikes {
    let spike =
        |number, begin, peak, end, measure, on: Option<&str>, values: (f64, f64), class: &str| {
            Spike {
                id: SpikeId(number),
                project: Some(project()),
                host: on.map(host),
                measure,
                begin_at_us: at(begin),
                peak_at_us: at(peak),
                end_at_us: Some(at(end)),
                peak: values.0,
                baseline: values.1,
                wait_class: Some(class.to_owned()),
                reason: format!(
                    "{:.0} against a median of {:.1} in the half hour before",
                    values.0, values.1
                ),
            }
        };
    Spikes {
        spikes: vec![
            spike(
                3,
                "14:01:10",
                "14:05:41",
                "14:08:40",
                Measure::Sessions,
                None,
                (119.0, 4.6),
                "lock",
            ),
            spike(
                2,
                "11:40:00",
                "11:41:10",
                "11:42:10",
                Measure::Load,
                Some("web2"),
                (61.0, 6.8),
                "cpu",
            ),
            spike(
                1,
                "03:12:00",
                "03:14:20",
                "03:16:00",
                Measure::Load,
                Some("db1"),
                (44.0, 6.2),
                "io",
            ),
        ],
    }
}

pub(crate) fn suspects() -> Suspects {
    let part = |label: &str, share| SuspectPart {
        label: label.to_owned(),
        share,
    };
    Suspects {
        range: range("14:01:10", "14:08:40"),
        baseline: range("13:31:10", "14:01:10"),
        compared_with: BaselineKind::Before,
        baselines: vec![BaselineKind::Before, BaselineKind::Yesterday],
        added_load: 142.5,
        suspects: vec![
            Suspect {
                kind: SuspectKind::LockHolder,
                label: "POST /cron/reprice".to_owned(),
                share: 0.61,
                extra_load: 86.9,
                is_new: true,
                confidence: wire::query::Confidence::High,
                evidence: format!(
                    "pid 19607 held locks on stock for 447 s (idle in transaction in 97 % of samples), \
                     118 sessions waiting at worst, 39105 s of waiting; its statement {REPRICE_SQL}"
                ),
                parts: vec![
                    part(
                        &format!("312 × POST /checkout waited  {CHECKOUT_SQL}"),
                        0.48,
                    ),
                    part(
                        "14 × POST /cart/add waited  SELECT qty FROM stock WHERE sku = ? FOR UPDATE",
                        0.13,
                    ),
                ],
                correlation_id: Some(reprice_id()),
                route: Some("POST /cron/reprice".to_owned()),
                fingerprint: None,
            },
            Suspect {
                kind: SuspectKind::Route,
                label: "GET /search".to_owned(),
                share: 0.31,
                extra_load: 44.2,
                is_new: false,
                confidence: wire::query::Confidence::High,
                evidence: "412 captured against 96 before, 6.4 s on average against 0.9 s"
                    .to_owned(),
                parts: Vec::new(),
                correlation_id: None,
                route: Some("GET /search".to_owned()),
                fingerprint: None,
            },
        ],
        unexplained_share: 0.08,
        events: Vec::new(),
    }
}

/// A hill between two clock times on a flat land, as a function of the bucket.
fn hill(range: Range, bucket: usize, calm: f64, peak: f64) -> f64 {
    let at_us =
        range.from_at_us.0 + range.span().0 * i64::try_from(bucket).expect("few buckets") / 240;
    let (begin, end) = (at("14:01:10").0, at("14:08:40").0);
    // Some unrest, the same in each run.
    let ripple = 1.0 + 0.2 * ((bucket * 7 % 11) as f64 / 11.0 - 0.5);
    if (begin..end).contains(&at_us) {
        let rise = ((at_us - begin) as f64 / 120e6).min(1.0);
        let fall = ((end - at_us) as f64 / 60e6).min(1.0);
        (calm + (peak - calm) * rise.min(fall)) * (0.9 + 0.1 * ripple)
    } else {
        calm * ripple
    }
}

/// All requests: their rate falls while the locks are held, since who waits asks no more.
pub(crate) fn traffic(range: Range) -> TrafficSeries {
    let series = |calm, peak| -> Vec<Option<f64>> {
        (0..BUCKETS)
            .map(|bucket| Some(hill(range, bucket, calm, peak)))
            .collect()
    };
    TrafficSeries {
        per_s: series(212.0, 61.0),
        errors_per_s: series(0.1, 4.0),
        in_flight: series(9.0, 150.0),
        p95_us: vec![Some(seconds(0.2)); BUCKETS],
        walls: (0..BUCKETS).map(|bucket| walls(range, bucket)).collect(),
    }
}

/// How long a bucket's requests took: most as always, and while the locks are held some of them long.
fn walls(range: Range, bucket: usize) -> Histogram {
    let mut walls = Histogram::default();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Small and positive.
    let count = |calm, peak| hill(range, bucket, calm, peak).round() as u64;
    for (ms, count) in [
        (40, count(90.0, 30.0)),
        (120, count(400.0, 110.0)),
        (350, count(60.0, 20.0)),
        (14_000, count(0.0, 40.0)),
    ] {
        walls.add_bucket(wire::histogram::bucket(ms * 1_000), count);
    }
    walls.by_half_octaves()
}

pub(crate) fn timeline(range: Range) -> Timeline {
    let series = |calm, peak| -> Vec<Option<f64>> {
        (0..BUCKETS)
            .map(|bucket| Some(hill(range, bucket, calm, peak)))
            .collect()
    };
    let mut web = series(5.8, 187.0);
    // A host that said nothing for a while.
    web[30..34].fill(None);
    let host_series = |name: &str, role, cores, load1| HostSeries {
        host: host(name),
        role,
        cores,
        load1,
        cpu_percent: series(30.0, 70.0),
        stalled_percent: series(0.5, 3.0),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Small and positive.
    let count = |value: f64| value.max(0.0) as u32;
    Timeline {
        from_at_us: range.from_at_us,
        bucket_us: Micros(range.span().0 / 240),
        buckets: BUCKETS,
        hosts: vec![
            host_series("web1", Role::Web, 16, web),
            host_series("db1", Role::Db, 8, series(2.1, 9.0)),
        ],
        sessions: SessionSeries {
            cpu: series(2.4, 6.0),
            io: series(1.1, 2.0),
            lock: series(0.0, 109.0),
            client: series(0.1, 0.2),
            other: series(0.4, 1.0),
            idle_in_transaction: series(0.2, 1.0),
        },
        requests: RequestSeries {
            count: (0..BUCKETS)
                .map(|bucket| count(hill(range, bucket, 3.0, 14.0)))
                .collect(),
            errors: vec![0; BUCKETS],
            in_flight: (0..BUCKETS)
                .map(|bucket| hill(range, bucket, 1.4, 140.0))
                .collect(),
            p95_us: (0..BUCKETS)
                .map(|bucket| Some(seconds(hill(range, bucket, 0.9, 14.2))))
                .collect(),
        },
        traffic: TrafficSeries {
            walls: (0..BUCKETS).map(|bucket| walls(range, bucket)).collect(),
            ..TrafficSeries::default()
        },
        gaps: Vec::new(),
    }
}

pub(crate) fn gap() -> GapSeen {
    GapSeen {
        host: host("web2"),
        at_us: at("14:02:00"),
        gap: Gap {
            reason: "journal_full".to_owned(),
            records: 1_204,
            bytes: 9_000_000,
            until_at_us: Some(at("14:03:00")),
        },
    }
}

fn checkout_row(index: u32) -> RequestRow {
    let wall = 14.21 - f64::from(index) * 0.11;
    RequestRow {
        correlation_id: checkout_id(index),
        at_us: Instant(at("14:03:22").0 + i64::from(index) * 1_310_000),
        project: project(),
        host: host("web1"),
        method: "POST".to_owned(),
        url: "/checkout?step=[redacted]".to_owned(),
        label: "POST /checkout".to_owned(),
        status: Some(if index == 7 { 500 } else { 200 }),
        reason: if index == 7 { "error" } else { "slow" }.to_owned(),
        is_error: index == 7,
        wall_us: seconds(wall),
        sql_count: 22,
        sql_us: seconds(wall - 0.41),
        lock_us: seconds(wall - 0.81),
        blocked_us: Micros(0),
        memory_peak_bytes: Some(39_845_888),
        client: None,
    }
}

fn reprice_row() -> RequestRow {
    RequestRow {
        correlation_id: reprice_id(),
        at_us: at("14:01:08"),
        project: project(),
        host: host("web1"),
        method: "POST".to_owned(),
        url: "/cron/reprice".to_owned(),
        label: "POST /cron/reprice".to_owned(),
        status: Some(200),
        reason: "slow".to_owned(),
        is_error: false,
        wall_us: seconds(453.8),
        sql_count: 4 + 2 * CATEGORIES,
        sql_us: seconds(2.77),
        lock_us: Micros(0),
        blocked_us: Micros((0..40).map(|index| lock_wait(index).waited_us.0).sum()),
        memory_peak_bytes: Some(83_886_080),
        client: None,
    }
}

/// The requests in the order asked for, and of one route if one is given.
pub(crate) fn requests(sort: &str, route: Option<&str>) -> Requests {
    let mut rows: Vec<RequestRow> = (0..40).map(checkout_row).collect();
    rows.push(reprice_row());
    rows.retain(|row| route.is_none_or(|route| row.label == route));
    rows.sort_by_key(|row| {
        std::cmp::Reverse(match sort {
            "-at_us" => row.at_us.0,
            "-sql_us" => row.sql_us.0,
            "-lock_us" => row.lock_us.0,
            "-blocked_us" => row.blocked_us.0,
            "-memory" => i64::try_from(row.memory_peak_bytes.unwrap_or(0)).unwrap_or(0),
            _ => row.wall_us.0,
        })
    });
    Requests {
        total: rows.len() as u64,
        total_is_exact: true,
        requests: rows,
        next: None,
    }
}

fn reprice_party() -> Party {
    Party {
        pid: 19_607,
        correlation_id: Some(reprice_id()),
        label: "POST /cron/reprice".to_owned(),
        url: Some("/cron/reprice".to_owned()),
        state: Some("idle in transaction".to_owned()),
        query: Some(LAST_SQL.to_owned()),
        caller: None,
        took_lock: Some(LockStatement {
            query: REPRICE_SQL.to_owned(),
            count: CATEGORIES,
            caller: Some("Shop\\Pricing\\Repricer::store".to_owned()),
        }),
    }
}

fn checkout_party(index: u32) -> Party {
    Party {
        pid: 20_114 + i32::try_from(index).expect("few checkouts"),
        correlation_id: Some(checkout_id(index)),
        label: "POST /checkout".to_owned(),
        url: Some("/checkout?step=[redacted]".to_owned()),
        state: Some("active".to_owned()),
        query: Some(CHECKOUT_SQL.to_owned()),
        caller: Some("Shop\\Stock::reserve".to_owned()),
        took_lock: None,
    }
}

fn lock_wait(index: u32) -> LockWait {
    let row = checkout_row(index);
    LockWait {
        waiter: checkout_party(index),
        // Row locks queue: all but the first wait behind another checkout.
        blocker: if index % 3 == 1 {
            checkout_party(index - 1)
        } else {
            reprice_party()
        },
        root: reprice_party(),
        lock_type: Some("transactionid".to_owned()),
        mode: Some("ShareLock".to_owned()),
        relation: Some("stock".to_owned()),
        begin_at_us: Instant(row.at_us.0 + 340_000),
        end_at_us: Instant(row.at_us.0 + row.wall_us.0 - 200_000),
        waited_us: row.lock_us,
    }
}

fn query(
    start: f64,
    duration: f64,
    sql: &str,
    caller: Option<(&str, &str)>,
    in_transaction: bool,
) -> Query {
    Query {
        start_us: seconds(start),
        duration_us: seconds(duration),
        sql: sql.to_owned(),
        connection: Some(1),
        in_transaction,
        caller: caller.map(|(name, _)| name.to_owned()),
        caller_at: caller.map(|(_, place)| place.to_owned()),
        ..Query::default()
    }
}

fn profile(edges: &[(i64, i64, i64, f64)], names: &[&str]) -> Profile {
    Profile {
        engine: "tideways_xhprof".to_owned(),
        shape: "call_pairs".to_owned(),
        metrics: vec!["calls".to_owned(), "wall_us".to_owned()],
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        edges: edges
            .iter()
            .map(|(parent, child, calls, wall)| [*parent, *child, *calls, seconds(*wall).0])
            .collect(),
        folded_edges: 3,
        ..Profile::default()
    }
}

fn request(row: &RequestRow, action: &str) -> Request {
    Request {
        correlation_id: row.correlation_id,
        reason: row.reason.clone(),
        method: row.method.clone(),
        url: row.url.clone(),
        route: None,
        action: Some(action.to_owned()),
        status: row.status,
        sapi: "fpm-fcgi".to_owned(),
        pid: Some(4_711),
        client: Some("10.0.0.7".to_owned()),
        headers: BTreeMap::from([("user-agent".to_owned(), "Mozilla/5.0".to_owned())]),
        variables: Some(Variables {
            post: BTreeMap::from([("sku".to_owned(), "[redacted]".to_owned())]),
            cookies: vec!["session".to_owned()],
            ..Variables::default()
        }),
        session: None,
        request_body_bytes: None,
        response_body_bytes: None,
        files: None,
        wall_us: row.wall_us,
        queue_us: Some(Micros(1_800)),
        cpu_user_us: Some(Micros(171_000)),
        cpu_system_us: Some(Micros(19_000)),
        memory: Some(Memory {
            peak_used_bytes: row.memory_peak_bytes.unwrap_or(0),
            peak_allocated_bytes: 41_943_040,
            limit_bytes: Some(134_217_728),
        }),
        runtime: None,
        error: None,
        sql: None,
        profile: None,
        listener: Some(Listener {
            version: "0.1.0".to_owned(),
            self_us: Micros(2_300),
            skipped: vec!["headers: 2 not on the list".to_owned()],
            ..Listener::default()
        }),
    }
}

/// The job that held the locks.
pub(crate) fn reprice() -> RequestDetail {
    let row = reprice_row();
    let mut request = request(&row, "CronController::repriceAction");
    let store = Some((
        "Shop\\Pricing\\Repricer::store",
        "src/Pricing/Repricer.php:88",
    ));
    let categories = Some((
        "Shop\\Pricing\\Repricer::categories",
        "src/Pricing/Repricer.php:41",
    ));
    let mut queries = vec![
        query(
            0.02,
            0.61,
            "SELECT * FROM category WHERE reprice = true",
            categories,
            false,
        ),
        query(1.9, 0.000_4, "BEGIN", None, false),
    ];
    // Per category a question, a change, and then 15 s of PHP.
    let rules = "SELECT * FROM price_rule WHERE category = ? ORDER BY priority";
    for category in 0..CATEGORIES {
        let start = 2.0 + f64::from(category) * 15.5;
        queries.push(query(start, 0.012, rules, categories, true));
        queries.push(query(start + 0.02, 0.056, REPRICE_SQL, store, true));
    }
    queries.push(query(
        452.1,
        0.19,
        "INSERT INTO price_log (category, factor) VALUES (?, ?)",
        store,
        true,
    ));
    queries.push(query(452.4, 0.000_9, "COMMIT", None, true));
    request.sql = Some(Sql {
        count: row.sql_count,
        total_us: row.sql_us,
        transactions: vec![Transaction {
            start_us: seconds(1.9),
            duration_us: seconds(450.6),
            end: "commit".to_owned(),
        }],
        queries,
        ..Sql::default()
    });
    request.profile = Some(profile(
        &[
            (-1, 0, 1, 453.8),
            (0, 1, 1, 453.6),
            (1, 2, 1, 451.0),
            (2, 3, 4_200, 446.2),
            (2, 4, 30, 1.85),
            (3, 5, 92_400, 318.0),
            (1, 6, 1, 0.97),
            (4, 7, 30, 1.82),
            (6, 7, 30, 0.95),
        ],
        &[
            "main()",
            "CronController::repriceAction",
            "Shop\\Pricing\\Repricer::run",
            "Shop\\Pricing\\Rule::match",
            "Shop\\Pricing\\Repricer::store",
            "preg_match",
            "Shop\\Pricing\\Repricer::categories",
            "PDOStatement::execute",
        ],
    ));
    RequestDetail {
        database: DatabaseTime::default(),
        given_at_us: None,
        logs: Vec::new(),
        overall: None,
        event_id: EventId(Uuid::from_u128(0x019a_b1c2_0000_7000_8000_0000_0000_0001)),
        request,
        samples: vec![SessionSample {
            interval_us: Micros::from_seconds(1),
            is_by_pid: false,
            at_us: at("14:05:41"),
            pid: 19_607,
            state: Some("idle in transaction".to_owned()),
            wait_class: "idle_in_transaction".to_owned(),
            wait_event: Some("ClientRead".to_owned()),
            query: Some(LAST_SQL.to_owned()),
        }],
        waited_for: Vec::new(),
        blocked: (0..40).map(lock_wait).collect(),
        baseline: None,
        row,
    }
}

/// One of those who waited.
pub(crate) fn checkout(index: u32) -> RequestDetail {
    let row = checkout_row(index);
    let mut request = request(&row, "CheckoutController::submitAction");
    let items = Some(("Shop\\Cart::items", "src/Cart.php:41"));
    let reserve = Some(("Shop\\Stock::reserve", "src/Stock.php:63"));
    let mut queries = vec![query(
        0.004,
        0.002_1,
        "SELECT * FROM cart WHERE session = ?",
        items,
        false,
    )];
    let product = "SELECT * FROM product WHERE id = ?";
    queries.extend(
        (0..18).map(|step| query(0.01 + f64::from(step) * 0.012, 0.004, product, items, false)),
    );
    queries.push(query(0.28, 0.000_3, "BEGIN", None, false));
    queries.push(query(
        0.3,
        row.wall_us.as_seconds() - 0.59,
        CHECKOUT_SQL,
        reserve,
        true,
    ));
    queries.push(query(
        row.wall_us.as_seconds() - 0.2,
        0.000_9,
        "COMMIT",
        None,
        true,
    ));
    request.sql = Some(Sql {
        count: 22,
        total_us: row.sql_us,
        transactions: vec![Transaction {
            start_us: seconds(0.28),
            duration_us: seconds(row.wall_us.as_seconds() - 0.47),
            end: "commit".to_owned(),
        }],
        queries,
        ..Sql::default()
    });
    let wall = row.wall_us.as_seconds();
    let pairs = profile(
        &[
            (-1, 0, 1, wall),
            (0, 1, 1, wall - 0.01),
            (1, 2, 1, wall - 0.55),
            (2, 3, 1, wall - 0.57),
            (1, 4, 1, 0.21),
            (4, 3, 19, 0.08),
            (1, 5, 1, 0.08),
        ],
        &[
            "main()",
            "CheckoutController::submitAction",
            "Shop\\Stock::reserve",
            "PDOStatement::execute",
            "Shop\\Cart::items",
            "Phalcon\\Mvc\\View::render",
        ],
    );
    request.profile = Some(if index == SAMPLED {
        sampled(wall)
    } else {
        pairs
    });
    RequestDetail {
        database: DatabaseTime::default(),
        given_at_us: None,
        logs: Vec::new(),
        overall: None,
        event_id: EventId(Uuid::from_u128(0x019a_b1c2_0000_7000_8000_0000_0000_0002)),
        request,
        samples: Vec::new(),
        waited_for: vec![lock_wait(index)],
        blocked: Vec::new(),
        baseline: Some(RouteBaseline {
            label: "POST /checkout".to_owned(),
            range: range("13:31:10", "14:01:10"),
            count: 4_211,
            wall_avg_us: seconds(0.41),
            wall_p50_us: seconds(0.36),
            wall_p95_us: seconds(0.92),
            sql_avg_us: seconds(0.2),
            sql_count_avg: 21.0,
        }),
        row,
    }
}

pub(crate) fn request_detail(correlation_id: CorrelationId) -> Option<RequestDetail> {
    if correlation_id == reprice_id() {
        return Some(reprice());
    }
    (0..40)
        .find(|index| checkout_id(*index) == correlation_id)
        .map(checkout)
}

/// Who waited at a moment: at first nobody, then more and more, until the job commits.
pub(crate) fn lock_tree(range: Range, at_us: Option<Instant>) -> LockTree {
    let waiting = |second: i64| u32::try_from((second / 3 + 1).min(118)).unwrap_or(0);
    let begin = at("14:01:12");
    let moments: Vec<LockMoment> = (0..448)
        .map(|second| LockMoment {
            at_us: begin + Micros::from_seconds(second),
            waiting: waiting(second),
        })
        .filter(|it| range.contains(it.at_us))
        .collect();
    let worst = moments.iter().rev().max_by_key(|it| it.waiting);
    let worst_at_us = worst.map(|it| it.at_us);
    let at_us = match at_us {
        None => worst_at_us,
        Some(at_us) => moments
            .iter()
            .rfind(|it| it.at_us <= at_us)
            .map(|it| it.at_us),
    };
    let Some(at_us) = at_us else {
        return LockTree {
            moments,
            worst_at_us,
            ..LockTree::default()
        };
    };
    let count = waiting((at_us - begin).0 / 1_000_000).min(40);
    let mut nodes = vec![LockNode {
        depth: 0,
        party: reprice_party(),
        wait: None,
        behind: count,
    }];
    nodes.extend((0..count).map(|index| LockNode {
        depth: if index % 8 == 1 { 2 } else { 1 },
        party: checkout_party(index),
        wait: Some(AwaitedLock {
            lock_type: Some("transactionid".to_owned()),
            mode: Some("ShareLock".to_owned()),
            relation: Some("stock".to_owned()),
            waited_us: Micros::from_seconds(i64::from(count - index)),
        }),
        behind: u32::from(index % 8 == 0),
    }));
    LockTree {
        moments,
        worst_at_us,
        at_us: Some(at_us),
        nodes,
        nodes_left_out: 0,
    }
}

pub(crate) fn locks() -> LockEpisodes {
    let victim = |label: &str, query: &str, count, waited, id| LockVictim {
        label: label.to_owned(),
        query: Some(query.to_owned()),
        count,
        waited_us: seconds(waited),
        correlation_id: Some(id),
    };
    LockEpisodes {
        episodes: vec![LockEpisode {
            root: reprice_party(),
            begin_at_us: at("14:01:12"),
            end_at_us: at("14:08:40"),
            worst_at_us: at("14:05:41"),
            waiters_peak: 118,
            waited_us: seconds(39_105.0),
            relation: Some("stock".to_owned()),
            victims: vec![
                victim(
                    "POST /checkout",
                    CHECKOUT_SQL,
                    312,
                    30_770.0,
                    checkout_id(0),
                ),
                victim(
                    "POST /cart/add",
                    "SELECT qty FROM stock WHERE sku = ? FOR UPDATE",
                    14,
                    8_335.0,
                    checkout_id(1),
                ),
            ],
        }],
    }
}
