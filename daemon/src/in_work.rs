//! What a process had in hand when it died, so that the next one knows: a file of one line.
//!
//! ```text
//! 1 0007.frame
//! ```
//!
//! The number of deaths before, and the name of what is in work; empty while nothing is. A write to the page
//! cache survives the process, however it ends. What is in work at [`DEATHS_MAX`] deaths is put aside by
//! whoever works on it: one record must not hold up all others for ever.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// At so many deaths a thing is put aside.
pub const DEATHS_MAX: u32 = 3;

/// A line is padded to this length, so that one write replaces it.
const LINE_BYTES: usize = 256;

/// The file, and what the process before has left in it.
#[derive(Debug)]
pub struct InWork {
    file: File,
    left: Option<Left>,
}

/// What was in work at the last death.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Left {
    name: String,
    deaths: u32,
}

// === impl InWork ===

impl InWork {
    /// Opens the file and takes note of what it says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        let mut text = Vec::new();
        (&mut file).take(LINE_BYTES as u64).read_to_end(&mut text)?;
        let left = parse(&String::from_utf8_lossy(&text));
        Ok(Self { file, left })
    }

    /// At how many deaths that thing was in work; none if it was not at the last one.
    pub fn left_by_the_dead(&self, name: &str) -> Option<u32> {
        let left = self.left.as_ref()?;
        (left.name == cut(name)).then_some(left.deaths)
    }

    /// What was in work at the last death, and at how many before with it.
    pub fn left(&self) -> Option<(&str, u32)> {
        let left = self.left.as_ref()?;
        Some((&left.name, left.deaths))
    }

    /// What was left is dealt with.
    pub fn forget(&mut self) {
        self.left = None;
    }

    /// This is in work from now on; it was at so many deaths before.
    pub fn begin(&self, name: &str, deaths: u32) {
        self.write(&format!("{deaths} {}", cut(name)));
    }

    /// Nothing is in work.
    pub fn done(&self) {
        self.write("");
    }

    fn write(&self, text: &str) {
        let line = format!("{text:<width$}\n", width = LINE_BYTES - 1);
        // On a full disk the blocks of the file are there already; if not, a death is not counted.
        let _ = self.file.write_all_at(line.as_bytes(), 0);
    }
}

/// Names are ours and short; others' are cut, which makes them no less a name.
fn cut(name: &str) -> &str {
    let name = name.trim();
    wire::text::cut(name, LINE_BYTES - 20)
}

fn parse(text: &str) -> Option<Left> {
    let (deaths, name) = text.trim().split_once(' ')?;
    Some(Left {
        name: name.to_owned(),
        deaths: deaths.parse::<u32>().ok()?.saturating_add(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_with_the_same_thing_in_work_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in_work");
        for deaths in 0..4 {
            let in_work = InWork::open(&path).unwrap();
            let before = in_work.left_by_the_dead("0007.frame");
            assert_eq!(before, (deaths > 0).then_some(deaths));
            in_work.begin("0007.frame", before.unwrap_or(0));
            // Dropped without a word: this is what a death leaves.
        }
        let in_work = InWork::open(&path).unwrap();
        assert_eq!(in_work.left_by_the_dead("0008.frame"), None);
        in_work.begin("0008.frame", 0);
        in_work.done();
        assert_eq!(InWork::open(&path).unwrap().left(), None);
    }

    #[test]
    fn whatever_stands_in_the_file_is_no_reason_not_to_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in_work");
        for garbage in [&b"x"[..], b"-1 a", b"99999999999 a", b"1", &[0xff; 5000]] {
            std::fs::write(&path, garbage).unwrap();
            assert_eq!(InWork::open(&path).unwrap().left(), None);
        }
        let long = "n".repeat(1_000);
        InWork::open(&path).unwrap().begin(&long, 0);
        assert_eq!(
            InWork::open(&path).unwrap().left_by_the_dead(&long),
            Some(1)
        );
    }
}
