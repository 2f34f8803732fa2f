use std::path::Path;

use super::*;

const NOW: Instant = Instant(1_763_941_500_000_000);

#[test]
fn a_token_is_found_until_another_process_revokes_it() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| Meta::open(&Files::create(path).unwrap()).unwrap();
    let (store, command_line) = (open(folder.path()), open(folder.path()));
    let token = command_line.add_token("web1", Role::Ingest, NOW).unwrap();
    let found = || store.find_token(token.reveal()).unwrap();
    assert_eq!(found(), Some(("web1".to_owned(), Role::Ingest)));
    command_line.revoke_token("web1").unwrap();
    assert_eq!(found(), None);
}
