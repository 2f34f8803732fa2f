//! The words that give a statement its structure.
//!
//! The server folds unquoted names to lower case, so `Cart` and `cart` are one table; here keywords
//! go to upper case besides, for the reader. Only words that are seldom a column's name are listed:
//! a name that shouts misleads more than a keyword that whispers.

/// In ascending order, for the binary search.
const KEYWORDS: &[&str] = &[
    "ADD",
    "ALL",
    "ALTER",
    "ANALYZE",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "BEGIN",
    "BETWEEN",
    "BY",
    "CASCADE",
    "CASE",
    "COMMIT",
    "CONFLICT",
    "COPY",
    "CREATE",
    "CROSS",
    "DEALLOCATE",
    "DECLARE",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DO",
    "DROP",
    "ELSE",
    "END",
    "EXCEPT",
    "EXCLUSIVE",
    "EXECUTE",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FETCH",
    "FILTER",
    "FOR",
    "FROM",
    "FULL",
    "GRANT",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "LATERAL",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LISTEN",
    "LOCK",
    "LOCKED",
    "MATERIALIZED",
    "MERGE",
    "MODE",
    "NATURAL",
    "NOT",
    "NOTHING",
    "NOTIFY",
    "NOWAIT",
    "NULL",
    "NULLS",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "PREPARE",
    "RECURSIVE",
    "REFRESH",
    "REINDEX",
    "RELEASE",
    "RETURNING",
    "REVOKE",
    "RIGHT",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHARE",
    "SIMILAR",
    "SKIP",
    "SOME",
    "TABLE",
    "THEN",
    "TO",
    "TRANSACTION",
    "TRUE",
    "TRUNCATE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VACUUM",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// After these a value may stand: a sign belongs to it, and NULL is one. (After IS, NOT and SET it is
/// part of the condition or the clause.)
const BEFORE_VALUES: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "BETWEEN",
    "BY",
    "CASE",
    "DISTINCT",
    "ELSE",
    "HAVING",
    "ILIKE",
    "IN",
    "LIKE",
    "LIMIT",
    "OFFSET",
    "ON",
    "OR",
    "RETURNING",
    "SELECT",
    "SOME",
    "THEN",
    "TO",
    "VALUES",
    "WHEN",
    "WHERE",
];

/// After these stands a name that clients number (`pdo_stmt_0000002a`): a value, for our purpose.
const BEFORE_NUMBERED_NAMES: &[&str] = &["DEALLOCATE", "SAVEPOINT"];

const KEYWORD_BYTES_MAX: usize = 12;

/// The keyword that the word is, in upper case.
pub(super) fn keyword(word: &str) -> Option<&'static str> {
    if word.len() > KEYWORD_BYTES_MAX {
        return None;
    }
    let folded = word.bytes().map(|byte| byte.to_ascii_uppercase());
    let at = KEYWORDS
        .binary_search_by(|known| known.bytes().cmp(folded.clone()))
        .ok()?;
    Some(KEYWORDS[at])
}

/// Whether the keyword is a value where one can stand.
pub(super) fn is_value(keyword: &str) -> bool {
    matches!(keyword, "NULL" | "TRUE" | "FALSE")
}

pub(super) fn stands_before_values(keyword: &str) -> bool {
    BEFORE_VALUES.binary_search(&keyword).is_ok()
}

pub(super) fn stands_before_numbered_names(keyword: &str) -> bool {
    BEFORE_NUMBERED_NAMES.contains(&keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_the_order_that_their_search_needs() {
        assert!(KEYWORDS.is_sorted());
        assert!(BEFORE_VALUES.is_sorted());
        assert!(BEFORE_VALUES.iter().all(|word| keyword(word) == Some(word)));
        assert!(
            BEFORE_NUMBERED_NAMES
                .iter()
                .all(|word| keyword(word) == Some(word))
        );
        assert!(KEYWORDS.iter().all(|word| word.len() <= KEYWORD_BYTES_MAX));
    }

    #[test]
    fn a_keyword_is_known_in_any_case() {
        assert_eq!(keyword("sElEcT"), Some("SELECT"));
        assert_eq!(keyword("selected"), None);
        assert_eq!(keyword("größe"), None);
    }
}
