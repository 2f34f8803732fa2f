use proptest::prelude::*;

use super::*;

/// Each statement, and what it is without its values.
const SHAPES: &[(&str, &str)] = &[
    ("select 1", "SELECT ?"),
    ("  SELECT\n\t1 ; ", "SELECT ?"),
    (
        "Select * From Cart Where Session='8f3a'",
        "SELECT * FROM cart WHERE session = ?",
    ),
    (
        "SELECT \"Cart\".* FROM \"Cart\"",
        "SELECT \"Cart\".* FROM \"Cart\"",
    ),
    ("select count ( * ) from t", "SELECT count(*) FROM t"),
    // Strings of every kind.
    (
        "select 'it''s', E'it\\'s', $$it's$$, $q$ $$ $q$",
        "SELECT ?, ?, ?, ?",
    ),
    (
        "select b'01', X'ff', N'x', U&'d\\0061t'",
        "SELECT ?, ?, ?, ?",
    ),
    ("select 'a'\n  'b'", "SELECT ?"),
    (
        "select date '2024-01-01' + interval '1 day'",
        "SELECT date ? + interval ?",
    ),
    (
        "select U&\"d\\0061t\" from t",
        "SELECT U&\"d\\0061t\" FROM t",
    ),
    // Numbers and their signs.
    (
        "select 1, 1.5, .5, 1e10, 1.5E-3, 0xFF, 1_000",
        "SELECT ?, ?, ?, ?, ?, ?, ?",
    ),
    (
        "select * from t where a=-5 and b between -1 and +2",
        "SELECT * FROM t WHERE a = ? AND b BETWEEN ? AND ?",
    ),
    (
        "update t set a = a -1, b = b - 1",
        "UPDATE t SET a = a - ?, b = b - ?",
    ),
    // Parameters of the server, of PDO, and what only looks like one.
    (
        "select $1, ?, :sku, a::int, t.b::text",
        "SELECT ?, ?, ?, a::int, t.b::text",
    ),
    ("select a[1:2], a[i:j]", "SELECT a[? : ?], a[i : j]"),
    (
        "select a ?| array['x','y'], ?||'x' from t where d @? '$.a'",
        "SELECT a ?| ARRAY[?], ? || ? FROM t WHERE d @? ?",
    ),
    // Lists.
    (
        "select * from t where id in (1,2,3)",
        "SELECT * FROM t WHERE id IN (?)",
    ),
    (
        "select * from t where id IN($1)",
        "SELECT * FROM t WHERE id IN (?)",
    ),
    (
        "select * from t where (a,b) in ((1,'x'),(2,'y'))",
        "SELECT * FROM t WHERE (a, b) IN ((?, ?))",
    ),
    (
        "insert into t(a,b) values (1,'x'),(2,'y') returning a",
        "INSERT INTO t(a, b) VALUES (?, ?) RETURNING a",
    ),
    (
        "insert into t values (1, null, true)",
        "INSERT INTO t VALUES (?, ?, ?)",
    ),
    (
        "insert into t values (1, now()), (2, default)",
        "INSERT INTO t VALUES (?, now()), (?, DEFAULT)",
    ),
    (
        "select substr(a, 1, 1), any(array[1,2])",
        "SELECT substr(a, ?, ?), ANY (ARRAY[?])",
    ),
    (
        "select 1 where a in (select 1, 1 from b)",
        "SELECT ? WHERE a IN (SELECT ?, ? FROM b)",
    ),
    // Comments.
    ("/* bv:1 */ select 1 -- it's\n, 2", "SELECT ?, ?"),
    ("select /* a /* b */ ' */ 1", "SELECT ?"),
    ("select 1--2", "SELECT ?"),
    // Conditions keep their NULL.
    (
        "select 1 where a is not null and b = null",
        "SELECT ? WHERE a IS NOT NULL AND b = ?",
    ),
    // Names that clients number.
    ("DEALLOCATE pdo_stmt_0000002a", "DEALLOCATE ?"),
    ("DEALLOCATE ALL", "DEALLOCATE ALL"),
    (
        "ROLLBACK TO SAVEPOINT PHALCON_SAVEPOINT_3",
        "ROLLBACK TO SAVEPOINT ?",
    ),
    (
        "alter role app password 'hunter2'",
        "ALTER role app password ?",
    ),
    (
        "begin; update t set a = 1; commit;",
        "BEGIN; UPDATE t SET a = ?; COMMIT",
    ),
    // A quoted name may hold anything, but nothing breaks the line.
    ("select \"a\nb\" from t", "SELECT \"a b\" FROM t"),
    // The second element might be a cut one; it reads the same whether it is or not.
    ("select 1 where a in (b.c, b", "SELECT ? WHERE a IN (b.c"),
    ("select 1 where a in (b.c, b,", "SELECT ? WHERE a IN (b.c"),
    // Nothing, and nothing but noise.
    ("", ""),
    (";;", ""),
    ("-- idle", ""),
];

#[test]
fn a_statement_keeps_its_shape_and_loses_its_values() {
    for (sql, shape) in SHAPES {
        assert_eq!(normalize(sql), *shape, "{sql}");
    }
}

#[test]
fn a_text_that_is_cut_shows_nothing_of_the_literal_it_is_cut_in() {
    for cut in [
        "'hunt",
        "E'hunt\\",
        "$$hunt",
        "$tag$hunt$ta",
        "X'hunt",
        "U&'hunt",
        "12",
    ] {
        assert_eq!(
            normalize(&format!("select a = {cut}")),
            "SELECT a = ?",
            "{cut}"
        );
    }
    assert_eq!(normalize("select 1 /* hunt"), "SELECT ?");
}

#[test]
fn a_list_gives_the_same_shape_wherever_it_is_cut() {
    let sql = "insert into t(a, b) values (1, 'x'), (22, 'y'), (333, 'z')";
    let whole = sql.find("), (22").expect("the second row is in the text") + 1;
    for end in whole..=sql.len() {
        assert_eq!(
            normalize(&sql[..end]),
            "INSERT INTO t(a, b) VALUES (?, ?)",
            "{}",
            &sql[..end]
        );
    }
    let sql = "select 1 where a in (1, 22, 333";
    let whole = sql.find(", 22").expect("the second element is in the text");
    for end in whole..=sql.len() {
        assert_eq!(
            normalize(&sql[..end]),
            "SELECT ? WHERE a IN (?",
            "{}",
            &sql[..end]
        );
    }
}

#[test]
fn a_fingerprint_is_the_published_hash_as_16_hex_digits() {
    // From the test vectors that come with the authors' reference implementation.
    assert_eq!(
        Fingerprint::of_normalized("").to_string(),
        "cbf29ce484222325"
    );
    assert_eq!(
        Fingerprint::of_normalized("a").to_string(),
        "af63dc4c8601ec8c"
    );
    assert_eq!(
        Fingerprint::of_normalized("foobar").to_string(),
        "85944171f73967e8"
    );
}

#[test]
fn a_fingerprint_survives_json_and_refuses_what_is_none() {
    let fingerprint = fingerprint("select 1");
    let json = serde_json::to_string(&fingerprint).unwrap();
    assert_eq!(json, format!("\"{fingerprint}\""));
    assert_eq!(fingerprint.digits(), fingerprint.to_string().as_bytes());
    assert_eq!(
        serde_json::from_str::<Fingerprint>(&json).unwrap(),
        fingerprint
    );
    for given in [
        "",
        "+123456789abcdef",
        "cbf29ce48422232",
        "cbf29ce4842223250",
        "zzzzzzzzzzzzzzzz",
    ] {
        let error = given.parse::<Fingerprint>().unwrap_err().to_string();
        assert_eq!(
            error,
            format!("fingerprint: 16 hex digits are allowed, got {given:?}")
        );
    }
}

#[test]
fn deep_nesting_is_read_without_recursion() {
    let sql = format!("select {}1{}", "in (".repeat(100_000), ")".repeat(100_000));
    assert!(normalize(&sql).ends_with(&")".repeat(100_000)));
}

/// A reader that looks ahead to the end from every place would need minutes for each of these.
#[test]
fn a_long_run_of_one_thing_is_read_in_one_go() {
    for piece in [
        "+",
        "$a",
        "$a$",
        "'",
        "\"",
        "/*",
        "(",
        "in (1,",
        "values (1),",
        "E'\\",
        "@-",
        "[",
    ] {
        let sql = piece.repeat(300_000 / piece.len());
        let once = normalize(&sql);
        assert_eq!(normalize(&once), once, "{piece}");
    }
}

/// A literal, a parameter or a word for a value, as a client could write it.
fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (0.0..1e9_f64).prop_map(|number| format!("{number:e}")),
        "[ -~äß]{0,12}".prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        "[a-z' ]{0,8}".prop_map(|text| format!("E'{}'", text.replace('\'', "\\'"))),
        "[a-z' ]{0,8}".prop_map(|text| format!("$x${text}$x$")),
        "[0-9a-f]{0,8}".prop_map(|text| format!("X'{text}'")),
        (1..99_u8).prop_map(|number| format!("${number}")),
        "[a-z]{1,8}".prop_map(|name| format!(":{name}")),
        Just("?".to_owned()),
        Just("NULL".to_owned()),
        Just("false".to_owned()),
    ]
}

/// Text made of the pieces that a lexer is fooled with.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "'",
        "''",
        "E'",
        "\\",
        "\"",
        "$",
        "$$",
        "$a$",
        "$1",
        "/*",
        "*/",
        "--",
        "\n",
        " ",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        ".",
        ":",
        "::",
        ":a",
        "?",
        "|",
        "&",
        "@",
        "-",
        "+",
        "=",
        "1",
        "0x",
        "1e",
        "a",
        "in",
        "in (",
        "values",
        "values (",
        "array[",
        "null",
        "is",
        "select",
        "savepoint",
        "deallocate",
        "U&",
        "U&\"",
        "ß",
        "\u{1}",
        "{",
        "\\'",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn values_do_not_change_the_fingerprint(
        a in literal(), b in literal(), list in prop::collection::vec(literal(), 1..6),
    ) {
        let filled = format!(
            "/* checkout */ SELECT x FROM t WHERE a = {a} AND b IN ({}) LIMIT {b}",
            list.join(","),
        );
        let bare = "select x from t where a=? and b in (?) limit ?";
        prop_assert_eq!(normalize(&filled), normalize(bare));
        prop_assert_eq!(fingerprint(&filled), fingerprint(bare));
    }

    #[test]
    fn rows_do_not_change_the_fingerprint(
        rows in prop::collection::vec((literal(), literal()), 1..6),
    ) {
        let rows: Vec<String> = rows.iter().map(|(a, b)| format!("({a}, {b})")).collect();
        let filled = format!("INSERT INTO t VALUES {} ON CONFLICT DO NOTHING", rows.join(", "));
        let bare = "insert into t values (?,?) on conflict do nothing";
        prop_assert_eq!(normalize(&filled), normalize(bare));
    }

    #[test]
    fn what_is_normalized_stays_as_it_is(text in hostile()) {
        let once = normalize(&text);
        prop_assert_eq!(normalize(&once), once.clone(), "from {:?}", text);
    }

    #[test]
    fn any_text_is_read_to_its_end(text in ".*") {
        let once = normalize(&text);
        prop_assert_eq!(normalize(&once), once);
    }

    #[test]
    fn the_result_is_at_most_a_space_per_character_longer(text in hostile()) {
        prop_assert!(normalize(&text).len() <= 2 * text.len());
    }
}

#[derive(serde::Deserialize)]
struct Case {
    sql: String,
    redacted: String,
}

/// PHP takes the literals out before a statement leaves the host. What the database tells of the
/// same statement must still lead to it.
#[test]
fn a_statement_without_its_literals_has_the_fingerprint_of_the_whole() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../testdata/sql_cases.json")).unwrap();
    for Case { sql, redacted } in &cases {
        assert_eq!(
            fingerprint(sql),
            fingerprint(redacted),
            "{sql}\n{redacted}\n{}\n{}",
            normalize(sql),
            normalize(redacted)
        );
    }
}
