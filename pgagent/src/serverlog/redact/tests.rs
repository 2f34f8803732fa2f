use super::*;

#[test]
fn names_stay_and_values_go() {
    let cases = [
        (
            "23505",
            "duplicate key value violates unique constraint \"t_pkey\"",
            None,
        ),
        ("42P01", "relation \"nope\" does not exist", None),
        (
            "22P02",
            "invalid input syntax for type integer: \"s3cret\"",
            Some("invalid input syntax for type integer: \"?\""),
        ),
        (
            "",
            "invalid input syntax for type integer: \"s3cret\"",
            Some("invalid input syntax for type integer: \"?\""),
        ),
        (
            "P0001",
            "customer 4711 'Smith' owes \"12\"",
            Some("customer ? ? owes \"?\""),
        ),
        ("42601", "syntax error at or near \"selct\"", None),
        (
            "42601",
            "syntax error at or near \"'s3cret\"",
            Some("syntax error at or near \"?\""),
        ),
        (
            "42601",
            "syntax error at or near \"4711\"",
            Some("syntax error at or near \"?\""),
        ),
    ];
    for (state, text, expected) in cases {
        assert_eq!(message(text, Some(state)), expected.unwrap_or(text));
    }
}

#[test]
fn keys_lose_what_they_are_equal_to() {
    let cases = [
        (
            "Key (id)=(1) already exists.",
            "Key (id)=(?) already exists.",
        ),
        (
            "Key (a, b)=(x) already exists., y) already exists.",
            "Key (a, b)=(?) already exists.",
        ),
        (
            "Key (sku)=(5) is not present in table \"stock\".",
            "Key (sku)=(?) is not present in table \"stock\".",
        ),
        (
            "Key (r)=([1,5)) conflicts with existing key (r)=([2,6)).",
            "Key (r)=(?) conflicts with an existing key.",
        ),
        ("Key (id)=(never ends", "Key (id)=(?)"),
        (
            "Failing row contains (1, secret).",
            "Failing row contains ?",
        ),
        ("parameters: $1 = 'secret'", "parameters: ?"),
        (
            "prepare: prepare q as select 'secret'",
            "prepare: PREPARE q AS SELECT ?",
        ),
        (
            "Process holding the lock: 1. Wait queue: 2.",
            "Process holding the lock: 1. Wait queue: 2.",
        ),
        (
            "Process 1 waits for ShareLock on transaction 7; blocked by process 2.\nProcess 1: select 'secret'",
            "Process 1 waits for ShareLock on transaction 7; blocked by process 2.",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(detail(text), expected);
    }
}

#[test]
fn a_context_keeps_the_place() {
    let text = "SQL statement \"UPDATE t SET v = 'secret'\nWHERE id = 5\"\n\
                PL/pgSQL function pay(integer) line 3 at SQL statement\n\
                COPY t, line 1, column a: \"secret\"\n\
                unnamed portal with parameters: $1 = 'secret'\n\
                while updating tuple (0,1) in relation \"t\"\n\
                something of 4711";
    assert_eq!(
        context(text),
        "SQL statement \"UPDATE t SET v = ? WHERE id = ?\"\n\
         PL/pgSQL function pay(integer) line 3 at SQL statement\n\
         COPY t, line 1, column a: \"?\"\n\
         unnamed portal with parameters: ?\n\
         while updating tuple (0,1) in relation \"t\"\n\
         something of ?"
    );
    assert_eq!(context("SQL statement \""), "SQL statement \"\"");
}

#[test]
fn what_could_not_be_read_keeps_its_words() {
    assert_eq!(
        unparsed("token=\"abc\" user 'joe' paid 12.50 to t1"),
        "token=\"?\" user ? paid ? to t1"
    );
}

#[test]
fn a_statement_without_an_end_is_cut() {
    let long = format!("select {}", "a + ".repeat(100_000));
    let statement = statement(&long);
    assert!(statement.is_cut && statement.text.len() <= STATEMENT_BYTES_MAX);
    assert!(!super::statement("select 1").is_cut);
}
