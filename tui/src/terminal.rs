//! The terminal: taken at the start, given back on every way out.
//!
//! A frame is first collected in memory, then written in one piece between the marks for
//! synchronized output, so that no half-drawn screen is ever seen, not even over a slow line.
//! Frames in which nothing changed are not written at all.

mod encode;

use std::cell::RefCell;
use std::io::{self, Write as _};
use std::panic;
use std::rc::Rc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::action::Size;
use crate::clipboard;
use encode::Lean;

/// Whether the terminal is ours, so that it is given back exactly once.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is ours, too.
static IS_MOUSE_TAKEN: AtomicBool = AtomicBool::new(false);
/// Buttons, the wheel, and moves while a button is pressed, with coordinates beyond 223. crossterm's own command asks
/// for every move as well, each of which would travel over a slow line for nothing.
const TAKE_MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
static PANIC_HOOK: Once = Once::new();

/// Where a frame is collected: a writer that never reaches the terminal by itself.
#[derive(Clone, Debug, Default)]
struct Collected(Rc<RefCell<Vec<u8>>>);

/// The terminal while the console runs. Dropping it gives it back.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<Lean<Collected>>,
    frame: Collected,
    last: Option<Buffer>,
}

// === impl Collected ===

impl io::Write for Collected {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Screen ===

impl Screen {
    pub fn take() -> io::Result<Self> {
        give_back_on_panic();
        let frame = Collected::default();
        take()?;
        let terminal = Terminal::new(Lean::new(frame.clone())).inspect_err(|_| give_back())?;
        Ok(Self {
            terminal,
            frame,
            last: None,
        })
    }

    pub fn size(&self) -> io::Result<Size> {
        let size = self.terminal.size()?;
        Ok(Size {
            columns: size.width,
            rows: size.height,
        })
    }

    /// Draws a frame and writes what differs from the last one.
    pub fn draw(&mut self, render: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        let mut drawn = None;
        self.terminal.draw(|frame| {
            render(frame.buffer_mut());
            drawn = Some(frame.buffer_mut().clone());
        })?;
        let bytes = std::mem::take(&mut *self.frame.0.borrow_mut());
        if drawn == self.last {
            return Ok(());
        }
        self.last = drawn;
        let mut out = io::stdout().lock();
        queue!(out, BeginSynchronizedUpdate)?;
        out.write_all(&bytes)?;
        queue!(out, EndSynchronizedUpdate)?;
        out.flush()
    }

    /// Takes the mouse, or gives it back.
    pub fn take_mouse(&mut self, is_ours: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if !is_ours {
            IS_MOUSE_TAKEN.store(false, Ordering::SeqCst);
            return execute!(out, DisableMouseCapture);
        }
        // Before it is: a panic in between gives back too much rather than too little.
        IS_MOUSE_TAKEN.store(true, Ordering::SeqCst);
        out.write_all(TAKE_MOUSE)?;
        out.flush()
    }

    /// Sends text to the clipboard of whoever sits at the terminal.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let is_in_tmux = std::env::var_os("TMUX").is_some_and(|it| !it.is_empty());
        let Some(sequence) = clipboard::sequence(text, is_in_tmux) else {
            return Ok(());
        };
        let mut out = io::stdout().lock();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }

    /// Has the next frame written whole. A terminal that got another size has cut off what had no room, even
    /// if it has its old size back before a frame is drawn.
    pub fn forget(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal
            .resize(Rect::new(0, 0, size.width, size.height))?;
        self.last = None;
        Ok(())
    }

    /// Gives the terminal back, waits to be continued, and takes it again.
    pub fn suspend(&mut self) -> io::Result<()> {
        let had_mouse = IS_MOUSE_TAKEN.load(Ordering::SeqCst);
        give_back();
        // The whole group, as the terminal itself would do it: a script around us stops with us.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        take()?;
        if had_mouse {
            self.take_mouse(true)?;
        }
        // A fresh one knows that the screen is empty. `Terminal::clear` would ask the terminal for
        // its cursor, and the answer would go to the input thread.
        self.terminal = Terminal::new(Lean::new(self.frame.clone()))?;
        self.last = None;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )
    .inspect_err(|_| give_back())
}

/// Puts everything back, whatever fails: this is also the way out when the terminal is half gone.
fn give_back() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if IS_MOUSE_TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(out, DisableMouseCapture);
    }
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

/// A panic in any thread ends the console: first the terminal, then the words, so that they are
/// read on the normal screen.
fn give_back_on_panic() {
    PANIC_HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
            std::process::abort();
        }));
    });
}

#[cfg(test)]
mod tests;
