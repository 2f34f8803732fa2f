use std::path::Path;

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
