use std::path::Path;

use wire::query::{SpikeEvidence, Timeline};
use wire::time::Micros;

use super::*;

const NOW: Instant = Instant(1_763_941_500_000_000);

#[test]
fn a_token_is_found_until_another_process_revokes_it() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| Meta::open(&Files::create(path).unwrap()).unwrap();
    let (store, command_line) = (open(folder.path()), open(folder.path()));
    let scope = Scope {
        project: Some(Project::try_new("shop").unwrap()),
        networks: vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()],
    };
    let token = command_line
        .add_token("web1", Role::Ingest, &scope, NOW)
        .unwrap();
    let found = || store.find_token(token.reveal()).unwrap();
    let grant = found().unwrap();
    assert_eq!((grant.name.as_str(), grant.role), ("web1", Role::Ingest));
    assert_eq!(grant.scope, scope);
    command_line.revoke_token("web1").unwrap();
    assert!(found().is_none());
}

#[test]
fn a_token_of_the_first_schema_is_good_for_everything() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::create(folder.path()).unwrap();
    let old = Connection::open(files.meta_path()).unwrap();
    old.execute_batch(include_str!("../sql/meta_1.sql"))
        .unwrap();
    old.execute(
        "INSERT INTO token (name, role, hash, created_at_us) VALUES ('old', 'ingest', ?1, 1)",
        [TokenHash::of("bvt_old").0],
    )
    .unwrap();
    old.execute_batch("PRAGMA user_version = 1;").unwrap();
    drop(old);
    let meta = Meta::open(&files).unwrap();
    let grant = meta.find_token("bvt_old").unwrap().unwrap();
    assert_eq!(grant.scope, Scope::default());
}

#[test]
fn evidence_is_good_until_its_spike_changes_or_data_comes_that_may_change_it() {
    let folder = tempfile::tempdir().unwrap();
    let meta = Meta::open(&Files::create(folder.path()).unwrap()).unwrap();
    let at = |second: i64| NOW + Micros::from_seconds(second);
    let mut spike = Spike {
        id: SpikeId(0),
        project: Some(Project::try_new("shop").unwrap()),
        host: None,
        measure: Measure::Sessions,
        begin_at_us: at(0),
        peak_at_us: at(10),
        end_at_us: Some(at(40)),
        // No such number survives a parser that rounds.
        peak: 0.1 + 0.2,
        baseline: 1.0 / 3.0,
        wait_class: None,
        reason: String::new(),
    };
    let id = meta
        .save_spikes(std::slice::from_ref(&spike), &[], &[])
        .unwrap()[0];
    spike.id = id;
    let due = |calm| meta.evidence_due(NOW - Micros(1), calm).unwrap();
    assert_eq!(due(NOW), Some(spike.clone()), "there is none yet");
    let evidence = SpikeEvidence {
        spike: spike.clone(),
        judged_at_us: at(60),
        suspects: Vec::new(),
        timeline: Timeline::default(),
    };
    let is_current = || meta.evidence(id).unwrap().unwrap().is_current;
    assert!(meta.keep_evidence(&evidence).unwrap());
    assert!(is_current());
    assert_eq!(due(at(1_000)), None);

    let news = |second: i64| Range {
        from_at_us: at(second),
        to_at_us: at(second),
    };
    meta.doubt_evidence(news(9_000), Micros(0), at(70)).unwrap();
    assert!(is_current(), "hours later");
    meta.doubt_evidence(news(-100), Micros(0), at(70)).unwrap();
    assert!(!is_current(), "within its baseline");
    assert_eq!(due(at(69)), None, "more may come");
    assert_eq!(due(at(70)), Some(spike.clone()));
    meta.keep_evidence(&evidence).unwrap();
    spike.end_at_us = Some(at(50));
    meta.save_spikes(&[], std::slice::from_ref(&spike), &[])
        .unwrap();
    assert!(!is_current());
    meta.trust_evidence(id).unwrap();
    assert!(is_current());
    meta.save_spikes(&[], &[], &[id]).unwrap();
    assert!(meta.evidence(id).unwrap().is_none());
}
