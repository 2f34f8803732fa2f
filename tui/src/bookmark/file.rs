//! The bookmarks' file: `bitville/bookmarks` in `$XDG_STATE_HOME`, or in `~/.local/state`.
//!
//! It is its owner's alone, since a filter may name whom it is about. It is replaced in one step, and a change is
//! made to what stands in it then, so that two consoles don't undo each other's.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::{Bookmarks, Change};
use crate::export::file::write_new;
use crate::spot::link;

/// As many of the longest as there are letters, and a little for what stands between them.
const BYTES_MAX: u64 = 63 * link::BYTES_MAX as u64;

/// Where they are kept, by the environment as `variable` reads it; nowhere without a home.
pub fn path(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // As the XDG base directories have it: a relative path counts for none.
    let given = |name| {
        let path = variable(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let home = || given("HOME").map(|home| home.join(".local/state"));
    let folder = given("XDG_STATE_HOME").or_else(home)?;
    Some(folder.join("bitville/bookmarks"))
}

/// Reads them; without a file there are none.
pub fn read(path: &Path) -> Result<Bookmarks, String> {
    let told = |error: io::Error| trouble(&error, path);
    let mut text = String::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(told(error)),
        Ok(file) => {
            let mut bounded = file.take(BYTES_MAX + 1);
            bounded.read_to_string(&mut text).map_err(told)?;
        }
    }
    if text.len() as u64 > BYTES_MAX {
        let path = path.display();
        return Err(format!("{path} has more than {BYTES_MAX} bytes"));
    }
    Ok(Bookmarks::read(&text))
}

/// Makes a change, and returns all that are kept then.
pub fn change(path: &Path, change: Change) -> Result<Bookmarks, String> {
    let mut bookmarks = read(path)?;
    bookmarks.apply(change);
    let written = replace(path, bookmarks.write().as_bytes());
    written.map_err(|error| trouble(&error, path))?;
    Ok(bookmarks)
}

/// What is wrong first: on a narrow screen the path's end is cut.
fn trouble(error: &io::Error, path: &Path) -> String {
    format!("{} at {}", error.kind(), path.display())
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut folders = DirBuilder::new();
        folders.recursive(true).mode(0o700).create(folder)?;
    }
    // Another console's, if both write at once.
    let new = path.with_extension(format!("new-{}", std::process::id()));
    // Left behind by a process of this number that was killed.
    let _ = fs::remove_file(&new);
    write_new(&new, bytes)?;
    fs::rename(&new, path).inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::bookmark::Letter;

    fn set(letter: char, link: &str) -> Change {
        Change {
            letter: Letter::try_new(letter).expect("a letter"),
            link: Some(link.to_owned()),
        }
    }

    #[test]
    fn the_state_folder_is_xdgs_or_in_the_home() {
        let path = |variables: &[(&str, &str)]| {
            let found = |name: &str| variables.iter().find(|(known, _)| *known == name);
            path(|name| found(name).map(|(_, value)| value.into()))
        };
        let home = ("HOME", "/home/ann");
        let there = |path: &str| Some(PathBuf::from(path));
        assert_eq!(
            path(&[home]),
            there("/home/ann/.local/state/bitville/bookmarks")
        );
        assert_eq!(
            path(&[home, ("XDG_STATE_HOME", "/var/s")]),
            there("/var/s/bitville/bookmarks")
        );
        assert_eq!(
            path(&[home, ("XDG_STATE_HOME", "s")]),
            there("/home/ann/.local/state/bitville/bookmarks")
        );
        assert_eq!(path(&[]), None);
    }

    #[test]
    fn they_come_back_and_are_their_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/bitville/bookmarks");
        assert_eq!(read(&path), Ok(Bookmarks::default()));
        change(&path, set('a', "bitville://a")).expect("written");
        // As another console has it meanwhile.
        let both = change(&path, set('b', "bitville://b")).expect("written");
        assert_eq!(both.all().len(), 2);
        assert_eq!(read(&path), Ok(both));
        let mode = |path: &Path| {
            fs::metadata(path)
                .expect("it is there")
                .permissions()
                .mode()
        };
        assert_eq!(mode(&path) & 0o777, 0o600);
        assert_eq!(mode(path.parent().expect("a folder")) & 0o777, 0o700);
        let files = fs::read_dir(path.parent().expect("a folder")).expect("read");
        assert_eq!(files.count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_can_not_be_kept_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "x").expect("written");
        let below_a_file = file.join("bitville/bookmarks");
        let told = change(&below_a_file, set('a', "bitville://a")).expect_err("no folder");
        assert!(told.starts_with("not a directory at "), "{told}");
        fs::write(&file, [0xff]).expect("written");
        let told = read(&file).expect_err("no text");
        assert!(told.starts_with("invalid data at "), "{told}");
    }
}
