//! What a panic leaves behind, on a pseudoterminal.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use ratatui::style::Style;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::*;

/// Set for the other half of the test, which runs on a terminal and panics there.
const PANICS: &str = "BITVILLE_TEST_PANICS";
const NAME: &str = "terminal::tests::a_panic_gives_the_terminal_back_before_it_says_why";
/// Until the other half has said its next word. It takes milliseconds.
const PATIENCE: Timespec = Timespec {
    tv_sec: 60,
    tv_nsec: 0,
};

fn pseudoterminal() -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let here = openpt(flags).expect("a pseudoterminal");
    grantpt(&here).expect("it is ours");
    unlockpt(&here).expect("it can be opened");
    let there = ioctl_tiocgptpeer(&here, flags).expect("its other end");
    let size = Winsize {
        ws_row: 24,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&here, size).expect("its size");
    (here, there)
}

/// All that is written on the other end until nobody has it any more.
fn read_all(here: &OwnedFd) -> String {
    let mut file = File::from(here.as_fd().try_clone_to_owned().expect("another handle"));
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let mut watched = [PollFd::new(here, PollFlags::IN)];
        let ready = poll(&mut watched, Some(&PATIENCE)).expect("it can be watched");
        assert!(ready > 0, "after {:?}", String::from_utf8_lossy(&all));
        match io::Read::read(&mut file, &mut piece) {
            Ok(count) if count > 0 => all.extend_from_slice(&piece[..count]),
            // The other end is closed, which reads as an error on Linux.
            _ => return String::from_utf8_lossy(&all).into_owned(),
        }
    }
}

/// Panics on a terminal of its own, in this thread or in another one; tells what was written and how it ended.
fn panicked(which: &str) -> (String, ExitStatus, bool) {
    let (here, there) = pseudoterminal();
    let is_echoing = || {
        let modes = tcgetattr(&here).expect("its modes").local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    };
    assert!(is_echoing(), "as it was found");
    let end = || there.try_clone().expect("another handle");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", NAME, "--nocapture"])
        .env(PANICS, which)
        .env("RUST_BACKTRACE", "0")
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .expect("it runs again");
    drop(there);
    let written = read_all(&here);
    let status = child.wait().expect("its status");
    (written, status, is_echoing())
}

/// The other half.
fn panic_on_a_terminal(which: &str) {
    let mut screen = Screen::take().expect("the terminal");
    screen.take_mouse(true).expect("the mouse");
    let words = |buffer: &mut Buffer| {
        buffer.set_string(0, 0, "on-the-screen", Style::new());
    };
    screen.draw(words).expect("a frame");
    if which == "another" {
        let other = std::thread::spawn(|| panic!("the reason"));
        // Never reached: the panic ends the whole process.
        let _ = other.join();
        return;
    }
    panic!("the reason");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_says_why() {
    if let Ok(which) = std::env::var(PANICS) {
        return panic_on_a_terminal(&which);
    }
    for which in ["this", "another"] {
        let (written, status, is_echoing) = panicked(which);
        assert_eq!(status.signal(), Some(6), "{which}: {status}, {written:?}");
        assert!(is_echoing, "{which}: the modes are as they were found");
        let place = |words: &str| {
            let place = written.rfind(words);
            place.unwrap_or_else(|| panic!("{which}: {words:?} should be in {written:?}"))
        };
        let drawn = place("on-the-screen");
        let reason = place("the reason");
        // The mouse, pasted text, the alternate screen, the cursor.
        for given_back in ["\x1b[?1000l", "\x1b[?2004l", "\x1b[?1049l", "\x1b[?25h"] {
            let place = place(given_back);
            assert!(
                drawn < place && place < reason,
                "{which}: {given_back:?} in {written:?}"
            );
        }
    }
}
