//! Cells as the fewest bytes that draw them, since all of them may travel over a slow line.
//!
//! A style is changed by what differs from the one before, or set anew, whichever is shorter; the sixteen colours
//! have their short codes; what can't be seen of a blank (its colour, whether it is bold) changes nothing; and many
//! blanks in a row are erased together.

use std::fmt::Write as _;
use std::io;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// Draws into a writer as [`CrosstermBackend`] does, in fewer bytes.
#[derive(Debug)]
pub(super) struct Lean<W: io::Write>(CrosstermBackend<W>);

/// How the terminal draws what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// What shows on a blank, too.
const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);

/// Modifiers with the codes that set and end them. Bold and dim end together.
const MODIFIERS: [(Modifier, u8, u8); 6] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::CROSSED_OUT, 9, 29),
];

// === impl Pen ===

impl Pen {
    const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        modifier: Modifier::empty(),
    };

    fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// The pen for a cell: this one, if the cell looks the same with it.
    fn for_cell(self, cell: &Cell) -> Self {
        let wanted = Self::of(cell);
        let is_blank = cell.symbol() == " ";
        let is_seen = (self.modifier | wanted.modifier).intersects(SEEN_ON_BLANKS);
        if is_blank && !is_seen && self.bg == wanted.bg {
            self
        } else {
            wanted
        }
    }

    /// The codes that lead from this one to another.
    fn codes_to(self, to: Self) -> String {
        let mut changed = Codes::default();
        let ended = self.modifier - to.modifier;
        let mut kept = self.modifier & to.modifier;
        for (modifier, _, end) in MODIFIERS {
            if ended.contains(modifier) && !changed.has(end) {
                changed.put(end);
                if end == 22 {
                    kept -= Modifier::BOLD | Modifier::DIM;
                }
            }
        }
        for (modifier, set, _) in MODIFIERS {
            if (to.modifier - kept).contains(modifier) {
                changed.put(set);
            }
        }
        if self.fg != to.fg {
            changed.colour(to.fg, 30);
        }
        if self.bg != to.bg {
            changed.colour(to.bg, 40);
        }
        let mut anew = Codes::default();
        anew.put(0);
        for (modifier, set, _) in MODIFIERS {
            if to.modifier.contains(modifier) {
                anew.put(set);
            }
        }
        for (colour, base) in [(to.fg, 30), (to.bg, 40)] {
            if colour != Color::Reset {
                anew.colour(colour, base);
            }
        }
        if anew.0.len() < changed.0.len() {
            anew.0
        } else {
            changed.0
        }
    }
}

/// Numbers of a style with semicolons between them.
#[derive(Default)]
struct Codes(String);

// === impl Codes ===

impl Codes {
    fn put(&mut self, code: u8) {
        let separator = if self.0.is_empty() { "" } else { ";" };
        // Writing to a string never fails.
        let _ = write!(self.0, "{separator}{code}");
    }

    fn has(&self, code: u8) -> bool {
        let code = code.to_string();
        self.0.split(';').any(|known| known == code)
    }

    /// A colour in front (base 30) or behind (base 40).
    fn colour(&mut self, colour: Color, base: u8) {
        let named = |number: u8| base + number;
        let bright = |number: u8| base + 60 + number;
        match colour {
            Color::Reset => self.put(base + 9),
            Color::Black => self.put(named(0)),
            Color::Red => self.put(named(1)),
            Color::Green => self.put(named(2)),
            Color::Yellow => self.put(named(3)),
            Color::Blue => self.put(named(4)),
            Color::Magenta => self.put(named(5)),
            Color::Cyan => self.put(named(6)),
            Color::Gray => self.put(named(7)),
            Color::DarkGray => self.put(bright(0)),
            Color::LightRed => self.put(bright(1)),
            Color::LightGreen => self.put(bright(2)),
            Color::LightYellow => self.put(bright(3)),
            Color::LightBlue => self.put(bright(4)),
            Color::LightMagenta => self.put(bright(5)),
            Color::LightCyan => self.put(bright(6)),
            Color::White => self.put(bright(7)),
            Color::Indexed(index) => self.put_all(&[base + 8, 5, index]),
            Color::Rgb(red, green, blue) => self.put_all(&[base + 8, 2, red, green, blue]),
        }
    }

    fn put_all(&mut self, codes: &[u8]) {
        for code in codes {
            self.put(*code);
        }
    }
}

// === impl Lean ===

impl<W: io::Write> Lean<W> {
    pub(super) fn new(writer: W) -> Self {
        Self(CrosstermBackend::new(writer))
    }
}

/// The bytes that draw these cells, from a terminal without style to one without.
fn encode<'a>(cells: impl Iterator<Item = (u16, u16, &'a Cell)>) -> String {
    let cells: Vec<(u16, u16, &Cell)> = cells.collect();
    let mut bytes = String::new();
    let mut pen = Pen::PLAIN;
    let mut next = None;
    let mut index = 0;
    while let Some((x, y, cell)) = cells.get(index).copied() {
        if next != Some((x, y)) {
            // Writing to a string never fails.
            let _ = write!(bytes, "\x1b[{};{}H", y + 1, x + 1);
        }
        let wanted = pen.for_cell(cell);
        if wanted != pen {
            let _ = write!(bytes, "\x1b[{}m", pen.codes_to(wanted));
            pen = wanted;
        }
        let (blanks, is_followed) = blanks(&cells[index..], pen);
        let blanks_min = if is_followed { 12 } else { 7 };
        if blanks < blanks_min {
            bytes.push_str(cell.symbol());
            next = Some((x + 1, y));
            index += 1;
            continue;
        }
        // Erased they are shorter than written one by one. The cursor stays before them.
        let _ = write!(bytes, "\x1b[{blanks}X");
        next = None;
        if is_followed {
            let _ = write!(bytes, "\x1b[{blanks}C");
            next = Some((x + blanks, y));
        }
        index += usize::from(blanks);
    }
    if pen != Pen::PLAIN {
        bytes.push_str("\x1b[0m");
    }
    bytes
}

/// How many blanks stand in a row at the begin that a pen without a colour behind can erase, and whether another
/// cell follows them right away.
fn blanks(cells: &[(u16, u16, &Cell)], pen: Pen) -> (u16, bool) {
    if pen.bg != Color::Reset || pen.modifier.intersects(SEEN_ON_BLANKS) {
        return (0, false);
    }
    let Some((x, y, _)) = cells.first() else {
        return (0, false);
    };
    let mut blanks = 0;
    for (at, row, cell) in cells {
        if (*at, *row) != (x + blanks, *y) {
            return (blanks, false);
        }
        if cell.symbol() != " " || pen.for_cell(cell) != pen {
            return (blanks, true);
        }
        blanks += 1;
    }
    (blanks, false)
}

impl<W: io::Write> Backend for Lean<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        io::Write::write_all(&mut self.0, encode(content).as_bytes())
    }

    /// It is hidden when the terminal is taken and shown when it is given back. ratatui would hide it again with each
    /// frame, and show it when it is dropped, which may be in the middle: after a stop.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.0.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
    }
}

#[cfg(test)]
mod tests;
