//! What a journal has taken survives `kill -9` at any instruction.
//!
//! A copy of this program appends in a loop and says on its standard output when an append has
//! returned; this one kills it at a random moment, over and over on the same folder, and then reads
//! the journal: everything that was said to be taken is there, in order, once.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use daemon::journal::{Journal, Options};
use rand::Rng;

/// The copy's first argument.
const CHILD: &str = "append-until-killed";

const ROUNDS: usize = 25;

/// Small segments, no memory: every append and every read goes to the files.
const OPTIONS: Options = Options {
    memory_bytes_max: 0,
    disk_bytes_max: 64 << 20,
};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1..) {
        Some([mode, dir, first]) if mode == CHILD => {
            append_until_killed(Path::new(dir), first.parse().expect("a number"));
        }
        // Whatever else cargo passes chooses among tests, and this is the only one.
        _ => everything_that_was_taken_survives_every_kill(),
    }
}

fn append_until_killed(dir: &Path, first: u64) {
    let (mut journal, _) = Journal::open(dir, OPTIONS).expect("the journal opens after a kill");
    let mut output = std::io::stdout();
    for number in first.. {
        // Sizes from some bytes to some pages, so that kills meet all kinds of writes.
        let size = usize::try_from(number * 7_919 % 9_000).expect("below 9,000");
        journal
            .append(format!("{number:0size$}").as_bytes())
            .expect("the append succeeds");
        writeln!(output, "{number}").expect("the parent listens");
    }
}

fn everything_that_was_taken_survives_every_kill() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut next = 0;
    let mut read = Vec::new();
    for round in 0..ROUNDS {
        let taken_up_to = kill_in_the_middle(spawn(dir.path(), next));
        let (mut journal, recovery) = Journal::open(dir.path(), OPTIONS).expect("opens");
        assert_eq!(recovery.missing_records, 0, "round {round}");
        drain(&mut journal, &mut read);
        let found_up_to = *read.last().expect("something was appended");
        assert!(
            found_up_to >= taken_up_to,
            "round {round}: {taken_up_to} was taken and is lost"
        );
        // One more than was told may be there: appended, and killed before it could be told.
        next = found_up_to + 1;
    }
    let expected: Vec<u64> = (0..next).collect();
    assert_eq!(
        read, expected,
        "records are missing, doubled or out of order"
    );
    println!("{ROUNDS} kills, {next} records: every one that was taken is there, in order, once");
}

fn spawn(dir: &Path, first: u64) -> Child {
    Command::new(std::env::current_exe().expect("the program has a path"))
        .args([CHILD, &dir.display().to_string(), &first.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a copy starts")
}

/// Kills the child after some appends; gives the last one that it told.
fn kill_in_the_middle(mut child: Child) -> u64 {
    let patience = rand::rng().random_range(1..400);
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut told: Vec<u64> = Vec::new();
    while told.len() < patience {
        let line = lines.next().expect("the child runs on").expect("a line");
        told.push(line.parse().expect("a number"));
    }
    child.kill().expect("SIGKILL can be sent");
    child.wait().expect("the child is gone");
    // What it told before it died was taken too; the last line may be half.
    told.extend(
        lines
            .map_while(Result::ok)
            .filter_map(|line| line.parse::<u64>().ok()),
    );
    // A half line is the beginning of a larger number, so it is never the largest.
    told.into_iter().max().expect("something was told")
}

fn drain(journal: &mut Journal, read: &mut Vec<u64>) {
    loop {
        let batch = journal.peek_batch(100, 1 << 20).expect("reads");
        if batch.records.is_empty() {
            return;
        }
        for record in &batch.records {
            let text = std::str::from_utf8(record).expect("a whole record");
            read.push(text.parse().expect("a number"));
        }
        journal.acknowledge(batch.end).expect("acknowledges");
    }
}
