//! Reads entries out of PHP-FPM's slow log.
//!
//! ```text
//!
//! [26-Nov-2026 17:01:08]  [pool www] pid 1234
//! script_filename = /var/www/index.php
//! [0x00007f1c2a0150c0] sleep() /var/www/index.php:5
//! [0x00007f1c2a015020] slow() /var/www/index.php:9
//! ```
//!
//! An entry ends at an empty line, at the next entry, or when nothing more comes. Lines that belong to no
//! entry are counted. Sans-I/O.

use wire::fpm::{FRAMES_MAX, FpmSlow, Frame};
use wire::text;

/// Longer lines are cut: a path and a function's name are shorter.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// Takes the log's bytes as they come.
#[derive(Debug, Default)]
pub(super) struct SlowLog {
    line: Vec<u8>,
    entry: Option<FpmSlow>,
    /// Bytes of the line that has not ended, and of the entry that has not.
    line_bytes: u64,
    entry_bytes: u64,
    /// Lines that mean nothing to us.
    pub(super) lines_unknown: u64,
}

// === impl SlowLog ===

impl SlowLog {
    /// Gives the entries that are whole by now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<FpmSlow> {
        let mut entries = Vec::new();
        for byte in bytes {
            self.line_bytes += 1;
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                entries.extend(self.take(&String::from_utf8_lossy(&line)));
            } else if self.line.len() < LINE_BYTES_MAX {
                self.line.push(*byte);
            }
        }
        entries
    }

    /// Nothing more has come for a while: what is there is whole. A line that has not ended waits.
    pub(super) fn settle(&mut self) -> Option<FpmSlow> {
        if self.line_bytes > 0 {
            return None;
        }
        self.entry_bytes = 0;
        self.entry.take()
    }

    /// The bytes that are read and belong to nothing whole: who starts anew needs them again.
    pub(super) fn unfinished_bytes(&self) -> u64 {
        self.entry_bytes + self.line_bytes
    }

    fn take(&mut self, line: &str) -> Option<FpmSlow> {
        let line_bytes = std::mem::take(&mut self.line_bytes);
        let line = line.trim_end();
        if line.is_empty() {
            self.entry_bytes = 0;
            return self.entry.take();
        }
        if let Some(begun) = head(line) {
            self.entry_bytes = line_bytes;
            return self.entry.replace(begun);
        }
        let is_known = self.entry.as_mut().is_some_and(|entry| add(entry, line));
        self.lines_unknown += u64::from(!is_known);
        if self.entry.is_some() {
            self.entry_bytes += line_bytes;
        }
        None
    }
}

/// The first line of an entry.
fn head(line: &str) -> Option<FpmSlow> {
    let (logged, rest) = line.strip_prefix('[')?.split_once(']')?;
    let (pool, rest) = rest.trim_start().strip_prefix("[pool ")?.split_once(']')?;
    let pid = rest.trim().strip_prefix("pid ")?.parse().ok()?;
    Some(FpmSlow {
        pool: pool.to_owned(),
        pid,
        logged: logged.to_owned(),
        ..FpmSlow::default()
    })
}

/// Adds one of the further lines. False if it is none.
fn add(entry: &mut FpmSlow, line: &str) -> bool {
    if let Some(script) = line.strip_prefix("script_filename = ") {
        script.clone_into(&mut entry.script);
        return true;
    }
    let Some(frame) = frame(line) else {
        return false;
    };
    if entry.stack.len() < FRAMES_MAX {
        entry.stack.push(frame);
    } else {
        entry.is_cut = true;
    }
    true
}

/// `[0x00007f1c2a0150c0] sleep() /var/www/index.php:5`
fn frame(line: &str) -> Option<Frame> {
    let (_, rest) = line.strip_prefix("[0x")?.split_once("] ")?;
    let (function, place) = rest.split_once("() ")?;
    let (file, number) = place.rsplit_once(':')?;
    Some(Frame {
        function: text::cut(function, LINE_BYTES_MAX).to_owned(),
        file: file.to_owned(),
        line: number.parse().ok()?,
    })
}

#[cfg(test)]
mod tests;
