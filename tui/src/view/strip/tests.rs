//! Bars over time, and the mark below the moment.

use super::*;
use crate::fixture;
use crate::theme::Palette;

const THEME: Theme = Theme {
    palette: Palette::Mono,
    is_ascii: false,
};

fn strip(width: u16, at: &str) -> Vec<String> {
    let range = fixture::range("14:00:00", "14:10:00");
    let tree = fixture::lock_tree(range, None);
    let area = Rect::new(0, 0, width, 2);
    let mut buffer = Buffer::empty(area);
    draw(
        &tree,
        (range, Some(fixture::at(at))),
        THEME,
        &mut buffer,
        area,
    );
    let lines = buffer.content.chunks(usize::from(width));
    lines
        .map(|line| line.iter().map(ratatui::buffer::Cell::symbol).collect())
        .collect()
}

#[test]
fn the_mark_stands_below_its_moment_wherever_that_is() {
    for at in ["14:00:00", "14:01:12", "14:05:00", "14:08:30", "14:09:59"] {
        for width in [60, 80, 200] {
            let lines = strip(width, at);
            let mark = lines[1].chars().position(|it| it == '▲');
            let seconds = (fixture::at(at) - fixture::at("14:00:00")).0 / 1_000_000;
            let wanted = 1 + seconds * (i64::from(width) - 2) / 600;
            assert_eq!(
                mark,
                usize::try_from(wanted).ok(),
                "{at} {width}\n{lines:?}"
            );
            assert!(lines[1].contains(at), "{at} {width}\n{lines:?}");
        }
    }
}

#[test]
fn one_who_waits_is_seen_beside_the_many_and_nobody_is_not() {
    assert_eq!([bar(0, 118), bar(1, 118), bar(118, 118)], [' ', '▁', '█']);
    let lines = strip(80, "14:05:00");
    assert!(lines[0].starts_with("          ▁"), "{lines:?}");
    assert!(lines[0].trim_end().ends_with('█'), "{lines:?}");
}
