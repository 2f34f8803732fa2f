use std::path::PathBuf;

use super::*;

fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("0001.frame");
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

#[test]
fn a_whole_frame_is_read() {
    let (_dir, path) = file(&frame::encode(b"{}").unwrap());
    assert_eq!(read(&path).unwrap(), Found::Body(b"{}".to_vec()));
}

#[test]
fn what_is_no_whole_frame_is_told_from_what_can_t_be_read() {
    let whole = frame::encode(b"{\"a\":1}").unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut later = whole.clone();
    later[4] = 9;
    for (bytes, counter) in [
        (&whole[..5], "spool_refused_length"),
        (&whole[..whole.len() - 1], "spool_refused_length"),
        (&[&whole[..], b"x"].concat()[..], "spool_refused_length"),
        (&flipped, "spool_refused_checksum"),
        (&later, "spool_refused_version"),
        (&[0; 12], "spool_refused_version"),
    ] {
        let (_dir, path) = file(bytes);
        assert_eq!(read(&path).unwrap(), Found::Bad(counter), "{bytes:?}");
    }
    assert!(read(Path::new("/no/such.frame")).is_err());
}

#[test]
fn nothing_but_a_plain_file_is_opened() {
    let (dir, path) = file(&frame::encode(b"{}").unwrap());
    let link = dir.path().join("0002.frame");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(read(&link).unwrap(), Found::Bad("spool_refused_type"));
    let folder = dir.path().join("0003.frame");
    fs::create_dir(&folder).unwrap();
    assert_eq!(read(&folder).unwrap(), Found::Bad("spool_refused_type"));
}
