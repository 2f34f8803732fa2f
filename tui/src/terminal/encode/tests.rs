//! What a terminal makes of the bytes, and how many there are.

use std::num::NonZero;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;
use crate::keymap::Key;
use crate::state::tests::Desk;
use crate::theme::{Palette, Theme};

/// What a frame costs besides its cells: the marks of synchronized output.
const MARKS_BYTES: usize = 16;
/// A move of the cursor at 120×40: two lines are drawn, of 120 letters each at least. Over a line of 64 kbit/s it is
/// seen after 50 ms.
const MOVE_BYTES_MAX: usize = 375;
/// The same where all of the selected line stands below or beside the list.
const DETAIL_BYTES_MAX: usize = 1_000;

fn colours() -> Vec<Color> {
    let named = [
        Color::Reset,
        Color::Black,
        Color::Red,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::White,
    ];
    let others = [Color::Indexed(200), Color::Rgb(86, 180, 233)];
    named.into_iter().chain(others).collect()
}

fn any_style() -> impl Strategy<Value = Style> {
    let colour = || prop::sample::select(colours());
    let modifiers: Vec<Modifier> = MODIFIERS[..5].iter().map(|it| it.0).collect();
    let modifiers = prop::sample::subsequence(modifiers, 0..=5);
    (colour(), colour(), modifiers).prop_map(|(fg, bg, modifiers)| {
        let style = Style::new().fg(fg).bg(bg);
        modifiers.into_iter().fold(style, Style::add_modifier)
    })
}

fn any_buffer() -> impl Strategy<Value = Buffer> {
    let text = prop::sample::select(vec!["  ", "a", "   b ", "▸", "é"]);
    let spans = prop::collection::vec((text, any_style()), 0..30);
    spans.prop_map(|spans| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 4));
        for (index, (text, style)) in spans.into_iter().enumerate() {
            let index = u16::try_from(index).expect("a few");
            buffer.set_string(index * 5 % 12, index % 4, text, style);
        }
        buffer
    })
}

fn colour_of(colour: Color) -> vt100::Color {
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Black => vt100::Color::Idx(0),
        Color::Red => vt100::Color::Idx(1),
        Color::Gray => vt100::Color::Idx(7),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::LightRed => vt100::Color::Idx(9),
        Color::White => vt100::Color::Idx(15),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        other => panic!("{other:?} is none of those that are tried"),
    }
}

/// What is seen of a cell on a terminal, and what should be.
fn assert_looks(seen: &vt100::Cell, wanted: &Cell) -> Result<(), TestCaseError> {
    let text = if seen.has_contents() {
        seen.contents()
    } else {
        " "
    };
    prop_assert_eq!(text, wanted.symbol());
    prop_assert_eq!(seen.bgcolor(), colour_of(wanted.bg));
    let has = |modifier| wanted.modifier.contains(modifier);
    prop_assert_eq!(seen.inverse(), has(Modifier::REVERSED));
    prop_assert_eq!(seen.underline(), has(Modifier::UNDERLINED));
    if wanted.symbol() == " " && !wanted.modifier.intersects(SEEN_ON_BLANKS) {
        return Ok(());
    }
    prop_assert_eq!(seen.fgcolor(), colour_of(wanted.fg));
    // The terminal of this test is bold or dim, not both.
    if !has(Modifier::BOLD | Modifier::DIM) {
        prop_assert_eq!(seen.bold(), has(Modifier::BOLD));
        prop_assert_eq!(seen.dim(), has(Modifier::DIM));
    }
    prop_assert_eq!(seen.italic(), has(Modifier::ITALIC));
    Ok(())
}

proptest! {
    #[test]
    fn a_terminal_shows_what_was_drawn(frames in prop::collection::vec(any_buffer(), 1..5)) {
        let side = |cells| NonZero::new(cells).expect("more than none");
        let mut terminal = vt100::Parser::new(side(4), side(12), 0);
        let mut before = Buffer::empty(Rect::new(0, 0, 12, 4));
        for frame in frames {
            terminal.process(encode(before.diff(&frame).into_iter()).as_bytes());
            for y in 0..4 {
                for x in 0..12 {
                    let seen = terminal.screen().cell(y, x).expect("a cell");
                    assert_looks(seen, &frame[(x, y)])?;
                }
            }
            before = frame;
        }
    }
}

#[test]
fn the_shorter_way_to_a_style_is_taken() {
    let pen = |fg, modifier| Pen {
        fg,
        bg: Color::Reset,
        modifier,
    };
    let (bold, dim) = (Modifier::BOLD, Modifier::DIM);
    let grey = Color::Rgb(140, 140, 140);
    let cases = [
        (Pen::PLAIN, pen(Color::Gray, bold), "1;37"),
        (pen(Color::Gray, bold), Pen::PLAIN, "0"),
        (pen(grey, Modifier::empty()), pen(grey, bold), "1"),
        (pen(grey, bold), pen(grey, Modifier::empty()), "22"),
        (pen(grey, bold), pen(grey, dim), "22;2"),
        (pen(grey, bold | dim), pen(grey, dim), "22;2"),
        (
            pen(grey, bold),
            pen(Color::Reset, Modifier::REVERSED),
            "0;7",
        ),
    ];
    for (from, to, codes) in cases {
        assert_eq!(from.codes_to(to), codes, "{from:?} to {to:?}");
    }
}

/// The bytes of the frame that a key leads to, and as many as ratatui would draw it with.
fn cost(desk: &mut Desk, theme: Theme, key: Key) -> (usize, usize) {
    let before = crate::view::tests::drawn(desk, theme);
    desk.keys(&[key]);
    let after = crate::view::tests::drawn(desk, theme);
    let changed = || before.diff(&after).into_iter();
    let mut theirs = Vec::new();
    let drawn = CrosstermBackend::new(&mut theirs).draw(changed());
    drawn.expect("there is room in memory");
    (
        encode(changed()).len() + MARKS_BYTES,
        theirs.len() + MARKS_BYTES,
    )
}

#[test]
fn a_move_of_the_cursor_is_cheap_on_every_list() {
    let lists: [&[Key]; 6] = [
        &[Key::Char('2')],
        &[Key::Char('3')],
        &[Key::Char('4')],
        &[Key::Char('7')],
        &[Key::Enter, Key::Char('s')],
        &[Key::Enter, Key::Char('f')],
    ];
    for palette in [Palette::Mono, Palette::Sixteen, Palette::True] {
        let theme = Theme {
            palette,
            is_ascii: false,
        };
        for (index, keys) in lists.into_iter().enumerate() {
            let mut desk = Desk::started(120, 40);
            desk.keys(keys);
            let costs: Vec<(usize, usize)> = (0..20)
                .map(|_| cost(&mut desk, theme, Key::Char('j')))
                .collect();
            let sum = |of: fn(&(usize, usize)) -> usize| costs.iter().map(of).sum::<usize>();
            assert!(
                sum(|it| it.0) < sum(|it| it.1),
                "{palette:?} {keys:?} {costs:?}"
            );
            let dearest = costs.iter().map(|it| it.0).max().unwrap_or_default();
            let allowed = if index == 0 {
                MOVE_BYTES_MAX
            } else {
                DETAIL_BYTES_MAX
            };
            assert!(dearest > 240, "two lines are drawn: {keys:?} {costs:?}");
            assert!(dearest <= allowed, "{palette:?} {keys:?}: {costs:?}");
        }
    }
}
