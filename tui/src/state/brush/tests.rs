//! A range is selected, moved, taken and dropped.

use super::*;
use crate::ask::{Ask, Suspected};
use crate::format;
use crate::keymap::{Key, Scope};
use crate::state::Above;
use crate::state::tests::Desk;
use crate::view::tests::{COLOUR, picture};

fn shown(desk: &Desk) -> String {
    let brush = desk.state.timeline.brush.expect("a range is selected");
    format::range(brush.range())
}

fn suspected(desk: &Desk) -> Option<Suspected> {
    desk.open.iter().find_map(|job| match &job.ask {
        Ask::Suspects { of, .. } => Some(of.clone()),
        _ => None,
    })
}

/// 72 columns with a chart of an hour: a column is 50 s.
fn begun() -> Desk {
    let mut desk = Desk::started(84, 24);
    desk.keys(&[Key::Char('t')]);
    desk.send(crate::action::Msg::Paste("13:30..14:30".to_owned()));
    desk.keys(&[Key::Enter, Key::Char('v')]);
    desk
}

#[test]
fn it_begins_at_the_peak_and_its_edges_move() {
    let mut desk = begun();
    assert_eq!(desk.state.scope(), Scope::Brush);
    assert_eq!(shown(&desk), "2026-11-23 14:05:41–14:06:31 UTC");
    desk.keys(&[Key::Char('l'), Key::Right, Key::Char('h')]);
    assert_eq!(shown(&desk), "2026-11-23 14:05:41–14:07:21 UTC");
    desk.keys(&[Key::Char('o'), Key::Char('H')]);
    assert_eq!(shown(&desk), "2026-11-23 13:59:51–14:07:21 UTC");
    // Past the other edge, it is turned round.
    desk.keys(&[Key::Char('L'), Key::Char('L')]);
    assert_eq!(shown(&desk), "2026-11-23 14:07:21–14:11:31 UTC");
    desk.keys(&[Key::Char('L'); 9]);
    assert!(
        shown(&desk).ends_with("14:30:00 UTC"),
        "no further than the chart"
    );
}

#[test]
fn what_is_selected_is_told_in_the_footer() {
    let picture = picture(&begun(), COLOUR);
    let footer = picture.lines().last().unwrap_or_default();
    let told = "14:05:41–14:06:31 selected · enter who did it · esc drop it · h l edge";
    assert!(footer.starts_with(told), "{footer}");
}

#[test]
fn enter_asks_who_is_to_blame_and_the_next_spike_drops_it() {
    let mut desk = begun();
    desk.key(Key::Enter);
    let range = desk.state.timeline.chosen.expect("it was taken");
    let project = None;
    assert_eq!(suspected(&desk), Some(Suspected::Range { range, project }));
    assert_eq!(desk.state.scope(), Scope::Timeline);
    desk.settle();
    desk.key(Key::Char('n'));
    assert_eq!(desk.state.timeline.chosen, None);
    assert!(matches!(suspected(&desk), Some(Suspected::Spike(_))));
}

#[test]
fn esc_drops_it_and_nothing_is_asked() {
    for key in [Key::Esc, Key::Char('v')] {
        let mut desk = begun();
        desk.key(key);
        assert_eq!(desk.state.timeline.brush, None);
        assert_eq!(desk.state.timeline.chosen, None);
        assert!(desk.open.is_empty());
    }
}

#[test]
fn esc_goes_back_from_a_range_to_the_spike() {
    let mut desk = begun();
    desk.keys(&[Key::Enter]);
    desk.key(Key::Esc);
    assert_eq!(desk.state.timeline.chosen, None);
    assert!(matches!(suspected(&desk), Some(Suspected::Spike(_))));
}

#[test]
fn z_zooms_in_on_it() {
    let mut desk = begun();
    desk.keys(&[Key::Char('L'), Key::Char('z')]);
    assert_eq!(
        format::range(desk.state.window.range),
        "2026-11-23 14:05:41–14:12:21 UTC"
    );
    assert_eq!(desk.state.timeline.brush, None);
}

#[test]
fn a_range_without_any_spike_has_suspects_too() {
    let mut desk = begun();
    desk.state.timeline.selected = None;
    desk.keys(&[Key::Enter]);
    assert!(desk.state.timeline.suspects.current().is_some());
    desk.keys(&[Key::Enter]);
    assert!(matches!(desk.state.above.last(), Some(Above::Request(_))));
}

#[test]
fn a_range_is_at_least_as_long_as_what_is_reported() {
    let range = Range {
        from_at_us: Instant(5_000_000),
        to_at_us: Instant(6_000_000),
    };
    let longer = at_least(range);
    assert_eq!(longer.span(), SPAN_MIN);
    assert_eq!(longer.from_at_us, Instant(500_000));
    assert_eq!(at_least(longer), longer);
}
