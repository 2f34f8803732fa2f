//! Taking changes of the range and of a filter back, one after the other.

use wire::ids::{Project, SpikeId};
use wire::sql::Fingerprint;
use wire::time::Range;

use super::window::Window;
use super::{Above, State};
use crate::action::Effect;

/// Changes that can be taken back. Nobody remembers more of them.
const STEPS_MAX: usize = 64;

/// What can be gone back to, the newest last.
#[derive(Debug, Default)]
pub(super) struct Undo {
    steps: Vec<Mark>,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    project: Option<Project>,
    window: Window,
    chosen: Option<Range>,
    selected: Option<SpikeId>,
    narrowed: Option<Narrowed>,
}

/// How the list in front was narrowed.
#[derive(Clone, Debug, PartialEq)]
struct Narrowed {
    /// Of which list: how many screens lie below it.
    below: usize,
    filter: String,
    route: Option<String>,
    fingerprint: Option<Fingerprint>,
}

// === impl Mark ===

impl Mark {
    /// The same, but for a filter that was tried meanwhile.
    pub(super) fn with_filter(mut self, filter: &str) -> Self {
        if let Some(narrowed) = &mut self.narrowed {
            filter.clone_into(&mut narrowed.filter);
        }
        self
    }
}

// === impl State ===

impl State {
    pub(super) fn undo_steps(&self) -> usize {
        self.undo.steps.len()
    }

    pub(super) fn mark(&self) -> Mark {
        let narrowed = match self.above.last() {
            Some(Above::Requests(screen)) => Some(Narrowed {
                below: self.above.len() - 1,
                filter: screen.filter.clone(),
                route: screen.route.clone(),
                fingerprint: screen.fingerprint,
            }),
            _ => None,
        };
        Mark {
            project: self.project.clone(),
            window: self.window,
            chosen: self.timeline.chosen,
            selected: self.timeline.selected,
            narrowed,
        }
    }

    /// Keeps what was looked at before, if something else is now.
    pub(super) fn remember(&mut self, mut before: Mark) {
        let now = self.mark();
        let place = |mark: &Mark| mark.narrowed.as_ref().map(|it| it.below);
        if place(&before) != place(&now) {
            // Another screen is another thing to look at, not another way to.
            before.narrowed.clone_from(&now.narrowed);
        }
        // The same twice is one step, too.
        if before == now || self.undo.steps.last() == Some(&before) {
            return;
        }
        self.undo.steps.push(before);
        let surplus = self.undo.steps.len().saturating_sub(STEPS_MAX);
        self.undo.steps.drain(..surplus);
    }

    pub(super) fn undo(&mut self, effects: &mut Vec<Effect>) {
        let Some(mark) = self.undo.steps.pop() else {
            self.notice =
                Some("there is no change of range, filter or project to take back".to_owned());
            return;
        };
        self.look_at_project(mark.project.clone(), effects);
        self.notice = None;
        let now = self.mark();
        if (mark.chosen, mark.selected) != (now.chosen, now.selected) {
            self.timeline.chosen = mark.chosen;
            self.timeline.selected = mark.selected;
            self.place_spike_cursor();
            self.ask_suspects(effects);
        }
        if mark.window != now.window {
            self.window = mark.window;
            self.range_changed(effects);
        }
        let Some(narrowed) = mark.narrowed else {
            return;
        };
        let is_in_front = narrowed.below + 1 == self.above.len();
        if let Some(Above::Requests(screen)) = self.above.get_mut(narrowed.below)
            && Some(&narrowed) != now.narrowed.as_ref()
        {
            screen.filter = narrowed.filter;
            screen.route = narrowed.route;
            screen.fingerprint = narrowed.fingerprint;
            screen.cursor = super::Cursor::default();
            if is_in_front {
                self.ask_requests(effects);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;
    use crate::keymap::Key;
    use crate::state::tests::Desk;

    fn filter(desk: &Desk) -> &str {
        match desk.state.above.last() {
            Some(Above::Requests(screen)) => &screen.filter,
            other => panic!("the list should be in front, not {other:?}"),
        }
    }

    fn typed(desk: &mut Desk, text: &str) {
        for character in text.chars() {
            desk.key(Key::Char(character));
        }
        desk.keys(&[Key::Enter]);
    }

    #[test]
    fn ranges_come_back_one_after_the_other() {
        let mut desk = Desk::started(80, 24);
        let first = desk.state.window;
        desk.keys(&[Key::Char('z')]);
        let second = desk.state.window;
        typed(&mut desk, "t14:03±2m");
        desk.keys(&[Key::Char('u')]);
        assert_eq!(desk.state.window, second);
        desk.keys(&[Key::Char('u')]);
        assert_eq!(desk.state.window, first);
        let chart = desk.state.timeline.chart.current().expect("it was asked");
        assert_eq!(chart.from_at_us, first.range.from_at_us);
        desk.keys(&[Key::Char('u')]);
        assert!(desk.state.notice.is_some(), "there is no more");
    }

    #[test]
    fn a_spike_and_a_selected_range_come_back() {
        let mut desk = Desk::started(80, 24);
        let spike = desk.state.timeline.selected;
        desk.keys(&[Key::Char('v'), Key::Char('l'), Key::Enter]);
        let chosen = desk.state.timeline.chosen;
        desk.keys(&[Key::Char('n')]);
        assert_ne!(desk.state.timeline.selected, spike);
        desk.keys(&[Key::Char('u')]);
        assert_eq!(desk.state.timeline.selected, spike);
        assert_eq!(desk.state.timeline.chosen, chosen);
        desk.keys(&[Key::Char('u')]);
        assert_eq!(desk.state.timeline.chosen, None);
    }

    #[test]
    fn a_filter_comes_back_though_it_was_tried_while_it_was_typed() {
        let mut desk = Desk::started(80, 24);
        desk.keys(&[Key::Char('2')]);
        typed(&mut desk, "/sql>9");
        desk.keys(&[Key::Char('/'), Key::Ctrl('u')]);
        desk.send(crate::action::Msg::Paste("lock>1s".to_owned()));
        let later = desk.state.clock_at_us + wire::time::Micros::from_seconds(1);
        desk.send(crate::action::Msg::Clock(later));
        desk.settle();
        desk.keys(&[Key::Enter]);
        assert_eq!(filter(&desk), "lock>1s");
        desk.keys(&[Key::Char('u')]);
        assert_eq!(filter(&desk), "sql>9");
        desk.keys(&[Key::Char('u')]);
        assert_eq!(filter(&desk), "");
    }

    #[test]
    fn what_was_dropped_at_the_line_is_no_change() {
        let mut desk = Desk::started(80, 24);
        desk.keys(&[Key::Char('2'), Key::Char('/')]);
        desk.send(crate::action::Msg::Paste("lock>1s".to_owned()));
        desk.keys(&[Key::Esc, Key::Char('u')]);
        assert!(desk.state.notice.is_some());
    }

    #[test]
    fn on_another_screen_the_range_goes_back_for_it() {
        let mut desk = Desk::started(80, 24);
        desk.keys(&[Key::Char('2'), Key::Char('r')]);
        let range = |desk: &Desk| match desk.state.above.last() {
            Some(Above::Requests(screen)) => format::range(screen.range),
            other => panic!("the list should be in front, not {other:?}"),
        };
        let changed = range(&desk);
        desk.keys(&[Key::Char('u')]);
        assert_ne!(range(&desk), changed);
    }

    #[test]
    fn no_more_is_kept_than_anybody_takes_back() {
        let mut desk = Desk::started(80, 24);
        for _ in 0..100 {
            desk.keys(&[Key::Char('h')]);
        }
        assert_eq!(desk.state.undo.steps.len(), STEPS_MAX);
    }
}
