//! Texts of the log without the values that they hold.
//!
//! A statement is normalized, wherever it stands. In messages double quotes hold names, which help, and
//! values, which may be secrets; they are told apart by what the message is about. Where that is not
//! known, numbers and quoted texts go.

use wire::sql;
use wire::text::boundary_below;

/// What stands where a value was.
const VALUE: &str = "?";

/// How much of a normalized statement is kept, as of those that are sampled.
pub const STATEMENT_BYTES_MAX: usize = 8 * 1024;
/// How much of a message, a detail, a hint, a context.
pub const TEXT_BYTES_MAX: usize = 2 * 1024;
/// How much of a statement is looked at: what is beyond it can't be in what is kept.
const LOOKED_AT_BYTES_MAX: usize = 64 * 1024;

/// A statement without its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    pub text: String,
    pub is_cut: bool,
}

/// Normalizes a statement.
pub fn statement(sql: &str) -> Statement {
    let looked_at = &sql[..boundary_below(sql, LOOKED_AT_BYTES_MAX)];
    let mut text = sql::normalize(looked_at);
    let is_cut = text.len() > STATEMENT_BYTES_MAX || looked_at.len() < sql.len();
    text.truncate(boundary_below(&text, STATEMENT_BYTES_MAX));
    Statement { text, is_cut }
}

/// A message that holds no statement. Its SQLSTATE says whether it is about data.
pub fn message(text: &str, sql_state: Option<&str>) -> String {
    let state = sql_state.unwrap_or_default();
    let text = cut(text);
    // Data exceptions quote what they could not read; what a procedure raises may hold anything.
    let is_about_data = state.starts_with("22") || state.starts_with("P0");
    if is_about_data {
        return without_literals(&without_quoted(&text));
    }
    match text.split_once(" at or near \"") {
        // A name or a keyword, or a value that stood where none may.
        Some((before, near)) if !near.starts_with(|c: char| c.is_alphabetic()) => {
            format!("{before} at or near \"{VALUE}\"")
        }
        _ => match text.split_once("invalid input syntax") {
            Some(_) => without_literals(&without_quoted(&text)),
            None => text,
        },
    }
}

/// `Key (id)=(1) already exists.` is `Key (id)=(?) already exists.`
pub fn detail(text: &str) -> String {
    let text = cut(text);
    for begin in ["prepare: ", "Failed process was running: "] {
        if let Some(sql) = text.strip_prefix(begin) {
            return format!("{begin}{}", sql::normalize(sql));
        }
    }
    for begin in ["parameters: ", "Parameters: ", "Failing row contains "] {
        if text.starts_with(begin) {
            return format!("{begin}{VALUE}");
        }
    }
    if text.starts_with("Process ") {
        // The statements of a deadlock's parties stand below; its event has them as well.
        let words = text
            .lines()
            .take_while(|line| line.contains(" waits for ") || line.contains("lock: "));
        return words.collect::<Vec<_>>().join("\n");
    }
    match text.split_once(")=(") {
        Some((before, value)) => format!("{before})=({VALUE}{}", after_key(value)),
        None => text,
    }
}

/// What the server says after the values of a key. A value may hold anything, these words too; the last
/// ones are the server's.
fn after_key(value: &str) -> String {
    const WORDS: [&str; 4] = [
        ") already exists.",
        ") is not present in table ",
        ") is still referenced from table ",
        ") is duplicated.",
    ];
    if let Some(at) = WORDS.iter().filter_map(|words| value.rfind(words)).max() {
        return value[at..].to_owned();
    }
    let conflicts = value.contains(") conflicts with existing key (");
    let tail = if conflicts {
        " conflicts with an existing key."
    } else {
        ""
    };
    format!("){tail}")
}

/// Where in the server an error came up: each line by its kind.
pub fn context(text: &str) -> String {
    let text = cut(text);
    let mut lines = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        if let Some(sql) = rest.strip_prefix("SQL statement \"") {
            // It may have lines of its own; the one that ends with a quote is the last.
            let end = sql.find("\"\n").unwrap_or(sql.len().saturating_sub(1));
            let sql_text = &sql[..boundary_below(sql, end)];
            lines.push(format!("SQL statement \"{}\"", sql::normalize(sql_text)));
            rest = sql.get(end + 2..).unwrap_or_default();
            continue;
        }
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let is_plain = line.starts_with("PL/pgSQL function ") || line.starts_with("while ");
        lines.push(match line.split_once("parameters: ") {
            Some((before, _)) => format!("{before}parameters: {VALUE}"),
            None if is_plain => line.to_owned(),
            None => match line.split_once(": \"") {
                Some((before, _)) => format!("{before}: \"{VALUE}\""),
                None => without_literals(line),
            },
        });
    }
    lines.join("\n")
}

/// What the server could not read at all: its words, no numbers, nothing in quotes.
pub fn unparsed(text: &str) -> String {
    without_literals(&without_quoted(&cut(text)))
}

/// A condition of a plan.
pub fn expression(text: &str) -> String {
    let mut text = sql::normalize(text);
    text.truncate(boundary_below(&text, TEXT_BYTES_MAX));
    text
}

fn cut(text: &str) -> String {
    text[..boundary_below(text, TEXT_BYTES_MAX)].to_owned()
}

fn without_quoted(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut parts = text.split('"');
    kept.push_str(parts.next().unwrap_or_default());
    // Quotes come in pairs, or the text was cut: either way what follows an odd one goes.
    while parts.next().is_some() {
        kept.push('"');
        kept.push_str(VALUE);
        kept.push('"');
        kept.push_str(parts.next().unwrap_or_default());
    }
    kept
}

/// Without numbers and texts in single quotes.
fn without_literals(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                while chars.next().is_some_and(|c| c != '\'') {}
                kept.push_str(VALUE);
            }
            '0'..='9' if !kept.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') => {
                while chars
                    .next_if(|c| c.is_ascii_alphanumeric() || *c == '.')
                    .is_some()
                {}
                kept.push_str(VALUE);
            }
            _ => kept.push(c),
        }
    }
    kept
}

#[cfg(test)]
mod tests;
