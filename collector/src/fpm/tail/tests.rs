use std::io::Write;

use super::*;

struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("slow.log")
    }

    fn append(&self, text: &str) {
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(self.path())
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn places(&self) -> Places {
        Places::load(self.dir.path())
    }

    fn tail(&self) -> Tail {
        Tail::new(self.path())
    }
}

fn look(tail: &mut Tail, places: &Places) -> String {
    String::from_utf8(tail.look(places).unwrap()).unwrap()
}

#[test]
fn what_was_there_before_is_passed_over_and_what_comes_is_read_once() {
    let bench = Bench::new();
    bench.append("old\n");
    let (mut tail, places) = (bench.tail(), bench.places());
    assert_eq!(look(&mut tail, &places), "");
    bench.append("new\n");
    assert_eq!(look(&mut tail, &places), "new\n");
    assert_eq!(look(&mut tail, &places), "");
}

#[test]
fn a_file_that_comes_later_is_read_from_its_start() {
    let bench = Bench::new();
    let (mut tail, places) = (bench.tail(), bench.places());
    assert_eq!(look(&mut tail, &places), "");
    bench.append("first\n");
    assert_eq!(look(&mut tail, &places), "first\n");
}

#[test]
fn a_log_that_is_rotated_loses_nothing_either_way() {
    let bench = Bench::new();
    bench.append("old\n");
    let (mut tail, places) = (bench.tail(), bench.places());
    look(&mut tail, &places);
    // By renaming: the rest of the old one, then the new one.
    bench.append("rest\n");
    fs::rename(bench.path(), bench.dir.path().join("slow.log.1")).unwrap();
    bench.append("fresh\n");
    assert_eq!(look(&mut tail, &places), "rest\n");
    assert_eq!(look(&mut tail, &places), "fresh\n");
    // By truncating.
    fs::write(bench.path(), "cut\n").unwrap();
    assert_eq!(look(&mut tail, &places), "cut\n");
}

#[test]
fn the_next_process_goes_on_where_the_last_one_was() {
    let bench = Bench::new();
    bench.append("old\n");
    let (mut tail, mut places) = (bench.tail(), bench.places());
    look(&mut tail, &places);
    bench.append("read\nhalf");
    look(&mut tail, &places);
    places.keep(&tail, 4).unwrap();
    bench.append("-whole\n");
    let (mut tail, places) = (bench.tail(), bench.places());
    assert_eq!(look(&mut tail, &places), "half-whole\n");

    // Rotated while nobody looked: what is there now is newer than what was read.
    fs::rename(bench.path(), bench.dir.path().join("slow.log.1")).unwrap();
    bench.append("fresh\n");
    let mut tail = bench.tail();
    assert_eq!(look(&mut tail, &bench.places()), "fresh\n");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_not_an_end() {
    let bench = Bench::new();
    fs::create_dir(bench.path()).unwrap();
    let (mut tail, places) = (bench.tail(), bench.places());
    assert!(tail.look(&places).is_err());
}
