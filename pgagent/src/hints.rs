//! What of the server's settings hides things from an operator, said in a line each.

use std::collections::BTreeMap;

/// How `pg_stat_statements` is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    Works,
    /// It is loaded, and not made in the connected database.
    NotCreated,
    NotLoaded,
    /// The role may not use its schema.
    Denied,
    Unknown,
}

/// Settings by name.
type Settings = BTreeMap<String, String>;

/// Whether something is hidden, and what to say then.
type Check = (bool, &'static str);

/// The hints for a server with these settings.
pub fn hints(settings: &Settings, extension: Extension) -> Vec<String> {
    let checks = [log_checks(settings), statistics_checks(settings, extension)].concat();
    let hidden = checks.iter().filter(|(is_hidden, _)| *is_hidden);
    hidden.map(|(_, text)| (*text).to_owned()).collect()
}

fn is(settings: &Settings, name: &str, value: &str) -> bool {
    settings.get(name).is_some_and(|is| is == value)
}

/// As the server shows it, or as somebody wrote it into a file.
fn is_off(settings: &Settings, name: &str) -> bool {
    let off = ["off", "false", "no", "0"];
    off.iter().any(|off| is(settings, name, off))
}

fn number(settings: &Settings, name: &str) -> Option<i64> {
    settings.get(name)?.parse().ok()
}

fn log_checks(settings: &Settings) -> Vec<Check> {
    let contains = |name: &str, part: &str| settings.get(name).is_some_and(|it| it.contains(part));
    let language = settings.get("lc_messages").map_or("", String::as_str);
    let is_english = ["C", "POSIX", "en"]
        .iter()
        .any(|it| language.starts_with(it));
    vec![
        (
            is_off(settings, "log_lock_waits"),
            "log_lock_waits is off: waits for locks between two samples are not seen",
        ),
        (
            number(settings, "deadlock_timeout").is_some_and(|millis| millis > 1_000)
                && !is_off(settings, "log_lock_waits"),
            "deadlock_timeout is above 1s: shorter waits for locks are not logged",
        ),
        (
            number(settings, "log_min_duration_statement") == Some(-1)
                && !contains("shared_preload_libraries", "auto_explain"),
            "log_min_duration_statement is off: the log tells of no slow statement",
        ),
        (
            number(settings, "log_temp_files") == Some(-1),
            "log_temp_files is off: sorts that go to disk are not seen",
        ),
        (
            is(settings, "log_destination", "stderr")
                && settings.contains_key("log_line_prefix")
                && !contains("log_line_prefix", "%a"),
            "log_line_prefix has no %a: entries of the log can't be matched with requests",
        ),
        (
            !language.is_empty() && !is_english,
            "lc_messages is not English: messages of the log are known by their SQLSTATE alone",
        ),
    ]
}

fn statistics_checks(settings: &Settings, extension: Extension) -> Vec<Check> {
    vec![
        (
            is_off(settings, "track_io_timing"),
            "track_io_timing is off: time on disk can't be told from time on CPU",
        ),
        (
            number(settings, "track_activity_query_size").is_some_and(|bytes| bytes < 4_096),
            "track_activity_query_size is below 4kB: long statements are cut, and their fingerprints with them",
        ),
        (
            number(settings, "idle_in_transaction_session_timeout") == Some(0),
            "idle_in_transaction_session_timeout is off: a forgotten transaction holds its locks for ever",
        ),
        (
            is_off(settings, "compute_query_id"),
            "compute_query_id is off: sessions can't be matched with statistics",
        ),
        (
            is_off(settings, "autovacuum"),
            "autovacuum is off: tables grow, and statistics grow old",
        ),
        (
            extension == Extension::NotLoaded,
            "pg_stat_statements is not in shared_preload_libraries: what statements cost in all is not known",
        ),
        (
            extension == Extension::NotCreated,
            "pg_stat_statements is not created in the connected database: CREATE EXTENSION pg_stat_statements",
        ),
        (
            extension == Extension::Denied,
            "pg_stat_statements may not be used by the agent's role: run pgagent-role.sql again in this database",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(settings: &[(&str, &str)]) -> Vec<String> {
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        hints(&settings.collect(), Extension::Works)
    }

    #[test]
    fn a_server_that_hides_nothing_has_no_hints() {
        assert_eq!(
            of(&[
                ("log_lock_waits", "on"),
                ("deadlock_timeout", "200"),
                ("log_min_duration_statement", "500"),
                ("log_temp_files", "0"),
                ("track_io_timing", "on"),
                ("track_activity_query_size", "4096"),
                ("idle_in_transaction_session_timeout", "60000"),
                ("log_destination", "stderr"),
                ("log_line_prefix", "%m [%p] %q%u@%d/%a "),
                ("lc_messages", "en_US.UTF-8"),
            ]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_thing_that_is_hidden_is_said() {
        for (name, value) in [
            ("log_lock_waits", "off"),
            ("log_min_duration_statement", "-1"),
            ("log_temp_files", "-1"),
            ("track_io_timing", "off"),
            ("track_activity_query_size", "1024"),
            ("idle_in_transaction_session_timeout", "0"),
            ("lc_messages", "de_DE.UTF-8"),
            ("autovacuum", "off"),
        ] {
            let hints = of(&[(name, value)]);
            assert_eq!(hints.len(), 1, "{name}");
            assert!(hints[0].starts_with(name), "{hints:?}");
        }
        assert_eq!(hints(&BTreeMap::new(), Extension::NotLoaded).len(), 1);
    }
}
