//! The threads that read the terminal and notice when it is gone.
//!
//! Pasted text is no command: it comes in one piece, for a line that takes text. Keys that the table
//! can't name are dropped.
//!
//! A terminal may go without a signal to us: the hang-up is told to the leader of its session, and
//! a shell that waits for us passes nothing on. Reading keys doesn't notice either, it tries again
//! for ever, so a thread of its own waits for the hang-up alone.

use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::SyncSender;
use std::thread;

use crossterm::event::{self, Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::action::{Mouse, Msg, Pointing, Size};
use crate::keymap::Key;

/// Characters of a paste that are passed on: more than any line takes, and no more.
const PASTE_MAX: usize = 2 * crate::state::line::BYTES_MAX;

/// Starts the threads. They end with the process, since a read of the terminal can't be called off.
pub fn spawn(messages: SyncSender<Msg>) -> io::Result<()> {
    let hung_up = messages.clone();
    thread::Builder::new()
        .name("hang-up".to_owned())
        .spawn(move || {
            // Should it fail, keys and signals still end the console.
            if is_hung_up(io::stdin(), None).unwrap_or(false) {
                // A closed channel means that the console has ended.
                let _ = hung_up.send(Msg::Stop);
            }
        })?;
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || {
            loop {
                let message = match event::read() {
                    Ok(event) => match message(&event) {
                        Some(message) => message,
                        None => continue,
                    },
                    // The terminal is gone.
                    Err(_) => Msg::Stop,
                };
                let is_last = matches!(message, Msg::Stop);
                if messages.send(message).is_err() || is_last {
                    return;
                }
            }
        })?;
    Ok(())
}

/// Waits until nobody is at the other end any more, or the time is over; without one, for ever.
fn is_hung_up(terminal: impl AsFd, timeout: Option<&Timespec>) -> io::Result<bool> {
    // No event is asked for: a hang-up is reported in any case, and keys are none of its business.
    let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
    loop {
        match poll(&mut watched, timeout) {
            Ok(count) => return Ok(count > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn message(event: &Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Key::from_event(*key).map(Msg::Key),
        Event::Mouse(event) => mouse(*event).map(Msg::Mouse),
        Event::Paste(text) => Some(Msg::Paste(text.chars().take(PASTE_MAX).collect())),
        Event::Resize(columns, rows) => Some(Msg::Resize(Size {
            columns: *columns,
            rows: *rows,
        })),
        _ => None,
    }
}

/// The left button and the wheel; nothing else is of use here.
fn mouse(event: MouseEvent) -> Option<Mouse> {
    let what = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Pointing::Press,
        MouseEventKind::Drag(MouseButton::Left) => Pointing::Drag,
        MouseEventKind::Up(MouseButton::Left) => Pointing::Release,
        MouseEventKind::ScrollUp => Pointing::WheelUp,
        MouseEventKind::ScrollDown => Pointing::WheelDown,
        _ => return None,
    };
    Some(Mouse {
        what,
        column: event.column,
        row: event.row,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn keys_that_wait_are_no_hang_up_and_a_closed_end_is_one() {
        let (here, mut there) = UnixStream::pair().expect("a pair of sockets");
        there.write_all(b"j").expect("room for a key");
        let at_once = Timespec::default();
        assert!(!is_hung_up(&here, Some(&at_once)).expect("it can be watched"));
        drop(there);
        assert!(is_hung_up(&here, None).expect("it can be watched"));
    }

    #[test]
    fn pasted_text_is_no_command() {
        let pasted = message(&Event::Paste("q".repeat(1_000_000)));
        assert!(matches!(pasted, Some(Msg::Paste(text)) if text.len() == PASTE_MAX));
        assert!(message(&Event::FocusLost).is_none());
    }
}
