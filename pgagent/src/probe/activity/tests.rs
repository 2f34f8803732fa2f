use super::*;

fn backend(state: &str, wait: Option<&str>, backend_type: &str) -> Backend {
    Backend {
        state: Some(state.to_owned()),
        wait_event_type: wait.map(str::to_owned),
        backend_type: Some(backend_type.to_owned()),
        ..Backend::default()
    }
}

#[test]
fn a_session_is_classed_by_its_state_and_what_it_waits_for() {
    let client = "client backend";
    for (state, wait, backend_type, class) in [
        ("active", None, client, Some(Class::Cpu)),
        ("active", Some("IO"), client, Some(Class::Io)),
        ("active", Some("Lock"), client, Some(Class::Lock)),
        ("active", Some("Client"), client, Some(Class::Client)),
        ("active", Some("LWLock"), client, Some(Class::Other)),
        ("active", Some("Extension"), client, Some(Class::Other)),
        ("fastpath function call", None, client, Some(Class::Cpu)),
        (
            "idle in transaction",
            Some("Client"),
            client,
            Some(Class::IdleInTransaction),
        ),
        (
            "idle in transaction (aborted)",
            Some("Client"),
            client,
            Some(Class::IdleInTransaction),
        ),
        ("idle", Some("Client"), client, None),
        ("disabled", None, client, None),
        ("active", None, "parallel worker", Some(Class::Cpu)),
        (
            "active",
            Some("Timeout"),
            "autovacuum worker",
            Some(Class::Other),
        ),
        ("active", Some("Activity"), "walsender", None),
        ("active", Some("Client"), "walsender", None),
        (
            "active",
            Some("Activity"),
            "logical replication worker",
            None,
        ),
    ] {
        assert_eq!(
            backend(state, wait, backend_type).class(),
            class,
            "{state} {wait:?} {backend_type}"
        );
    }
}

#[test]
fn the_servers_own_processes_have_no_class() {
    let writer = Backend {
        wait_event_type: Some("IO".to_owned()),
        backend_type: Some("checkpointer".to_owned()),
        ..Backend::default()
    };
    assert_eq!(writer.class(), None);
}

#[test]
fn waiters_come_in_the_order_in_which_their_statements_began() {
    let waiter = |pid, start| Backend {
        pid,
        query_start: Some(Instant(start)),
        ..backend("active", Some("Lock"), "client backend")
    };
    let running = Backend {
        pid: 9,
        ..backend("active", None, "client backend")
    };
    let snapshot = Snapshot {
        at: Instant(0),
        backends: vec![waiter(1, 30), running, waiter(2, 10)],
    };
    assert_eq!(snapshot.lock_waiters(), [2, 1]);
}
