//! The console on a terminal: what it does to it, and that nothing which comes from there harms it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use e2e::await_some;
use e2e::lab::bin_dir;
use e2e::pty::{Modes, Pty};
use e2e::store::DemoStore;
use rustix::process::{Signal, kill_process_group};
use vt100::Screen;

/// What the console says when it has found out that nobody is there.
const AWAY: &[&str] = &["bitville ▸ timeline", "⚠ cannot reach the store"];
/// What it shows of the recording before any key.
const SUSPECTS: &[&str] = &["suspects of spike", "▸", "POST /cron/reprice", "held locks"];

/// A console that has nobody to ask.
fn lonely() -> Command {
    let mut command = Command::new(bin_dir().join("bitville-tui"));
    command.args(["--url", "http://127.0.0.1:9"]);
    // The machine's own settings are none of this test's.
    command.env("BITVILLE_SETTINGS", empty_file());
    command
}

fn empty_file() -> PathBuf {
    PathBuf::from("/dev/null")
}

/// Runs a command when a line is typed, as a script would, and waits for another line afterwards. A shell
/// that is no operator's leaves the terminal's modes alone, so what is seen then is the command's doing.
fn scripted(command: &Command) -> Pty {
    let mut script = Command::new("sh");
    script
        .arg("-c")
        .arg(
            "trap : HUP INT TERM; echo before; read line; \"$@\"; echo \"left with $?\"; read line",
        )
        .arg("sh")
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        script.env(name, value.unwrap_or_default());
    }
    let mut terminal = Pty::start(&script, 80, 24);
    terminal.await_screen(&["before"]);
    terminal
}

/// Takes a console up to its first screen, has it leave in some way, and holds the terminal's modes
/// afterwards against those before.
fn assert_given_back(way: &str, leave: impl FnOnce(&mut Pty)) {
    let mut terminal = scripted(&lonely());
    let before = terminal.modes();
    terminal.type_text("\n");
    terminal.await_screen(AWAY);
    let meanwhile = terminal.modes();
    assert!(
        meanwhile.is_alternate_screen && meanwhile.is_cursor_hidden && meanwhile.is_paste_bracketed,
        "{way}: the console has taken the terminal: {meanwhile:?}"
    );
    leave(&mut terminal);
    let contents = terminal.await_screen(&["left with 0"]);
    assert_eq!(terminal.modes(), before, "{way}");
    assert!(!contents.contains("bitville ▸"), "{way}:\n{contents}");
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    let typed = |text: &'static str| move |terminal: &mut Pty| terminal.type_text(text);
    let told = |signal: Signal| {
        move |terminal: &mut Pty| {
            kill_process_group(terminal.foreground(), signal).expect("the console is there");
        }
    };
    assert_given_back("q", typed("q"));
    assert_given_back("^C", typed("\x03"));
    assert_given_back("^C in a line that is typed", typed("/abc\x03"));
    assert_given_back("SIGTERM", told(Signal::TERM));
    assert_given_back("SIGHUP", told(Signal::HUP));
    assert_given_back("SIGINT", told(Signal::INT));
}

#[test]
fn the_mouse_is_taken_when_it_is_asked_for_and_always_given_back() {
    const F2: &str = "\x1bOQ";
    let mut shell = Pty::shell(80, 24);
    let before = shell.modes();
    let program = bin_dir().join("bitville-tui");
    shell.type_text(format!(
        "BITVILLE_SETTINGS=/dev/null {} --url http://127.0.0.1:9\n",
        program.display()
    ));
    shell.await_screen(AWAY);
    assert!(!shell.modes().is_mouse_captured, "not by itself");
    shell.type_text(F2);
    shell.await_screen(&["the mouse selects"]);
    assert!(shell.modes().is_mouse_captured);
    shell.type_text(F2);
    shell.await_screen(&["the mouse is the terminal's"]);
    assert!(!shell.modes().is_mouse_captured);

    shell.type_text(F2);
    shell.await_screen(&["the mouse selects"]);
    shell.type_text("\x1a");
    await_prompts(&mut shell, 2);
    assert_eq!(shell.modes(), before, "suspended");
    shell.type_text("fg\n");
    shell.await_screen(AWAY);
    assert!(shell.modes().is_mouse_captured, "taken again");
    shell.type_text("q");
    await_prompts(&mut shell, 3);
    assert_eq!(shell.modes(), before, "at the end");
}

#[test]
fn a_console_whose_terminal_is_gone_ends() {
    let mut terminal = Pty::start(&lonely(), 80, 24);
    terminal.await_screen(AWAY);
    let mut console = terminal.close();
    let patience = Duration::from_secs(60);
    let status = await_some("the console ends", patience, || {
        console.try_wait().expect("its status")
    });
    assert!(status.success(), "in order: {status}");
}

#[test]
fn a_suspended_console_gives_the_terminal_back_and_takes_it_again_at_its_new_size() {
    let mut shell = Pty::shell(80, 24);
    let before = shell.modes();
    let program = bin_dir().join("bitville-tui");
    shell.type_text(format!(
        "BITVILLE_SETTINGS=/dev/null {} --url http://127.0.0.1:9\n",
        program.display()
    ));
    shell.await_screen(AWAY);
    let taken = shell.modes();

    shell.type_text("\x1a");
    await_prompts(&mut shell, 2);
    assert_eq!(shell.modes(), before);
    shell.resize(120, 40);
    shell.type_text("fg\n");
    shell.await_screen(AWAY);
    assert_eq!(shell.modes(), taken);
    let is_drawn_anew = |contents: &str| {
        let lines: Vec<&str> = contents.lines().collect();
        lines.len() == 40 && lines[39].ends_with("? help") && !contents.contains("ready>")
    };
    shell.await_that("all forty lines are the console's", |screen| {
        is_drawn_anew(&screen.contents())
    });

    shell.type_text("q");
    await_prompts(&mut shell, 3);
    assert_eq!(shell.modes(), before);
}

/// Until the shell has asked for a command so many times.
fn await_prompts(shell: &mut Pty, count: usize) {
    shell.await_that("the shell has the terminal", |screen| {
        screen.contents().matches("ready> ").count() == count
    });
}

#[test]
fn a_storm_of_resizes_leaves_the_screen_as_it_was() {
    let store = DemoStore::shared();
    let mut terminal = Pty::start(&store.console(), 120, 40);
    terminal.await_screen(SUSPECTS);
    let screens = [
        ("", "unexplained"),
        ("2", "41 · by wall time"),
        ("3", "RuleBook"),
        ("5", "POST /cron/reprice"),
    ];
    for (key, loaded) in screens {
        terminal.type_text(key);
        terminal.await_screen(&[loaded]);
        let before = settled(&mut terminal);
        for (columns, rows) in storm() {
            terminal.resize(columns, rows);
        }
        terminal.resize(1, 1);
        terminal.await_that("one cell is drawn", |screen| screen.contents() == "…");
        terminal.resize(300, 100);
        terminal.await_that("all of a great terminal is drawn", |screen| {
            let contents = screen.contents();
            contents.lines().count() == 100 && contents.contains("? help")
        });
        terminal.resize(120, 40);
        terminal.await_that("the screen is as it was", |screen| {
            picture(screen) == before
        });
    }
    terminal.type_text("\x03");
    assert!(terminal.await_end().success());
}

/// What is drawn when the console has answered all keys: help is opened and closed again, and what stands
/// below it is what there is to draw.
fn settled(terminal: &mut Pty) -> Vec<(String, String)> {
    terminal.type_text("?");
    terminal.await_screen(&["esc close"]);
    terminal.type_text("?");
    terminal.await_that("the help is closed", |screen| {
        !screen.contents().contains("esc close")
    });
    picture(terminal.screen())
}

/// What each cell shows and how, whether it was written or never touched.
fn picture(screen: &Screen) -> Vec<(String, String)> {
    let (rows, columns) = screen.size();
    let places =
        (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
    let cells = places.filter_map(|(row, column)| screen.cell(row, column));
    cells
        .map(|cell| {
            let is_blank = cell.contents().trim().is_empty();
            let text = if is_blank { " " } else { cell.contents() };
            let lines = [cell.underline(), cell.inverse()];
            // Neither the colour nor the weight of nothing is seen.
            let (colour, weight) = if is_blank && !lines.contains(&true) {
                (vt100::Color::Default, [false, false])
            } else {
                (cell.fgcolor(), [cell.bold(), cell.dim()])
            };
            (text.to_owned(), format!("{colour:?} {weight:?} {lines:?}"))
        })
        .collect()
}

/// Sizes from nothing to far too great, in no order.
fn storm() -> impl Iterator<Item = (u16, u16)> {
    let scattered = (0u16..150).map(|step| (step * 97 % 300 + 1, step * 61 % 100 + 1));
    [(1, 1), (300, 1), (1, 100), (60, 15), (59, 14), (300, 100)]
        .into_iter()
        .chain(scattered)
}

#[test]
fn a_megabyte_of_pasted_keys_is_no_command_and_is_bounded_in_a_line() {
    let store = DemoStore::shared();
    let mut terminal = Pty::start(&store.console(), 120, 40);
    terminal.await_screen(SUSPECTS);
    let before = settled(&mut terminal);
    // Each line would quit, go elsewhere, suspend, or move the cursor, if it were typed.
    let keys = "q2\x03\x1a\x1b[2J\x1b]0;evil\x07jG\r\n".repeat(1_000_000 / 20);
    terminal.paste(&keys);
    assert_eq!(settled(&mut terminal), before);

    terminal.type_text("/");
    terminal.await_screen(&["41 match"]);
    terminal.paste(&keys);
    terminal.await_screen(&["q2[2J]0;eviljG"]);
    assert!(terminal.modes().is_alternate_screen);
    // ^U empties it: what was cut off did not come later, as keys.
    terminal.type_text("\x15method:POST");
    terminal.await_that("the list is filtered by what was typed", |screen| {
        let contents = screen.contents();
        !contents.contains("evil") && contents.contains("requests / method:POST")
    });
    let peak = peak_kib(terminal.pid());
    assert!(peak < 100 * 1024, "a megabyte of text took {peak} KiB");
    terminal.type_text("\x03");
    assert!(terminal.await_end().success());
}

/// The most memory that a process ever had.
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let count = line.and_then(|it| it.split_whitespace().next()?.parse().ok());
    count.expect("the kernel tells")
}

#[test]
fn a_store_that_goes_away_is_told_of_and_what_is_shown_stays_until_it_is_back() {
    let mut store = DemoStore::start();
    let mut terminal = Pty::start(&store.console(), 120, 40);
    terminal.await_screen(SUSPECTS);

    store.stop();
    let screen = terminal.await_screen(&["⚠ cannot reach the store"]);
    for wanted in SUSPECTS.iter().chain(&[
        "(connection refused) at http://127.0.0.1:",
        "retrying in",
        " old",
    ]) {
        assert!(
            screen.contains(wanted),
            "{wanted:?} is missing in\n{screen}"
        );
    }
    // What was not loaded yet can't be; what was, can be gone back to.
    terminal.type_text("2");
    terminal.await_screen(&["▸ requests", "⚠ cannot reach"]);
    terminal.type_text("\x1b");
    terminal.await_screen(SUSPECTS);

    terminal.type_text("2");
    store.run();
    terminal.await_that("the console is back by itself", |screen| {
        let contents = screen.contents();
        !contents.contains("cannot reach") && contents.contains("POST /cron/reprice")
    });
    terminal.type_text("\x03");
    assert!(terminal.await_end().success());
}

#[test]
fn a_paused_screen_counts_what_comes_and_a_live_one_shows_it() {
    let store = DemoStore::start();
    let mut command = store.console();
    command.args(["--range", "15m"]);
    let mut terminal = Pty::start(&command, 120, 40);
    terminal.await_screen(&["● live", "POST /cron/reprice"]);
    terminal.type_text(" ");
    terminal.await_screen(&["○ paused"]);
    store.replay();
    terminal.await_that("what came is counted", |screen| {
        let header = screen.contents().lines().next().map(str::to_owned);
        header.is_some_and(|it| it.contains("○ paused, ") && it.contains(" new"))
    });
    terminal.type_text(" ");
    let screen = terminal.await_screen(&["● live"]);
    assert!(!screen.contains("paused"), "{screen}");
    terminal.type_text("\x03");
    assert!(terminal.await_end().success());
}

#[test]
fn a_terminal_without_utf_8_or_colours_gets_neither() {
    let store = DemoStore::shared();
    let mut command = store.console();
    command.env("LC_ALL", "C").env("NO_COLOR", "1");
    let mut terminal = Pty::start(&command, 80, 24);
    terminal.await_screen(&["suspects of spike", "POST /cron/reprice"]);
    for key in ["", "2", "3", "4", "5", "6", "7", "8", "?"] {
        terminal.type_text(key);
        let screen = settled_plain(&mut terminal);
        assert!(screen.is_ascii(), "{key}:\n{screen}");
    }
    let (rows, columns) = terminal.screen().size();
    for row in 0..rows.get() {
        for column in 0..columns.get() {
            let cell = terminal.screen().cell(row, column).expect("a cell");
            assert_eq!(cell.fgcolor(), vt100::Color::Default, "{row}:{column}");
            assert_eq!(cell.bgcolor(), vt100::Color::Default, "{row}:{column}");
        }
    }
}

fn settled_plain(terminal: &mut Pty) -> String {
    terminal.await_screen(&["? help"])
}

/// Kept here so that what is compared above is seen to be able to differ.
#[test]
fn a_program_that_leaves_the_terminal_taken_is_noticed() {
    let mut rude = Command::new("sh");
    rude.args([
        "-c",
        r"printf '\033[?1049h\033[?25l\033[?2004h'; stty -echo",
    ]);
    let mut terminal = scripted(&rude);
    let before: Modes = terminal.modes();
    terminal.type_text("\n");
    terminal.await_screen(&["left with 0"]);
    let after = terminal.modes();
    assert_ne!(after, before);
    assert!(after.is_alternate_screen && after.is_cursor_hidden && after.is_paste_bracketed);
}
