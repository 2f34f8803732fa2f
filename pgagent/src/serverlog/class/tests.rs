use wire::pg::log::{Limit, LockOutcome, Phase, Reason, Scope, ServerState, Severity};
use wire::time::Micros;

use super::*;
use crate::serverlog::parser::{Ending, Format, Parser};
use crate::serverlog::prefix::Prefix;
use crate::serverlog::stamp::Stamps;

const SAMPLE: &[u8] = include_bytes!("../../../tests/data/events.json");
const CRASH: &[u8] = include_bytes!("../../../tests/data/restart_saturation_crash.stderr.log");
const PREFIX: &str = "%m [%p] %q[user=%u,db=%d,app=%a,client=%h,qid=%Q,b=%b,e=%e,l=%l,c=%c,v=%v,x=%x,P=%P,r=%r,i=%i,s=%s] ";

fn each(format: Format, bytes: &[u8], mut look: impl FnMut(&Entry<'_>, Meaning<'_>)) {
    let prefix = Prefix::compile(PREFIX).unwrap();
    let mut parser = Parser::new(format, Some(prefix), Stamps::new("UTC").unwrap());
    parser.push(bytes);
    while let Some((entry, _)) = parser.next(Ending::File) {
        look(&entry, classify(&entry));
    }
}

/// How many entries there are of each class.
fn classes(format: Format, bytes: &[u8]) -> std::collections::BTreeMap<&'static str, usize> {
    let mut classes = std::collections::BTreeMap::new();
    each(format, bytes, |_, meaning| {
        *classes.entry(meaning.event.class()).or_default() += 1;
    });
    classes
}

fn of(severity: Severity, message: &str) -> Event {
    let entry = Entry {
        severity,
        message: message.into(),
        is_parsed: true,
        ..Entry::default()
    };
    classify(&entry).event
}

#[test]
fn every_entry_of_the_samples_has_its_class() {
    let expected = [
        ("authentication_failed", 1),
        ("autoanalyze", 12),
        ("autovacuum", 4),
        ("cancelled", 1),
        ("checkpoint", 1),
        ("checkpoint_start", 1),
        ("connection_authorized", 30),
        ("connection_received", 31),
        ("deadlock", 1),
        ("disconnection", 28),
        ("duration", 19),
        ("error", 7),
        ("lock_wait", 8),
        ("other", 2),
        ("plan", 14),
        ("protocol", 1),
        ("server_state", 3),
        ("temporary_file", 4),
        ("terminated", 1),
        ("timeout", 4),
    ];
    let classes = classes(Format::Json, SAMPLE);
    assert_eq!(classes.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_crash_a_restart_and_a_full_server_are_told() {
    let classes = classes(Format::Stderr, CRASH);
    assert_eq!((classes["crash"], classes["saturation"]), (1, 6));
    assert_eq!((classes["config_reload"], classes["config_change"]), (1, 1));
    each(Format::Stderr, CRASH, |_, meaning| {
        if let Event::Crash {
            signal, process, ..
        } = &meaning.event
        {
            assert_eq!((*signal, process.as_str()), (Some(9), "server process"));
            assert_eq!(meaning.statement.as_deref(), Some("select pg_sleep(20)"));
        }
    });
}

#[test]
fn waits_name_both_sides() {
    let mut waits = Vec::new();
    each(Format::Json, SAMPLE, |_, meaning| {
        if let Event::LockWait(wait) = meaning.event {
            waits.push(wait);
        }
    });
    let first = &waits[0];
    assert_eq!((first.pid, first.mode.as_str()), (24_912, "ShareLock"));
    assert_eq!(first.outcome, LockOutcome::Waiting);
    assert_eq!(first.waited_us, Micros(200_110));
    assert_eq!(
        (first.holders.as_slice(), first.queue.as_slice()),
        (&[24_908][..], &[24_912][..])
    );
    assert_eq!(first.object.transaction, Some(742));
    assert_eq!(first.object.relation_name.as_deref(), Some("t"));
    let second = &waits[1].object;
    assert_eq!(
        (second.relation, second.database),
        (Some(16_417), Some(16_416))
    );
    let last = waits.last().unwrap();
    assert_eq!(
        (last.outcome, last.waited_us),
        (LockOutcome::Acquired, Micros(233_445))
    );
}

#[test]
fn a_deadlock_names_what_each_side_ran() {
    each(Format::Json, SAMPLE, |_, meaning| {
        if let Event::Deadlock { parties } = meaning.event {
            let [first, second] = parties.as_slice() else {
                panic!("{parties:?}");
            };
            assert_eq!((first.pid, first.blocker), (24_933, 24_934));
            assert_eq!((second.pid, second.blocker), (24_934, 24_933));
            let statement = first.statement.as_deref().unwrap();
            assert!(statement.starts_with("BEGIN"), "{statement}");
            assert!(statement.ends_with("id = ?; COMMIT"), "{statement}");
            assert_eq!(
                second.statement, first.statement,
                "they differ in the row alone"
            );
        }
    });
}

#[test]
fn durations_tell_their_step_and_what_was_run() {
    let entry = |message: &'static str, detail: Option<&'static str>| Entry {
        message: message.into(),
        detail: detail.map(Into::into),
        is_parsed: true,
        ..Entry::default()
    };
    let prepared = entry(
        "duration: 204.185 ms  statement: execute q(1000,'it''s');",
        Some("prepare: prepare q(int,text) as select count(*) from t where id<$1;"),
    );
    let meaning = classify(&prepared);
    assert_eq!(
        meaning.statement.as_deref(),
        Some("select count(*) from t where id<$1;")
    );
    assert_eq!(meaning.text, "duration: 204.185 ms  statement");

    let extended = entry(
        "duration: 0.401 ms  bind P_0/C_1: select $1, ': x'",
        Some("parameters: $1 = '$66''7, $9 = ', $2 = NULL"),
    );
    let meaning = classify(&extended);
    let Event::Duration {
        duration_us,
        phase,
        name,
        parameters,
    } = meaning.event
    else {
        panic!();
    };
    assert_eq!(
        (duration_us, phase, parameters),
        (Micros(401), Phase::Bind, Some(2))
    );
    assert_eq!(name.as_deref(), Some("P_0/C_1"));
    assert_eq!(meaning.statement.as_deref(), Some("select $1, ': x'"));

    let alone = entry("duration: 3.000 ms", None);
    assert!(matches!(
        classify(&alone).event,
        Event::Duration {
            phase: Phase::Unknown,
            ..
        }
    ));
    let fetch = entry(
        "duration: 3.000 ms  execute fetch from <unnamed>/p: select 1",
        None,
    );
    assert!(matches!(
        classify(&fetch).event,
        Event::Duration {
            phase: Phase::Fetch,
            ..
        }
    ));
    let parse = entry("duration: 3.000 ms  parse <unnamed>: select 1", None);
    assert!(matches!(
        classify(&parse).event,
        Event::Duration {
            phase: Phase::Parse,
            name: None,
            ..
        }
    ));
}

#[test]
fn upkeep_has_its_figures() {
    let Event::Checkpoint(checkpoint) = of(
        Severity::Log,
        "checkpoint complete: wrote 5035 buffers (30.7%), wrote 3 SLRU buffers; 0 WAL file(s) added, 0 removed, 3 \
         recycled; write=0.097 s, sync=1.137 s, total=1.318 s; sync files=366, longest=0.015 s, average=0.004 s; \
         distance=49295 kB, estimate=49296 kB; lsn=0/1B8B7EF0, redo lsn=0/1B8B7EF0",
    ) else {
        panic!();
    };
    assert_eq!(
        (checkpoint.buffers, checkpoint.sync_files),
        (5_035, Some(366))
    );
    assert_eq!(checkpoint.sync_us, Micros(1_137_000));
    assert_eq!(checkpoint.estimate_bytes, Some(49_296 * 1_024));

    let Event::Autovacuum(vacuum) = of(
        Severity::Log,
        "automatic aggressive vacuum to prevent wraparound of table \"shop.public.stock\": index scans: 2\n\
         pages: 1 removed, 3449 remain, 3449 scanned (100.00% of total)\n\
         tuples: 7 removed, 200000 remain, 5 are dead but not yet removable\n\
         buffer usage: 6941 hits, 2 misses, 3 dirtied\n\
         system usage: CPU: user: 0.01 s, system: 0.00 s, elapsed: 0.11 s",
    ) else {
        panic!();
    };
    assert_eq!(vacuum.table, "shop.public.stock");
    assert!(vacuum.is_aggressive && vacuum.to_prevent_wraparound);
    assert_eq!(
        (
            vacuum.index_scans,
            vacuum.pages_removed,
            vacuum.pages_remain
        ),
        (Some(2), Some(1), Some(3_449))
    );
    assert_eq!(
        (vacuum.tuples_removed, vacuum.tuples_remain),
        (Some(7), Some(200_000))
    );
    assert_eq!(vacuum.tuples_not_removable, Some(5));
    assert_eq!(
        (
            vacuum.buffer_hits,
            vacuum.buffer_misses,
            vacuum.buffers_dirtied
        ),
        (Some(6_941), Some(2), Some(3))
    );
    assert_eq!(vacuum.elapsed_us, Some(Micros(110_000)));

    assert_eq!(
        of(
            Severity::Log,
            "temporary file: path \"base/pgsql_tmp/pgsql_tmp1.0\", size 7266304"
        ),
        Event::TemporaryFile { bytes: 7_266_304 }
    );
    assert_eq!(
        of(
            Severity::Log,
            "checkpoints are occurring too frequently (9 seconds apart)"
        ),
        Event::CheckpointsTooFrequent {
            apart_us: Micros::from_seconds(9)
        }
    );
    assert_eq!(
        of(Severity::Log, "restartpoint starting: immediate force wait"),
        Event::CheckpointStart {
            reasons: vec!["immediate".into(), "force".into(), "wait".into()]
        }
    );
}

#[test]
fn the_texts_of_failures_are_known_in_all_versions() {
    let cases = [
        (
            "canceling statement due to statement timeout",
            Event::Timeout {
                limit: Limit::Statement,
            },
        ),
        (
            "terminating connection due to transaction timeout",
            Event::Timeout {
                limit: Limit::Transaction,
            },
        ),
        (
            "sorry, too many clients already",
            Event::Saturation {
                scope: Scope::Server,
            },
        ),
        (
            "remaining connection slots are reserved for roles with the SUPERUSER attribute",
            Event::Saturation {
                scope: Scope::Reserved,
            },
        ),
        (
            "remaining connection slots are reserved for roles with privileges of the \"pg_use_reserved_connections\" role",
            Event::Saturation {
                scope: Scope::Reserved,
            },
        ),
        (
            "too many connections for role \"x\"",
            Event::Saturation { scope: Scope::Role },
        ),
        (
            "canceling statement due to conflict with recovery",
            Event::Cancelled {
                reason: Reason::RecoveryConflict,
            },
        ),
        (
            "terminating connection due to administrator command",
            Event::Terminated,
        ),
        (
            "the database system is starting up",
            Event::ServerState {
                state: ServerState::Starting,
            },
        ),
        (
            "could not write to file \"pg_wal/xlogtemp.1\": No space left on device",
            Event::DiskFull,
        ),
        ("division by zero", Event::Error),
    ];
    for (message, event) in cases {
        assert_eq!(of(Severity::Fatal, message), event, "{message}");
    }
}

#[test]
fn in_another_language_the_sqlstate_speaks() {
    let of = |state: &'static str| {
        let entry = Entry {
            severity: Severity::Fatal,
            message: "tut mir leid, schon zu viele Verbindungen".into(),
            is_parsed: true,
            head: crate::serverlog::entry::Head {
                sql_state: Some(state.into()),
                ..Default::default()
            },
            ..Entry::default()
        };
        classify(&entry).event
    };
    assert_eq!(
        of("53300"),
        Event::Saturation {
            scope: Scope::Server
        }
    );
    assert_eq!(of("28P01"), Event::AuthenticationFailed);
    assert_eq!(of("23505"), Event::Error);
}

#[test]
fn an_application_is_known_from_the_moment_it_is_let_in() {
    let mut names = Vec::new();
    each(Format::Json, SAMPLE, |_, meaning| {
        if let Some(name) = meaning.application_name {
            names.push(name.to_owned());
        }
    });
    assert!(
        names
            .iter()
            .any(|name| name == "req:11111111-2222-4333-8444-555555555555")
    );
    assert!(
        names
            .iter()
            .any(|name| name == "evil] LOG:  duration: 9 ms")
    );
}
