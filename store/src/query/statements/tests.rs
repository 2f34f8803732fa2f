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
