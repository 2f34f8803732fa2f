//! The thread that reads the terminal.
//!
//! Pasted text is no command, so it is dropped as a whole; keys that the table can't name, too.

use std::io;
use std::sync::mpsc::SyncSender;
use std::thread;

use crossterm::event::{self, Event, KeyEventKind};

use crate::action::{Msg, Size};
use crate::keymap::Key;

/// Starts the thread. It ends with the process, since a read of the terminal can't be called off.
pub fn spawn(messages: SyncSender<Msg>) -> io::Result<()> {
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

fn message(event: &Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Key::from_event(*key).map(Msg::Key),
        Event::Resize(columns, rows) => Some(Msg::Resize(Size {
            columns: *columns,
            rows: *rows,
        })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_text_is_no_command() {
        assert!(message(&Event::Paste("q".repeat(1_000_000))).is_none());
        assert!(message(&Event::FocusLost).is_none());
    }
}
