use super::*;

fn file(mode: u32, text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    (dir, path)
}

#[test]
fn a_private_file_gives_its_secret_without_the_newline() {
    let (_dir, path) = file(0o640, "s3cret\n");
    assert_eq!(Secret::from_file(&path).unwrap().reveal(), "s3cret");
}

#[test]
fn a_file_that_everybody_can_read_is_refused_with_its_mode() {
    let (_dir, path) = file(0o644, "s3cret\n");
    let error = Secret::from_file(&path).unwrap_err().to_string();
    assert!(
        error.ends_with("(mode 0644): 0600 or 0640 is allowed"),
        "{error}"
    );
}

#[test]
fn an_empty_file_and_a_second_line_are_refused() {
    let (_dir, path) = file(0o600, " \n");
    assert!(matches!(
        Secret::from_file(&path),
        Err(SecretError::Empty { .. })
    ));
    let (_dir, path) = file(0o600, "one\ntwo\n");
    assert!(matches!(
        Secret::from_file(&path),
        Err(SecretError::Form { .. })
    ));
}

#[test]
fn debug_output_shows_nothing() {
    let (_dir, path) = file(0o600, "s3cret");
    assert_eq!(
        format!("{:?}", Secret::from_file(&path).unwrap()),
        "Secret(…)"
    );
}
