use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::serverlog::parser::Format;
use crate::serverlog::source::NamePattern;

/// A server that writes a log, and an agent that follows it and may be killed.
struct Site {
    dir: TempDir,
    follower: Option<Follower>,
    now: Monotonic,
    written: u32,
    /// What was given out, by the number in its message; its places.
    told: Vec<(u32, u64, u64)>,
    is_half: bool,
}

impl Site {
    fn new() -> Self {
        let mut site = Self::prepared();
        site.start();
        site
    }

    /// A site that nobody watches yet.
    fn prepared() -> Self {
        let site = Self {
            dir: tempfile::tempdir().unwrap(),
            follower: None,
            now: Monotonic::default(),
            written: 0,
            told: Vec::new(),
            is_half: false,
        };
        fs::create_dir(site.dir.path().join("log")).unwrap();
        fs::create_dir(site.dir.path().join("state")).unwrap();
        site
    }

    fn log(&self, name: &str) -> PathBuf {
        self.dir.path().join("log").join(name)
    }

    fn start(&mut self) {
        let source = Source {
            dir: self.dir.path().join("log"),
            name: NamePattern::new("pg*.log"),
            format: Format::Stderr,
            prefix: Some("%m [%p] ".to_owned()),
            zone: "UTC".to_owned(),
        };
        let places = Places::load(&self.dir.path().join("state"));
        // Files of the test are younger than this.
        self.follower = Some(Follower::new(source, places, Instant(1)).unwrap());
        self.save();
    }

    fn save(&self) {
        self.follower.as_ref().unwrap().places().save().unwrap();
    }

    /// Writes an entry of two lines, the second half of the last line with the next call.
    fn write(&mut self, name: &str) {
        self.end_half(name);
        self.written += 1;
        let text = format!(
            "2026-11-27 08:00:00.{:03} UTC [7] ERROR:  entry {}\n\tgoes on\n2026-11-27 08:00:00.000 UTC [7] STATEMENT:  select 1\n",
            self.written % 1_000,
            self.written
        );
        append(&self.log(name), &text);
    }

    fn write_half(&mut self, name: &str) {
        self.end_half(name);
        self.written += 1;
        append(
            &self.log(name),
            &format!(
                "2026-11-27 08:00:00.000 UTC [7] ERROR:  entry {}",
                self.written
            ),
        );
        self.is_half = true;
    }

    fn end_half(&mut self, name: &str) {
        if std::mem::take(&mut self.is_half) {
            append(&self.log(name), "\n");
        }
    }

    fn look(&mut self) -> Look {
        self.now = self.now + Duration::from_millis(400);
        let told = &mut self.told;
        let mut sink = |entry: &Entry<'_>, place: Place, _: Instant| {
            let number = entry.message.strip_prefix("entry ").unwrap_or("0");
            let number = number.split('\n').next().unwrap().parse().unwrap_or(0);
            told.push((number, place.file, place.offset));
        };
        self.follower
            .as_mut()
            .unwrap()
            .look(self.now, &mut sink)
            .unwrap()
    }

    /// Until there is nothing new for a while.
    fn settle(&mut self) {
        let mut idle = 0;
        while idle < 10 {
            let look = self.look();
            let is_idle = look.entries == 0 && look.bytes == 0 && !look.is_more;
            idle = if is_idle { idle + 1 } else { 0 };
        }
    }

    /// Killed without having noted where it was, and started again.
    fn kill(&mut self) {
        self.follower = None;
        self.start();
    }

    /// Everything that was written was told, and what was told twice has the same place.
    fn check(&mut self) {
        self.settle();
        let once: BTreeSet<_> = self.told.iter().copied().collect();
        let numbers: Vec<u32> = once.iter().map(|(number, ..)| *number).collect();
        let expected: Vec<u32> = (1..=self.written).collect();
        assert!(
            numbers == expected,
            "{} of {} entries",
            numbers.len(),
            expected.len()
        );
    }
}

fn append(path: &std::path::Path, text: &str) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn what_was_there_before_is_nobodys_news() {
    let mut site = Site::prepared();
    append(
        &site.log("pg.log"),
        "2026-11-27 08:00:00.000 UTC [7] LOG:  old\n",
    );
    site.start();
    site.settle();
    assert_eq!(site.told, []);
    site.write("pg.log");
    site.check();
}

#[test]
fn the_last_entry_is_told_when_nothing_follows() {
    let mut site = Site::new();
    site.write("pg.log");
    site.check();
    site.write("pg.log");
    site.write_half("pg.log");
    site.settle();
    assert_eq!(site.told.len(), 2, "half a line is nothing yet");
    site.end_half("pg.log");
    site.check();
}

#[test]
fn a_file_of_a_new_name_is_gone_over_to() {
    let mut site = Site::new();
    for file in 0..5 {
        for _ in 0..20 {
            site.write(&format!("pg-{file}.log"));
        }
        site.look();
    }
    site.check();
    let order: Vec<u32> = site.told.iter().map(|(number, ..)| *number).collect();
    assert!(order.is_sorted(), "in order, each once");
}

#[test]
fn a_file_that_is_renamed_is_read_to_its_end() {
    let mut site = Site::new();
    site.write("pg.log");
    site.settle();
    site.write("pg.log");
    fs::rename(site.log("pg.log"), site.log("pg.log.1")).unwrap();
    // The server writes on until it is told to open its file again.
    site.write("pg.log.1");
    site.write("pg.log");
    site.check();
    assert_eq!(site.told.len(), 4);
}

#[test]
fn a_file_that_is_copied_and_cut_is_read_to_its_end_from_the_copy() {
    let mut site = Site::new();
    for _ in 0..50 {
        site.write("pg.log");
    }
    site.settle();
    for _ in 0..50 {
        site.write("pg.log");
    }
    fs::copy(site.log("pg.log"), site.log("pg.log.1")).unwrap();
    File::create(site.log("pg.log")).unwrap();
    site.write("pg.log");
    site.check();
    assert_eq!(site.told.len(), 101);
}

#[test]
fn a_file_that_is_cut_and_written_anew_beyond_its_old_length_is_another_one() {
    let mut site = Site::new();
    site.write("pg.log");
    site.settle();
    File::create(site.log("pg.log")).unwrap();
    for _ in 0..5 {
        site.write("pg.log");
    }
    site.check();
    assert_eq!(site.told.len(), 6);
}

#[test]
fn a_file_that_was_compressed_while_nobody_looked_is_read_to_its_end() {
    let mut site = Site::new();
    for _ in 0..3 {
        site.write("pg.log");
    }
    site.settle();
    site.save();
    site.follower = None;
    for _ in 0..3 {
        site.write("pg.log");
    }
    let text = fs::read(site.log("pg.log")).unwrap();
    let packed = File::create(site.log("pg.log.1.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    packed.write_all(&text).unwrap();
    packed.finish().unwrap();
    fs::remove_file(site.log("pg.log")).unwrap();
    site.start();
    site.write("pg.log");
    site.check();
    assert_eq!(site.told.len(), 7);
    assert_eq!(site.follower.as_ref().unwrap().pending_bytes(), 0);
}

#[test]
fn a_file_that_is_written_anew_to_the_same_length_at_once_is_another_one() {
    let mut site = Site::new();
    for _ in 0..3 {
        site.write("pg.log");
        site.settle();
        File::create(site.log("pg.log")).unwrap();
    }
    site.write("pg.log");
    site.check();
    assert_eq!(site.told.len(), 4);
}

#[derive(Clone, Debug)]
enum Step {
    Write(u8),
    Half,
    Look(u8),
    Save,
    Kill,
    NewFile,
    Rename,
    CopyAndCut,
    Reuse,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (1_u8..40).prop_map(Step::Write),
        1 => Just(Step::Half),
        5 => (1_u8..6).prop_map(Step::Look),
        2 => Just(Step::Save),
        2 => Just(Step::Kill),
        1 => Just(Step::NewFile),
        1 => Just(Step::Rename),
        1 => Just(Step::CopyAndCut),
        1 => Just(Step::Reuse),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is rotated, however often the agent is killed: each entry is told, and each time with the
    /// same place.
    #[test]
    fn no_entry_is_lost(steps in prop::collection::vec(step(), 1..60)) {
        let mut site = Site::new();
        let mut name = "pg.log".to_owned();
        let mut rotations = 0;
        for step in steps {
            match step {
                Step::Write(count) => (0..count).for_each(|_| site.write(&name)),
                Step::Half => site.write_half(&name),
                Step::Look(count) => (0..count).for_each(|_| { site.look(); }),
                Step::Save => site.save(),
                Step::Kill => site.kill(),
                Step::NewFile => {
                    site.end_half(&name);
                    rotations += 1;
                    name = format!("pg-{rotations}.log");
                }
                Step::Rename => {
                    site.end_half(&name);
                    rotations += 1;
                    let _ = fs::rename(site.log(&name), site.log(&format!("{name}.{rotations}")));
                }
                Step::CopyAndCut => {
                    site.end_half(&name);
                    rotations += 1;
                    if fs::copy(site.log(&name), site.log(&format!("{name}.{rotations}"))).is_ok() {
                        File::create(site.log(&name)).unwrap();
                    }
                }
                // A week is over, and the name comes round again: by then all of it was read.
                Step::Reuse => {
                    site.end_half(&name);
                    site.settle();
                    site.save();
                    if site.log(&name).exists() {
                        File::create(site.log(&name)).unwrap();
                    }
                }
            }
        }
        site.end_half(&name);
        site.check();
    }
}
