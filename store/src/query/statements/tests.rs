use super::*;
use crate::calendar::Day;
use crate::query::bench::{Bench, NOON, request};

fn queries(sql: &[(&str, usize)]) -> String {
    let each = sql.iter().flat_map(|(sql, count)| {
        (0..*count).map(move |number| {
            let sql = sql.replace('?', &number.to_string());
            serde_json::json!({"start_us": 0, "duration_us": 100 + number, "sql": sql})
        })
    });
    let queries: Vec<_> = each.collect();
    let (count, total_us) = (queries.len(), 100 * queries.len());
    let sql = serde_json::json!({"count": count, "total_us": total_us, "queries": queries});
    format!(r#","sql":{sql}"#)
}

fn question() -> Question {
    Question {
        range: Range {
            from_at_us: NOON,
            to_at_us: NOON + Micros::from_seconds(600),
        },
        project: None,
        route: None,
        fingerprint: None,
        is_loops_only: false,
        order: Order::Total,
        limit: 10,
    }
}

fn bench() -> Bench {
    let mut bench = Bench::new();
    let many = queries(&[("SELECT * FROM item WHERE id = ?", 12), ("SELECT 1", 1)]);
    let few = queries(&[("SELECT * FROM item WHERE id = ?", 2)]);
    let records = [
        ("request", NOON, request(1, "/list", 9_000, &many)),
        ("request", NOON, request(2, "/item", 9_000, &few)),
    ];
    // A record that came after midnight is told with the others.
    bench.store(Day::of(NOON), &records[..1]);
    bench.store(Day::of(NOON).plus(1), &records[1..]);
    bench
}

#[test]
fn statements_of_one_shape_are_one_and_loops_are_told() {
    let answer = ask(&bench().ask(), &question()).unwrap();
    let item = &answer.statements[0];
    assert_eq!(item.sql, "SELECT * FROM item WHERE id = ?");
    assert_eq!(
        item.fingerprint,
        wire::sql::fingerprint("select * from item where id = 77")
    );
    assert_eq!(
        (item.requests, item.count, item.loops, item.most_in_one),
        (2, 14, 1, 12)
    );
    assert_eq!(item.longest_us, Micros(111));
    let routes: Vec<_> = item
        .routes
        .iter()
        .map(|it| (it.label.as_str(), it.count))
        .collect();
    assert_eq!(routes, [("GET /list", 12), ("GET /item", 2)]);
    assert_eq!(answer.count, 15);
    let share: f64 = answer.statements.iter().map(|it| it.share).sum();
    assert!((share - 1.0).abs() < 1e-9, "{share}");
}

#[test]
fn a_question_can_be_about_one_route_one_shape_or_loops_alone() {
    let bench = bench();
    let shapes = |question: &Question| {
        let answer = ask(&bench.ask(), question).unwrap();
        let rows = answer.statements.into_iter();
        rows.map(|it| (it.sql, it.count)).collect::<Vec<_>>()
    };
    let item = "SELECT * FROM item WHERE id = ?".to_owned();
    let of_route = Question {
        route: Some("GET /item".to_owned()),
        ..question()
    };
    assert_eq!(shapes(&of_route), [(item.clone(), 2)]);
    let loops = Question {
        is_loops_only: true,
        ..question()
    };
    assert_eq!(shapes(&loops), [(item, 14)]);
    let one = Question {
        fingerprint: Some(wire::sql::fingerprint("SELECT 1")),
        ..question()
    };
    assert_eq!(shapes(&one).len(), 1);
}

#[test]
fn a_short_range_has_nothing_of_the_rest_of_its_minute_and_knows_its_callers() {
    let mut bench = Bench::new();
    let at = |seconds: i64| NOON + Micros::from_seconds(seconds);
    let issued = |sql: &str, caller: &str, us: i64| {
        let query =
            serde_json::json!({"start_us": 0, "duration_us": us, "sql": sql, "caller": caller});
        let sql = serde_json::json!({"count": 1, "total_us": us, "queries": [query]});
        format!(r#","sql":{sql}"#)
    };
    let records = [
        (
            "request",
            at(1),
            request(1, "/a", 9_000, &issued("SELECT 1", "A::a", 10)),
        ),
        (
            "request",
            at(2),
            request(2, "/a", 9_000, &issued("SELECT 2", "B::b", 30)),
        ),
        (
            "request",
            at(3),
            request(3, "/b", 9_000, &issued("SELECT a", "C::c", 10)),
        ),
    ];
    bench.store(Day::of(NOON), &records);
    let of = |from: i64, to: i64| {
        let range = Range {
            from_at_us: at(from),
            to_at_us: at(to),
        };
        let question = Question {
            range,
            ..question()
        };
        let answer = ask(&bench.ask(), &question).unwrap();
        let rows = answer.statements.into_iter();
        rows.map(|row| (row.sql, row.count, row.caller.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let row = |sql: &str, count, caller: &str| (sql.to_owned(), count, caller.to_owned());
    assert_eq!(of(2, 3), [row("SELECT ?", 1, "B::b")]);
    assert_eq!(of(0, 3), [row("SELECT ?", 2, "B::b")]);
    assert_eq!(of(3, 4), [row("SELECT a", 1, "C::c")]);
    // From the sums, which know no callers.
    let summed = of(0, 3_600);
    assert_eq!(summed, [row("SELECT ?", 2, ""), row("SELECT a", 1, "")]);
}

#[test]
fn the_sums_and_the_bodies_tell_the_same() {
    let bench = bench();
    let one = ask(&bench.ask(), &question()).unwrap();
    let range = Range {
        to_at_us: NOON + Micros::from_seconds(7_200),
        ..question().range
    };
    let all = Question {
        range,
        ..question()
    };
    let other = ask(&bench.ask(), &all).unwrap();
    assert_eq!(one.statements, other.statements);
}
