//! What a picture of letters can't hold: every screen, at every size, in every colour mode.
//!
//! The letters are the same in all modes, so nothing is told by a colour alone; each mode keeps to the colours
//! that its terminals have; the line that the keys act on is seen in all of them; and each glyph has an ASCII
//! letter that stands for it.

use std::collections::BTreeSet;

use ratatui::style::Color;

use super::*;

const MODES: [Palette; 3] = [Palette::True, Palette::Sixteen, Palette::Mono];

/// The keys to each screen, and whether a line of it is chosen.
fn screens() -> Vec<(&'static str, Vec<Key>, bool)> {
    let letters = |letters: &str| letters.chars().map(Key::Char).collect::<Vec<_>>();
    vec![
        ("timeline", vec![], false),
        ("spikes", vec![Key::Tab], false),
        ("durations", letters("d"), false),
        ("requests", letters("2"), true),
        ("request", in_blocker('w'), true),
        ("its functions", in_blocker('f'), true),
        ("its statements", in_blocker('s'), true),
        ("its locks", in_blocker('l'), true),
        (
            "its comparison",
            [letters("2oj"), vec![Key::Enter, Key::Char('c')]].concat(),
            true,
        ),
        ("its metadata", in_blocker('i'), false),
        ("functions", letters("3"), false),
        ("functions compared", letters("3d"), false),
        ("icicle", letters("3i"), false),
        (
            "its icicle",
            [letters("2jjjj"), vec![Key::Enter], letters("x")].concat(),
            true,
        ),
        (
            "its course",
            [letters("2jjjj"), vec![Key::Enter], letters("xxj")].concat(),
            true,
        ),
        ("icicle compared", letters("3di"), false),
        ("statements", letters("4"), true),
        (
            "statement",
            [letters("4"), vec![Key::Enter]].concat(),
            false,
        ),
        ("locks", letters("5"), true),
        ("hosts", letters("6"), true),
        ("logs", letters("7"), true),
        ("health", letters("8"), true),
        ("help", letters("?"), false),
        ("filter", letters("2/"), true),
        ("palette", vec![Key::Ctrl('p')], false),
    ]
}

fn theme(palette: Palette) -> Theme {
    Theme {
        palette,
        is_ascii: false,
    }
}

/// Draws every screen at every size.
fn each(mut look: impl FnMut(&str, bool, &Desk)) {
    for (columns, rows) in SIZES {
        for (name, keys, has_choice) in screens() {
            let mut desk = Desk::started(columns, rows);
            desk.keys(&keys);
            look(&format!("{name} at {columns}x{rows}"), has_choice, &desk);
        }
    }
}

#[test]
fn the_letters_are_the_same_whatever_the_colours() {
    each(|name, _, desk| {
        let [full, sixteen, mono] = MODES.map(|palette| picture(desk, theme(palette)));
        assert_eq!(full, sixteen, "{name}");
        assert_eq!(full, mono, "{name}");
    });
}

#[test]
fn each_mode_keeps_to_the_colours_that_its_terminals_have() {
    let mut coloured = BTreeSet::new();
    each(|name, _, desk| {
        for palette in MODES {
            for cell in &drawn(desk, theme(palette)).content {
                for colour in [cell.fg, cell.bg] {
                    let is_had = match (palette, colour) {
                        (_, Color::Reset) => true,
                        (Palette::Mono, _) => false,
                        (Palette::Sixteen, colour) => {
                            !matches!(colour, Color::Rgb(..) | Color::Indexed(_))
                        }
                        // The greys of the 256 colours are the same on all such terminals.
                        (Palette::True, colour) => {
                            matches!(colour, Color::Rgb(..) | Color::Indexed(232..))
                        }
                    };
                    assert!(is_had, "{name}: {colour:?} in {palette:?}");
                    if colour != Color::Reset {
                        coloured.insert((name.to_owned(), format!("{palette:?}")));
                    }
                }
            }
        }
    });
    assert_eq!(coloured.len(), screens().len() * SIZES.len() * 2);
}

#[test]
fn the_chosen_line_is_seen_in_every_mode_at_the_same_place() {
    each(|name, has_choice, desk| {
        let reversed = |palette| {
            let buffer = drawn(desk, theme(palette));
            let is_reversed = |x, y| buffer[(x, y)].modifier.contains(Modifier::REVERSED);
            let places =
                (0..buffer.area.height).flat_map(|y| (0..buffer.area.width).map(move |x| (x, y)));
            places
                .filter(|(x, y)| is_reversed(*x, *y))
                .collect::<Vec<_>>()
        };
        let [full, sixteen, mono] = MODES.map(reversed);
        assert_eq!(full, sixteen, "{name}");
        assert_eq!(full, mono, "{name}");
        assert!(!has_choice || !full.is_empty(), "{name}: nothing is chosen");
    });
}

#[test]
fn warnings_and_spikes_stand_out_in_every_mode() {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('R'));
    desk.fail(&unreachable());
    for palette in MODES {
        let buffer = drawn(&desk, theme(palette));
        let plain = theme(palette).style(Role::Text);
        for glyph in ["⚠", "▲"] {
            let cell = buffer.content.iter().find(|cell| cell.symbol() == glyph);
            let cell = cell.unwrap_or_else(|| panic!("{glyph} is on the timeline"));
            let is_plain = cell.fg == plain.fg.unwrap_or_default() && cell.modifier.is_empty();
            assert!(!is_plain, "{glyph} in {palette:?}");
        }
    }
}

#[test]
fn every_glyph_has_an_ascii_letter_of_its_own() {
    each(|name, _, desk| {
        let shown = drawn(desk, theme(Palette::Mono));
        let plain = drawn(desk, PLAIN);
        for (shown, plain) in shown.content.iter().zip(&plain.content) {
            assert!(plain.symbol().is_ascii(), "{name}: {:?}", plain.symbol());
            let is_replaced = shown.symbol() != plain.symbol();
            assert!(
                !is_replaced || plain.symbol() != "?",
                "{name}: {} has no letter",
                shown.symbol()
            );
        }
    });
}
