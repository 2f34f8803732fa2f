//! Which statements take locks that others wait for.
//!
//! A session that is idle in transaction shows its last statement, which is seldom the one that took
//! the locks: clients deallocate, read and probe after it. So the statement is looked for among all of
//! the transaction, by its words: a reading, not a parse, and a function may lock without saying so.

use super::lexer::{Lexer, Token};

/// Verbs that lock. `CREATE` does for an index, `COPY` for what it writes.
const VERBS: &[&str] = &[
    "alter", "cluster", "copy", "create", "delete", "drop", "insert", "lock", "merge", "refresh",
    "reindex", "truncate", "update", "vacuum",
];

/// What may follow `FOR` in a `SELECT` that locks rows: `FOR UPDATE`, `FOR NO KEY UPDATE`,
/// `FOR SHARE`, `FOR KEY SHARE`.
const STRENGTHS: &[&str] = &["update", "no", "share", "key"];

/// Whether a statement takes locks that others may wait for, beyond those that every query takes.
pub fn takes_locks(sql: &str) -> bool {
    let mut before = Token::Semicolon;
    let mut is_with = false;
    for token in Lexer::new(sql) {
        if let Token::Word(word) = token {
            let is = |known: &&str| word.eq_ignore_ascii_case(known);
            let is_first = before == Token::Semicolon;
            is_with |= is_first && is(&"with");
            // In `WITH`, statements begin at a bracket, and the last one follows the last bracket.
            let begins =
                is_first || is_with && matches!(before, Token::Open('(') | Token::Close(')'));
            let is_strength = matches!(before, Token::Word(last) if last.eq_ignore_ascii_case("for"))
                && STRENGTHS.iter().any(is);
            if (begins && VERBS.iter().any(is)) || is_strength || is_advisory(word) {
                return true;
            }
        }
        before = token;
    }
    false
}

/// Whether a statement speaks of a relation by this name, whatever the schema and the quotes.
pub fn names_relation(sql: &str, relation: &str) -> bool {
    let name = relation.rsplit('.').next().unwrap_or(relation);
    let name = name.trim_matches('"');
    Lexer::new(sql).any(|token| match token {
        Token::Word(word) => word.eq_ignore_ascii_case(name),
        Token::Quoted(word) => word.trim_matches('"') == name,
        _ => false,
    })
}

/// `pg_advisory_lock`, `pg_try_advisory_xact_lock` and their like; unlocking is none.
fn is_advisory(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let rest = word
        .strip_prefix("pg_try_")
        .or_else(|| word.strip_prefix("pg_"));
    rest.is_some_and(|rest| rest.starts_with("advisory_") && !rest.contains("unlock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_write_or_lock_take_locks() {
        for sql in [
            "UPDATE stock SET qty = ? WHERE sku = ?",
            "  /* reprice */ update stock set qty = 1",
            "delete from cart",
            "INSERT INTO orders VALUES (?)",
            "WITH old AS (SELECT 1) UPDATE stock SET qty = ?",
            "WITH gone AS (DELETE FROM cart RETURNING *) SELECT * FROM gone",
            "SELECT * FROM stock WHERE sku = ? FOR UPDATE",
            "SELECT * FROM stock FOR NO KEY UPDATE NOWAIT",
            "select pg_advisory_lock(?)",
            "SELECT pg_try_advisory_xact_lock(1)",
            "SELECT 1; LOCK TABLE stock IN SHARE MODE",
            "ALTER TABLE stock ADD COLUMN a int",
        ] {
            assert!(takes_locks(sql), "{sql}");
        }
    }

    #[test]
    fn reading_and_housekeeping_take_none() {
        for sql in [
            "",
            "DEALLOCATE ?",
            "DEALLOCATE pdo_stmt_0000002a",
            "BEGIN",
            "SAVEPOINT update",
            "SELECT 1",
            "SELECT * FROM stock",
            "SELECT 'for update'",
            "SELECT updated, \"update\" FROM stock -- FOR UPDATE",
            "SELECT a.update FROM stock a",
            "SELECT (update) FROM t",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "WITH a AS (SELECT b.update FROM b) SELECT a.update FROM a",
            "SELECT substring(name for 3) FROM stock",
            "SELECT pg_advisory_unlock_all()",
            "SHOW transaction_isolation",
        ] {
            assert!(!takes_locks(sql), "{sql}");
        }
    }

    #[test]
    fn a_relation_is_found_by_its_name() {
        assert!(names_relation("UPDATE Stock SET qty = ?", "stock"));
        assert!(names_relation("UPDATE public.stock SET qty = ?", "stock"));
        assert!(names_relation("UPDATE stock SET qty = ?", "shop.stock"));
        assert!(names_relation("UPDATE \"Stock\" SET qty = ?", "Stock"));
        assert!(!names_relation("UPDATE stock_level SET qty = ?", "stock"));
        assert!(!names_relation("UPDATE cart SET note = 'stock'", "stock"));
    }
}
