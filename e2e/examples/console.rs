//! Measures a program on a terminal of 120×40 cells: `console NAME=VALUE... -- PROGRAM ARGUMENT...`
//!
//! A line a figure goes to standard output, for `scripts/bench tui`. A key's time is from when it is typed
//! until the first byte of what it changes has come; what follows within a moment is counted with it. What
//! is measured needs no help: any program that fills a terminal can be compared.
//!
//! | name | is |
//! |---|---|
//! | `data` | the words that are on the screen when there is something to see |
//! | `starts` | how often it is started for `first_frame_ms` and `data_ms`; the median counts |
//! | `live` | seconds in which what comes by itself is counted: `tick_bytes` is a frame's |
//! | `still` | the keys after which nothing moves any more |
//! | `idle` | seconds in which nothing should come |
//! | `prepare`, `list` | the keys to a list, and the words that are seen there |
//! | `down`, `up`, `moves` | the keys that move in it, and how often |

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::pty::Pty;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;
/// Moves in one direction before it turns: fewer than there are lines on the screen.
const STRETCH: usize = 15;
/// What comes within this time belongs to the same frame.
const SAME_FRAME: Duration = Duration::from_millis(3);
/// Longer than any frame may take.
const LOST: Duration = Duration::from_secs(10);

fn main() {
    let (options, command): (Vec<String>, Vec<String>) = {
        let mut arguments = std::env::args().skip(1);
        let options = arguments.by_ref().take_while(|it| it != "--").collect();
        (options, arguments.collect())
    };
    let options: BTreeMap<&str, &str> = options
        .iter()
        .map(|option| option.split_once('=').expect("NAME=VALUE"))
        .collect();
    let words = |name: &str| *options.get(name).unwrap_or(&"");
    let number = |name: &str| options.get(name).map_or(0, |it| it.parse().expect(name));
    let (program, arguments) = command.split_first().expect("a program behind --");
    let mut command = Command::new(program);
    command.args(arguments);

    let mut terminal = start(&command, words("data"), number("starts").max(1));
    println!("start_bytes {}", terminal.received());
    live(&mut terminal, number("live"));
    settle(&mut terminal, words("still"));
    idle(&mut terminal, number("idle"));
    settle(&mut terminal, words("prepare"));
    terminal.await_screen(&[words("list")]);
    moves(&mut terminal, words("down"), words("up"), number("moves"));
    for (name, field) in [("resident_mib", "VmRSS:"), ("resident_peak_mib", "VmHWM:")] {
        println!("{name} {:.1}", memory_mib(terminal.pid(), field));
    }
}

/// Starts it so often; the last one stays.
fn start(command: &Command, data: &str, starts: usize) -> Pty {
    let (mut first, mut full) = (Vec::new(), Vec::new());
    for left in (0..starts).rev() {
        let began = Instant::now();
        let mut terminal = Pty::start(command, COLUMNS, ROWS);
        terminal.await_that("something is seen", |screen| {
            !screen.contents().trim().is_empty()
        });
        first.push(began.elapsed());
        terminal.await_screen(&[data]);
        full.push(began.elapsed());
        if left == 0 {
            println!("first_frame_ms {:.1}", part(&mut first, 50));
            println!("data_ms {:.1}", part(&mut full, 50));
            return terminal;
        }
        // It ends as its terminal is gone.
        let _ = terminal.close().wait();
    }
    unreachable!("it is started once at least")
}

/// Counts what comes while records come.
fn live(terminal: &mut Pty, seconds: usize) {
    if seconds == 0 {
        return;
    }
    let (bytes, frames) = (terminal.received(), terminal.frames());
    wait(terminal, seconds);
    let bytes = terminal.received() - bytes;
    let frames = terminal.frames() - frames;
    println!("ticks {frames}");
    println!("tick_bytes {:.0}", bytes as f64 / frames.max(1) as f64);
    println!("live_bytes_per_s {:.1}", bytes as f64 / seconds as f64);
}

fn idle(terminal: &mut Pty, seconds: usize) {
    if seconds > 0 {
        let bytes = terminal.received();
        wait(terminal, seconds);
        println!("idle_bytes {}", terminal.received() - bytes);
    }
}

fn moves(terminal: &mut Pty, down: &str, up: &str, count: usize) {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for step in 0..count {
        let is_down = (step / STRETCH).is_multiple_of(2);
        let key = if is_down { down } else { up };
        let before = terminal.received();
        let began = Instant::now();
        terminal.type_text(key);
        while terminal.received() == before {
            assert!(terminal.read_some(began + LOST), "a key without an effect");
        }
        times.push(began.elapsed());
        while terminal.read_some(Instant::now() + SAME_FRAME) {}
        bytes += terminal.received() - before;
    }
    if count > 0 {
        println!("key_ms {:.2}", part(&mut times, 50));
        println!("key_p99_ms {:.2}", part(&mut times, 99));
        println!("move_bytes {:.0}", bytes as f64 / count as f64);
    }
}

/// Types keys and takes all that follows until it is quiet.
fn settle(terminal: &mut Pty, keys: &str) {
    if !keys.is_empty() {
        terminal.type_text(keys);
    }
    while terminal.read_some(Instant::now() + Duration::from_secs(1)) {}
}

fn wait(terminal: &mut Pty, seconds: usize) {
    let end = Instant::now() + Duration::from_secs(seconds as u64);
    terminal.read_until(end);
}

/// So many percent of the times are shorter, in milliseconds.
fn part(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3
}

fn memory_mib(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|it| it.strip_prefix(field));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok());
    kib.expect("the kernel tells") / 1024.0
}
