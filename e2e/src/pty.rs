//! A terminal of our own: keys go in, and what a person would see comes out.
//!
//! The program under test runs on a pseudoterminal, and what it writes is drawn by a parser of terminal
//! sequences, which also keeps the modes: the alternate screen, the cursor, bracketed paste. Nothing here
//! waits for a time, only for what is seen or for the program's end. There is no thread: the terminal is
//! read while something is awaited, and to close it is to drop it.

use std::ffi::OsStr;
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcgetpgrp, tcsetwinsize};
use vt100::{Callbacks, MouseProtocolMode, Parser, Screen};

/// How long something may take to be seen: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most that is read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// A terminal and the program that has it.
pub struct Pty {
    terminal: OwnedFd,
    child: Child,
    parser: Parser<Frames>,
    received: u64,
}

/// What a program says of its frames: how many it began, and whether one is still being written.
#[derive(Debug, Default)]
struct Frames {
    begun: u64,
    is_open: bool,
}

/// How the program left the terminal, or found it.
#[expect(clippy::struct_excessive_bools)] // The terminal has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modes {
    pub is_alternate_screen: bool,
    pub is_cursor_hidden: bool,
    pub is_paste_bracketed: bool,
    pub is_mouse_captured: bool,
    /// How the kernel treats what is typed and written.
    line: [u64; 4],
}

/// What is known of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// So many bytes came.
    Read(usize),
    /// So many bytes were taken.
    Written(usize),
    /// Nothing happened until the time was over.
    Nothing,
    /// Nobody has the other end any more.
    Over,
}

// === impl Frames ===

impl Callbacks for Frames {
    fn unhandled_csi(
        &mut self,
        _: &mut Screen,
        first: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        if first == Some(b'?') && parameters == [[2026].as_slice()] {
            self.is_open = last == 'h';
            self.begun += u64::from(self.is_open);
        }
    }
}

// === impl Pty ===

impl Pty {
    /// Starts a program in a terminal of this size.
    pub fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let terminal = openpt(flags).expect("a pseudoterminal");
        grantpt(&terminal).expect("a pseudoterminal's permissions");
        unlockpt(&terminal).expect("a pseudoterminal is unlocked");
        let inner = ioctl_tiocgptpeer(&terminal, flags).expect("the program's end");
        // Before the program starts, or it would see another size first.
        set_size(&terminal, columns, rows);
        fcntl_setfl(&terminal, OFlags::RDWR | OFlags::NONBLOCK).expect("reads that don't wait");
        let inner = || inner.try_clone().expect("the program's end, once more");
        // A session of its own, with this as its terminal, as a login makes it.
        let mut session = Command::new("setsid");
        session
            .arg("--ctty")
            .arg(command.get_program())
            .args(command.get_args())
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("NO_COLOR");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => session.env(name, value),
                None => session.env_remove(name),
            };
        }
        let session = session.stdin(inner()).stdout(inner()).stderr(inner());
        let child = session.spawn().expect("setsid (util-linux) runs");
        Self {
            terminal,
            child,
            parser: Parser::new_with_callbacks(cells(rows), cells(columns), 0, Frames::default()),
            received: 0,
        }
    }

    /// A shell with job control and no line editor, which would change the terminal's modes itself.
    pub fn shell(columns: u16, rows: u16) -> Self {
        let mut command = Command::new("bash");
        command
            .args(["--norc", "--noprofile", "--noediting", "-i"])
            .env("PS1", "ready> ")
            .env("BASH_SILENCE_DEPRECATION_WARNING", "1");
        let mut shell = Self::start(&command, columns, rows);
        shell.await_screen(&["ready> "]);
        shell
    }

    /// Types text, key by key as far as the program is concerned.
    pub fn type_text(&mut self, text: impl AsRef<[u8]>) {
        let mut left = text.as_ref();
        let deadline = Instant::now() + PATIENCE;
        while !left.is_empty() {
            match self.turn(left, deadline) {
                // What the program writes meanwhile is read, or both would wait for each other.
                Turn::Read(_) => {}
                Turn::Written(count) => left = &left[count..],
                end => panic!("{} bytes could not be typed: {end:?}", left.len()),
            }
        }
    }

    /// Pastes text as a terminal does that was told to mark it.
    pub fn paste(&mut self, text: &str) {
        self.type_text(format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Gives the terminal another size; the program is told.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        set_size(&self.terminal, columns, rows);
        self.parser.set_size(cells(rows), cells(columns));
    }

    /// Waits until the screen shows all of these, and gives it.
    pub fn await_screen(&mut self, wanted: &[&str]) -> String {
        self.await_that(&format!("the screen shows {wanted:?}"), |screen| {
            let contents = screen.contents();
            wanted.iter().all(|text| contents.contains(text))
        });
        self.contents()
    }

    /// Waits until the screen is so.
    pub fn await_that(&mut self, what: &str, is_so: impl Fn(&Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        // Half a frame is nothing that a person would see.
        while self.parser.callbacks().is_open || !is_so(self.parser.screen()) {
            if let end @ (Turn::Nothing | Turn::Over) = self.turn(&[], deadline) {
                assert!(
                    is_so(self.parser.screen()),
                    "{what}: not so ({end:?}); the last screen was:\n{}",
                    self.contents()
                );
            }
        }
    }

    /// Waits until the program has ended, and reads what it left behind.
    pub fn await_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.turn(&[], deadline) {
                Turn::Read(_) | Turn::Written(_) => {}
                Turn::Over => return self.child.wait().expect("the program's status"),
                Turn::Nothing => panic!("the program goes on:\n{}", self.contents()),
            }
        }
    }

    /// Reads what comes until then, or until there is nobody to send any more. Gives the bytes.
    pub fn read_until(&mut self, deadline: Instant) -> u64 {
        let before = self.received;
        while let Turn::Read(_) = self.turn(&[], deadline) {}
        self.received - before
    }

    /// Waits for output and reads it; false if none came until then.
    pub fn read_some(&mut self, deadline: Instant) -> bool {
        matches!(self.turn(&[], deadline), Turn::Read(_))
    }

    /// All bytes that ever came.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many frames the program has said to begin.
    pub fn frames(&self) -> u64 {
        self.parser.callbacks().begun
    }

    pub fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// The screen as text.
    pub fn contents(&self) -> String {
        self.parser.screen().contents()
    }

    pub fn modes(&self) -> Modes {
        let screen = self.parser.screen();
        let line = tcgetattr(&self.terminal).expect("the terminal's modes");
        Modes {
            is_alternate_screen: screen.alternate_screen(),
            is_cursor_hidden: screen.hide_cursor(),
            is_paste_bracketed: screen.bracketed_paste(),
            is_mouse_captured: screen.mouse_protocol_mode() != MouseProtocolMode::None,
            line: line_modes(&line),
        }
    }

    /// The program that was started.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The leader of what has the keys: in a shell, the program in front.
    pub fn foreground(&self) -> Pid {
        tcgetpgrp(&self.terminal).expect("somebody has the keys")
    }

    /// Sends a signal to the program in front alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.foreground(), signal).expect("the program is there");
    }

    /// Takes the terminal away, as a dead connection does, and gives what ran on it.
    pub fn close(self) -> Child {
        self.child
    }

    /// Waits until one thing can be done, and does it.
    fn turn(&mut self, to_write: &[u8], deadline: Instant) -> Turn {
        let mut flags = PollFlags::IN;
        if !to_write.is_empty() {
            flags |= PollFlags::OUT;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).expect("a short time");
        let mut watched = [PollFd::new(&self.terminal, flags)];
        match poll(&mut watched, Some(&left)) {
            Ok(0) | Err(Errno::INTR) => return Turn::Nothing,
            Ok(_) => {}
            Err(error) => panic!("the terminal can't be watched: {error}"),
        }
        let ready = watched[0].revents();
        if ready.intersects(PollFlags::IN | PollFlags::HUP) {
            let mut chunk = vec![0; CHUNK_BYTES];
            return match rustix::io::read(&self.terminal, &mut chunk) {
                Ok(0) | Err(Errno::IO) => Turn::Over,
                Ok(count) => {
                    self.received += count as u64;
                    self.parser.process(&chunk[..count]);
                    Turn::Read(count)
                }
                Err(Errno::AGAIN | Errno::INTR) => Turn::Read(0),
                Err(error) => panic!("the terminal can't be read: {error}"),
            };
        }
        match rustix::io::write(&self.terminal, to_write) {
            Ok(count) => Turn::Written(count),
            Err(Errno::AGAIN | Errno::INTR) => Turn::Written(0),
            Err(Errno::IO) => Turn::Over,
            Err(error) => panic!("the terminal can't be written to: {error}"),
        }
    }
}

impl std::fmt::Debug for Pty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pty(pid {})\n{}", self.child.id(), self.contents())
    }
}

/// A command that a shell on the terminal understands: the words, quoted.
pub fn words(parts: &[&OsStr]) -> String {
    let quoted = parts
        .iter()
        .map(|part| format!("'{}'", part.to_string_lossy().replace('\'', r"'\''")));
    quoted.collect::<Vec<_>>().join(" ")
}

fn set_size(terminal: impl AsFd, columns: u16, rows: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).expect("the terminal's size");
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has cells")
}

fn line_modes(line: &Termios) -> [u64; 4] {
    [
        line.input_modes.bits().into(),
        line.output_modes.bits().into(),
        line.control_modes.bits().into(),
        line.local_modes.bits().into(),
    ]
}
