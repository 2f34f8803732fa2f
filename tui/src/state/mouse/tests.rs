//! Clicks, drags and the wheel, on each screen.

use super::*;
use crate::action::Msg;
use crate::state::request::Tab;
use crate::state::tests::Desk;

fn with_mouse(keys: &[Key]) -> Desk {
    let mut desk = Desk::started(120, 40);
    desk.keys(keys);
    desk.keys(&[Key::F2]);
    assert!(matches!(desk.effects[..], [Effect::Mouse(true), ..]));
    desk
}

fn point(desk: &mut Desk, what: Pointing, column: u16, row: u16) {
    desk.send(Msg::Mouse(Mouse { what, column, row }));
    desk.settle();
}

fn click(desk: &mut Desk, column: u16, row: u16) {
    point(desk, Pointing::Press, column, row);
    point(desk, Pointing::Release, column, row);
}

fn picture(desk: &Desk) -> Vec<String> {
    let picture = crate::view::tests::picture(desk, crate::view::tests::COLOUR);
    picture.lines().map(str::to_owned).collect()
}

/// The line with these words, from the top.
fn row_of(desk: &Desk, words: &str) -> u16 {
    let lines = picture(desk);
    let row = lines.iter().position(|line| line.contains(words));
    let row = row.unwrap_or_else(|| panic!("{words:?} should be in {lines:#?}"));
    u16::try_from(row).expect("a screen's row")
}

#[test]
fn a_click_selects_the_row_under_it_and_a_second_one_opens_it() {
    let screens: [&[Key]; 9] = [
        &[Key::Char('2')],
        &[Key::Char('3')],
        &[Key::Char('4')],
        &[Key::Char('5')],
        &[Key::Char('6')],
        &[Key::Char('7')],
        &[Key::Enter, Key::Char('w')],
        &[Key::Enter, Key::Char('f')],
        &[Key::Enter, Key::Char('s')],
    ];
    for keys in screens {
        let mut desk = with_mouse(keys);
        // The last row of the list, then the first.
        let lines = picture(&desk);
        let first = lines.iter().rposition(|line| line.starts_with('▸'));
        let first = u16::try_from(first.expect("a marked row")).expect("a screen's row");
        for row in [first + 1, first] {
            click(&mut desk, 5, row);
            let lines = picture(&desk);
            // A list of one row has no other.
            let marked = lines.iter().rposition(|line| line.starts_with('▸'));
            let marked = marked.map(|row| u16::try_from(row).expect("a screen's row"));
            assert!(
                marked == Some(row) || row == first + 1 && marked == Some(first),
                "{keys:?}: row {row}, not {marked:?}\n{}",
                lines.join("\n")
            );
        }
    }
    let mut desk = with_mouse(&[Key::Char('2')]);
    let row = row_of(&desk, "14:03:25");
    click(&mut desk, 30, row);
    assert!(matches!(desk.state.above[..], [Above::Requests(_)]));
    click(&mut desk, 30, row);
    assert!(matches!(
        desk.state.above[..],
        [Above::Requests(_), Above::Request(_)]
    ));
}

#[test]
fn on_the_timeline_a_click_takes_the_focus_along() {
    let mut desk = with_mouse(&[]);
    let row = row_of(&desk, "03:12");
    click(&mut desk, 4, row);
    assert_eq!(desk.state.timeline.focus, Focus::Spikes);
    assert_eq!(desk.state.timeline.selected, Some(wire::ids::SpikeId(1)));
    desk.keys(&[Key::Char('u')]);
    assert_eq!(
        desk.state.timeline.selected,
        Some(wire::ids::SpikeId(3)),
        "it can be undone"
    );
    let row = row_of(&desk, "GET /search");
    click(&mut desk, 80, row);
    assert_eq!(desk.state.timeline.focus, Focus::Suspects);
    let chosen = desk.state.timeline.suspect_cursor.selected;
    let suspects = desk
        .state
        .timeline
        .suspects
        .current()
        .expect("they have come");
    assert_eq!(suspects.suspects[chosen].label, "GET /search");
}

#[test]
fn a_line_that_belongs_to_a_suspect_selects_it() {
    let mut desk = with_mouse(&[Key::Char('j')]);
    let row = row_of(&desk, "└");
    click(&mut desk, 80, row);
    assert_eq!(desk.state.timeline.suspect_cursor.selected, 0);
}

#[test]
fn a_drag_over_the_charts_selects_a_range_either_way() {
    for (from, to) in [(30u16, 50u16), (50, 30)] {
        let mut desk = with_mouse(&[Key::Char(' ')]);
        let range = desk.state.window.range;
        point(&mut desk, Pointing::Press, from, 6);
        assert!(
            desk.state.timeline.brush.is_none(),
            "a click selects nothing"
        );
        point(&mut desk, Pointing::Drag, to, 9);
        point(&mut desk, Pointing::Release, to, 9);
        let brush = desk.state.timeline.brush.expect("a range");
        let column = range.span().0 / i64::from(120 - layout::GUTTER);
        let columns = brush.range().span().0 / column;
        assert!((20..=21).contains(&columns), "{columns}");
        assert!(!desk.state.window.is_live, "it holds still under the hand");
        desk.keys(&[Key::Enter]);
        assert_eq!(desk.state.timeline.chosen, Some(brush.range()));
    }
}

#[test]
fn the_wheel_scrolls_what_is_in_front() {
    let mut desk = with_mouse(&[Key::Char('2')]);
    point(&mut desk, Pointing::WheelDown, 5, 9);
    let Some(Above::Requests(screen)) = desk.state.above.last() else {
        panic!("the list should be in front");
    };
    assert_eq!(screen.cursor.selected, 3);
    desk.keys(&[Key::Char('?')]);
    point(&mut desk, Pointing::WheelDown, 5, 9);
    assert_eq!(
        desk.state.help.as_ref().map(|help| help.cursor.selected),
        Some(3)
    );
    click(&mut desk, 5, 9);
    assert!(
        desk.state.help.is_some(),
        "what lies over the screen has keys alone"
    );
}

#[test]
fn without_f2_the_mouse_does_nothing() {
    let mut desk = with_mouse(&[Key::Enter]);
    desk.keys(&[Key::F2]);
    assert!(matches!(desk.effects[..], [Effect::Mouse(false), ..]));
    point(&mut desk, Pointing::WheelDown, 5, 9);
    assert!(desk.effects.is_empty());
    assert!(matches!(&desk.state.above[..], [Above::Request(it)] if it.tab == Tab::Overview));
}
