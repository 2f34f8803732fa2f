//! Functions and statements of the pile-up and of the calm before it.

use wire::ids::Host;
use wire::query::{
    FunctionGraph, FunctionRow, StatementCaller, StatementCounts, StatementDetail, StatementPlan,
    StatementRoute, StatementRow, Statements, WaitEvent,
};
use wire::sql::{self, Fingerprint};
use wire::time::{Micros, Range};

use super::{CHECKOUT_SQL, REPRICE_SQL, at, seconds};

const PRODUCT_SQL: &str = "SELECT * FROM product WHERE id = ?";
const SESSION_SQL: &str = "SELECT data FROM session WHERE id = ?";

/// Caller, callee, calls, seconds.
type CallPair = (u32, u32, i64, f64);

fn is_calm(range: Range) -> bool {
    range.to_at_us <= at("14:01:10")
}

/// Of the range before the spike another one: without the price rules, with an older template engine.
pub(crate) fn function_graph(range: Range) -> FunctionGraph {
    let (profiles, names, pairs) = if is_calm(range) {
        (1_650, CALM_NAMES, CALM_PAIRS)
    } else {
        (412_u64, NAMES, PAIRS)
    };
    let total = |place: u32, is_into: bool| -> f64 {
        let ends = |pair: &&CallPair| if is_into { pair.1 } else { pair.0 };
        let of_it = pairs.iter().filter(|pair| ends(pair) == place);
        of_it.map(|pair| pair.3).sum()
    };
    let whole = total(0, false) + 12.0;
    let functions = names
        .iter()
        .zip(0..)
        .map(|(name, place)| {
            let inclusive = if place == 0 {
                whole
            } else {
                total(place, true)
            };
            let exclusive = inclusive - total(place, false);
            let into = pairs.iter().filter(|pair| pair.1 == place);
            FunctionRow {
                name: (*name).to_owned(),
                calls: into.map(|pair| pair.2).sum::<i64>().max(if place == 0 {
                    profiles.cast_signed()
                } else {
                    1
                }),
                inclusive_us: seconds(inclusive),
                exclusive_us: seconds(exclusive),
                profiles,
                share: exclusive / whole,
                // Few requests have most of it.
                exclusive_p95_us: Some(seconds(exclusive / f64::from(400) * 2.6)),
            }
        })
        .collect();
    FunctionGraph {
        range,
        profiles,
        sampled_of: None,
        total_us: seconds(whole + 0.34),
        functions,
        pairs: pairs
            .iter()
            .map(|(caller, callee, calls, time)| (*caller, *callee, *calls, seconds(*time)))
            .collect(),
        omitted: 311,
        omitted_us: seconds(0.34),
        omitted_pairs: 0,
    }
}

const NAMES: &[&str] = &[
    "main()",
    "Phalcon\\Mvc\\Application::handle",
    "Shop\\CheckoutController::submitAction",
    "Shop\\Pricing::forCart",
    "Shop\\Pricing\\Rule::match",
    "preg_match",
    "PDOStatement::execute",
    "Shop\\Admin\\Preview::show",
    "Phalcon\\Mvc\\View::render",
    "__other__",
    "gc_collect_cycles",
];

const PAIRS: &[CallPair] = &[
    (0, 1, 412, 1_650.0),
    (1, 2, 371, 1_601.0),
    (1, 7, 41, 44.0),
    (2, 3, 371, 1_250.0),
    (2, 6, 4_000, 340.0),
    (3, 4, 351_920, 1_240.0),
    (7, 4, 10_640, 38.0),
    (4, 5, 3_988_160, 247.0),
    (2, 8, 371, 7.0),
    (2, 9, 1_200, 1.5),
    (8, 10, 3, 0.2),
];

const CALM_NAMES: &[&str] = &[
    "main()",
    "Phalcon\\Mvc\\Application::handle",
    "Shop\\CheckoutController::submitAction",
    "Shop\\Pricing::forCart",
    "Shop\\Pricing\\Rule::match",
    "preg_match",
    "PDOStatement::execute",
    "Shop\\View\\Smarty::fetch",
];

const CALM_PAIRS: &[CallPair] = &[
    (0, 1, 1_650, 800.0),
    (1, 2, 1_650, 790.0),
    (2, 3, 1_650, 230.0),
    (2, 6, 36_300, 380.0),
    (3, 4, 19_800, 195.0),
    (4, 5, 19_800, 33.0),
    (2, 7, 1_650, 90.0),
];

fn statement(text: &str, label: &str, requests: u64, count: u64, total: f64) -> StatementRow {
    let total_us = seconds(total);
    StatementRow {
        fingerprint: sql::fingerprint(text),
        sql: text.to_owned(),
        requests,
        count,
        failed: 0,
        total_us,
        longest_us: Micros(total_us.0 / 12),
        most_in_one: count / requests,
        loops: if count / requests >= 10 { requests } else { 0 },
        caller: Some(format!(
            "Shop\\{}::run",
            label.rsplit('/').next().unwrap_or(label)
        )),
        share: total / 4_050.0,
        routes: vec![StatementRoute {
            label: label.to_owned(),
            requests,
            count,
            total_us,
            loops: 0,
        }],
    }
}

pub(crate) fn statements(range: Range) -> Statements {
    let checkout = "POST /checkout";
    let statements = if is_calm(range) {
        vec![
            statement(SESSION_SQL, "GET /search", 1_100, 1_100, 3.1),
            statement(CHECKOUT_SQL, checkout, 160, 160, 0.9),
            statement(PRODUCT_SQL, checkout, 160, 2_880, 4.5),
        ]
    } else {
        let mut failed = statement(CHECKOUT_SQL, checkout, 312, 312, 3_940.0);
        failed.failed = 4;
        vec![
            failed,
            statement(PRODUCT_SQL, checkout, 312, 5_616, 61.0),
            statement(REPRICE_SQL, "POST /cron/reprice", 1, 29, 48.2),
            statement(SESSION_SQL, "GET /search", 420, 420, 1.4),
        ]
    };
    Statements {
        range,
        total_us: seconds(4_050.6),
        count: 6_377,
        statements,
        omitted: 0,
    }
}

pub(crate) fn statement_detail(range: Range, fingerprint: Fingerprint) -> StatementDetail {
    let caller = |name: Option<&str>, count, total| StatementCaller {
        name: name.map(str::to_owned),
        place: name.map(|_| "/srv/shop/app/Cart/Items.php:41".to_owned()),
        count,
        total_us: seconds(total),
    };
    let wait = |name: &str, time, load| WaitEvent {
        name: name.to_owned(),
        active_us: seconds(time),
        load,
    };
    StatementDetail {
        range,
        fingerprint,
        requests_read: 100,
        callers: vec![
            caller(Some("Shop\\Cart\\Items::load"), 1_700, 18.4),
            caller(None, 100, 1.1),
        ],
        waits: vec![
            wait("lock: transactionid", 3_600.0, 8.1),
            wait("cpu", 38.0, 0.1),
        ],
        database: Some(StatementCounts {
            interval_us: seconds(420.0),
            calls: 5_830,
            rows: 5_830,
            execution_us: seconds(58.0),
            io_us: seconds(0.4),
            blocks_hit: 2_390_300,
            blocks_read: 17_490,
            temporary_blocks_written: 0,
            wal_bytes: 0,
        }),
        plans: vec![StatementPlan {
            at_us: at("14:04:12"),
            host: Host::try_new("db1").expect("a host's name"),
            duration_us: seconds(1.2),
            steps: vec![
                "Limit  rows 1 (planned 1), 1.20 s".to_owned(),
                "  Seq Scan on product  rows 1 (planned 1), 1.20 s  Filter (id = ?)".to_owned(),
            ],
            is_cut: false,
        }],
    }
}
