use super::*;

#[test]
fn a_class_is_called_in_code_as_in_the_record() {
    let events = [
        Event::Duration {
            duration_us: Micros(1),
            phase: Phase::Statement,
            name: None,
            parameters: None,
        },
        Event::LockWait(LockWait::default()),
        Event::Autovacuum(Autovacuum::default()),
        Event::Timeout {
            limit: Limit::IdleInTransaction,
        },
        Event::Crash {
            process: "server process".to_owned(),
            signal: Some(9),
            exit_code: None,
        },
        Event::CheckpointsTooFrequent {
            apart_us: Micros(1),
        },
        Event::Other,
    ];
    for event in events {
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["class"], event.class());
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }
}

#[test]
fn a_class_of_a_later_version_is_one_of_the_others() {
    let later = r#"{"class":"quantum_wait","qubits":3}"#;
    assert_eq!(serde_json::from_str::<Event>(later).unwrap(), Event::Other);
}
