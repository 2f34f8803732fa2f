use super::*;

#[test]
fn the_folder_is_for_its_group_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run/spool");
    make(&path, None).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, MODE);
}
