//! What the operator's actions do.

use wire::time::Instant;

use super::request::Tab;
use super::window::Window;
use super::{Above, Cursor, Focus, State};
use crate::action::{Action, Effect};

/// Rows of a list that are kept; further pages would push nobody on.
const ROWS_MAX: usize = 5_000;

// === impl State ===

impl State {
    pub(super) fn act_on_screen(&mut self, action: Action, effects: &mut Vec<Effect>) {
        if self.help.is_some() && self.act_on_help(action, effects) {
            return;
        }
        match action {
            Action::Quit => effects.push(Effect::Quit),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Help => self.open_help(),
            Action::Export => self.open_export(),
            Action::MouseToggle => self.toggle_mouse(effects),
            Action::Navigate(where_to) => self.navigate(where_to, effects),
            Action::CommandLine => self.open_command(),
            Action::Palette => self.open_palette(),
            Action::Leave if self.above.is_empty() => effects.push(Effect::Quit),
            Action::Back | Action::Leave => self.back(effects),
            Action::GoTimeline => self.above.clear(),
            Action::GoRequests => self.open_requests(None, effects),
            Action::GoFunctions => self.open_functions(None, false, effects),
            Action::GoBoard(board) => self.open_board(board, None, effects),
            Action::GoMoment(moment) => self.go_moment(moment, effects),
            Action::SeverityNext => self.next_severity(),
            Action::SeekDown(severity) => self.seek(severity, true),
            Action::SeekUp(severity) => self.seek(severity, false),
            Action::GoStatements => self.open_statements(None, effects),
            Action::GoLeft => self.sideways(false),
            Action::GoRight => self.sideways(true),
            Action::Compare => self.compare(effects),
            Action::Icicle => self.toggle_icicle(effects),
            Action::Fold => self.toggle_fold(),
            Action::PictureNext => self.next_picture(),
            Action::LiveToggle => self.toggle_live(effects),
            Action::Refresh => self.refresh_front(effects),
            Action::Open => self.open(effects),
            Action::SpikeOlder => self.step_spike(1, effects),
            Action::SpikeNewer => self.step_spike(-1, effects),
            Action::Brush => self.toggle_brush(),
            Action::EdgeEarlier => self.move_edge(-1),
            Action::EdgeLater => self.move_edge(1),
            Action::EdgeFarEarlier => self.move_edge_far(-1),
            Action::EdgeFarLater => self.move_edge_far(1),
            Action::EdgeOther => self.switch_edge(),
            Action::Undo => self.undo(effects),
            Action::ZoomIn => self.zoom(0.5, effects),
            Action::ZoomOut => self.zoom(2.0, effects),
            Action::PanEarlier => self.pan(-1, effects),
            Action::PanLater => self.pan(1, effects),
            Action::FitSpike => self.look_at_spike(effects),
            Action::RangeNext => self.next_range(effects),
            Action::EditTime => self.edit_time(),
            Action::ZoneNext => self.next_zone(),
            Action::Heatmap => self.timeline.is_heatmap = !self.timeline.is_heatmap,
            Action::BaselineNext => self.next_baseline(effects),
            Action::FocusNext => self.focus(1),
            Action::FocusPrevious => self.focus(-1),
            Action::SortNext => self.sort(1, effects),
            Action::SortPrevious => self.sort(-1, effects),
            Action::EditColumns => self.edit_columns(),
            Action::EditFilter => self.edit_filter(effects),
            Action::ClearFilter => self.clear_filter(effects),
            Action::Show(tab) => self.show_tab(tab),
            Action::Down => self.step(1, effects),
            Action::Up => self.step(-1, effects),
            Action::HalfPageDown => self.step(self.page() / 2, effects),
            Action::HalfPageUp => self.step(-(self.page() / 2), effects),
            Action::PageDown => self.step(self.page(), effects),
            Action::PageUp => self.step(-self.page(), effects),
            Action::Top => self.step(isize::MIN, effects),
            Action::Bottom => self.step(isize::MAX, effects),
        }
    }

    pub(super) fn page(&self) -> isize {
        isize::try_from(crate::view::layout::list_heights(self).front.max(2)).unwrap_or(2)
    }

    // --- Moving -------------------------------------------------------------------------------

    pub(super) fn step(&mut self, lines: isize, effects: &mut Vec<Effect>) {
        if self.step_drawing(lines) {
            return;
        }
        match self.above.last_mut() {
            None => match self.timeline.focus {
                Focus::Spikes => self.step_spike(lines, effects),
                Focus::Suspects => {
                    let suspects = self.timeline.suspects.current();
                    let length = suspects.map_or(0, |answer| answer.suspects.len());
                    self.timeline.suspect_cursor.step(lines, length);
                }
            },
            Some(Above::Requests(screen)) => {
                let length = screen.rows().len();
                screen.cursor.step(lines, length);
                self.ask_more(effects);
            }
            Some(Above::Request(screen)) => {
                let (tab, length) = (screen.tab, screen.length(screen.tab));
                screen.cursor_mut(tab).step(lines, length);
            }
            Some(Above::Functions(_)) => self.step_functions(lines),
            Some(Above::Statements(screen)) => screen.step(lines),
            Some(Above::Statement(_)) => self.step_statement(lines),
            Some(Above::Board(screen)) => screen.cursor.step(lines, screen.lines.len()),
        }
    }

    fn step_spike(&mut self, lines: isize, effects: &mut Vec<Effect>) {
        let length = self.timeline.spikes().len();
        let mut cursor = self.timeline.spike_cursor;
        cursor.step(lines, length);
        let selected = self
            .timeline
            .spikes()
            .get(cursor.selected)
            .map(|spike| spike.id);
        if selected != self.timeline.selected {
            self.timeline.selected = selected;
            self.timeline.chosen = None;
            self.look_at_spike(effects);
        }
    }

    fn focus(&mut self, steps: isize) {
        match self.above.last_mut() {
            None => {
                self.timeline.focus = match self.timeline.focus {
                    Focus::Spikes => Focus::Suspects,
                    Focus::Suspects => Focus::Spikes,
                };
            }
            Some(
                Above::Requests(_) | Above::Statements(_) | Above::Statement(_) | Above::Board(_),
            ) => {}
            Some(Above::Functions(screen)) => screen.switch_pane(),
            Some(Above::Request(screen)) => screen.tab = screen.tab.step(steps),
        }
    }

    fn back(&mut self, effects: &mut Vec<Effect>) {
        if self.above.is_empty() && self.timeline.brush.take().is_some() {
            return;
        }
        if self.above.is_empty() && self.timeline.chosen.take().is_some() {
            return self.ask_suspects(effects);
        }
        if self.leave_drawing() {
            return;
        }
        if let Some(Above::Functions(screen)) = self.above.last_mut()
            && screen.back()
        {
            return;
        }
        if self.above.pop().is_some() {
            return self.resume(effects);
        }
        match self.timeline.focus {
            Focus::Spikes => self.timeline.focus = Focus::Suspects,
            Focus::Suspects => self.notice = Some("this is the first screen; q quits".to_owned()),
        }
    }

    /// A question of the screen that is in front again was dropped if one above asked of the same topic.
    fn resume(&mut self, effects: &mut Vec<Effect>) {
        if let Some(Above::Request(screen)) = self.above.last_mut() {
            let (generations, now) = (&mut self.generations, self.clock_at_us);
            let job = screen.dossier.resume(generations, now);
            let beside = screen.comparison.resume(generations, now);
            effects.extend(job.into_iter().chain(beside).map(Effect::Ask));
        }
    }

    fn show_tab(&mut self, tab: Tab) {
        if let Some(Above::Request(screen)) = self.above.last_mut() {
            // From the picture, its key leads to the table.
            if tab == Tab::Profile {
                screen.drawing = None;
            }
            screen.tab = tab;
        }
    }

    // --- Time ---------------------------------------------------------------------------------

    fn zoom(&mut self, factor: f64, effects: &mut Vec<Effect>) {
        if let Some(brush) = self.timeline.brush {
            return self.zoom_to_brush(brush, effects);
        }
        let peak = self.timeline.selected_spike().map(|spike| spike.peak_at_us);
        let in_sight = peak.filter(|peak| self.window.range.contains(*peak));
        self.window
            .zoom(factor, in_sight.unwrap_or(self.window.middle()));
        self.ask_chart(effects);
    }

    fn pan(&mut self, quarters: i64, effects: &mut Vec<Effect>) {
        let now = self.store_now();
        self.window.pan(quarters, now);
        self.ask_chart(effects);
    }

    fn next_range(&mut self, effects: &mut Vec<Effect>) {
        self.window = Window::last(self.window.next_preset(), self.store_now());
        self.range_changed(effects);
    }

    fn toggle_live(&mut self, effects: &mut Vec<Effect>) {
        self.window.is_live = !self.window.is_live;
        if self.window.is_live {
            self.window.slide(self.store_now(), self.data());
            self.range_changed(effects);
            self.refresh(effects);
        }
    }

    /// The range goes along to the list in front; the chart follows, too.
    pub(super) fn range_changed(&mut self, effects: &mut Vec<Effect>) {
        self.ask_chart(effects);
        if let Some(Above::Requests(screen)) = self.above.last_mut() {
            screen.range = self.window.range;
            self.ask_requests(effects);
        }
        self.move_profiles(effects);
        self.move_board(effects);
    }

    fn refresh_front(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        match self.above.last_mut() {
            None => {
                self.ask_chart(effects);
                self.ask_suspects(effects);
                self.refresh(effects);
            }
            Some(Above::Requests(_)) => self.ask_requests(effects),
            Some(Above::Request(screen)) => {
                let job = screen.dossier.again(&mut self.generations, now);
                let beside = screen.comparison.again(&mut self.generations, now);
                effects.extend(job.into_iter().chain(beside).map(Effect::Ask));
            }
            Some(Above::Functions(_) | Above::Statements(_) | Above::Statement(_)) => {
                self.ask_profiles(effects);
            }
            Some(Above::Board(_)) => self.ask_board(effects),
        }
    }

    // --- Lists --------------------------------------------------------------------------------

    pub(super) fn ask_requests(&mut self, effects: &mut Vec<Effect>) {
        let now: Instant = self.clock_at_us;
        let Some(Above::Requests(screen)) = self.above.last_mut() else {
            return;
        };
        screen.earlier.clear();
        let ask = screen.ask(self.project.as_ref(), None);
        let job = screen.page.want(ask, &mut self.generations, now);
        effects.extend(job.map(Effect::Ask));
    }

    /// At the list's end, the next page is asked for.
    fn ask_more(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        let Some(Above::Requests(screen)) = self.above.last_mut() else {
            return;
        };
        let Some(page) = screen.page.current() else {
            return;
        };
        let length = page.requests.len();
        let is_at_end = screen.cursor.selected + 1 >= length && length < ROWS_MAX;
        let next = page
            .next
            .clone()
            .filter(|_| is_at_end && !screen.page.is_pending());
        if let Some(next) = next {
            screen.earlier.clone_from(&page.requests);
            let ask = screen.ask(self.project.as_ref(), Some(next));
            let job = screen.page.want(ask, &mut self.generations, now);
            effects.extend(job.map(Effect::Ask));
        }
    }

    fn sort(&mut self, steps: isize, effects: &mut Vec<Effect>) {
        match self.above.last_mut() {
            Some(Above::Requests(screen)) => {
                screen.sort = screen.sort.step(steps);
                screen.cursor = Cursor::default();
                self.ask_requests(effects);
            }
            Some(Above::Request(screen)) if screen.tab == Tab::Profile => screen.reorder(),
            Some(Above::Functions(screen)) => screen.reorder(steps),
            Some(Above::Statements(screen)) => screen.reorder(steps),
            Some(Above::Request(_)) => {
                self.notice = Some("o orders the functions; f shows them".to_owned());
            }
            None | Some(Above::Statement(_) | Above::Board(_)) => {}
        }
    }

    fn clear_filter(&mut self, effects: &mut Vec<Effect>) {
        let cleared = match self.above.last_mut() {
            // The last that was put on goes first.
            Some(Above::Requests(screen)) => {
                !std::mem::take(&mut screen.filter).is_empty()
                    || screen.fingerprint.take().is_some()
                    || screen.route.take().is_some()
            }
            Some(Above::Functions(screen)) => screen.subject.route.take().is_some(),
            Some(Above::Statements(screen)) => screen.subject.route.take().is_some(),
            _ => return,
        };
        if !cleared {
            self.notice = Some("all requests are shown".to_owned());
            return;
        }
        if let Some(Above::Requests(_)) = self.above.last() {
            self.ask_requests(effects);
        } else {
            self.ask_profiles(effects);
        }
    }
}
