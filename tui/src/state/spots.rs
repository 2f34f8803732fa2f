//! Where the console stands, as a value, and standing there again.

use super::functions::FunctionsScreen;
use super::statements::StatementsScreen;
use super::window::Window;
use super::{Above, Cursor, RequestsScreen, State};
use crate::action::{Effect, Navigate};
use crate::columns::Columns;
use crate::spot::{FunctionTable, RequestList, Sight, Spot, StatementTable, link};
use crate::typed::Fault;

// === impl State ===

impl State {
    pub(super) fn navigate(&mut self, where_to: Navigate, effects: &mut Vec<Effect>) {
        match where_to {
            Navigate::CopyLink => self.copy_link(effects),
            Navigate::Back => self.go_back(effects),
            Navigate::Forward => self.go_forward(effects),
            Navigate::Keep => self.begin_keep(),
            Navigate::Bookmarks => self.list_bookmarks(),
            Navigate::Projects => self.pick_project(effects),
        }
    }

    /// What is on the screen.
    pub fn spot(&self) -> Spot {
        Spot {
            project: self.project.clone(),
            range: self.window.range,
            spike: self.timeline.selected,
            chosen: self.timeline.chosen,
            baseline: self.timeline.against,
            is_folded: self.is_folded,
            sight: match self.above.last() {
                None => Sight::Timeline {
                    is_heatmap: self.timeline.is_heatmap,
                },
                Some(screen) => self.sight(screen),
            },
        }
    }

    /// Opens what the command line's link shows.
    pub(super) fn open_start_spot(&mut self, effects: &mut Vec<Effect>) {
        if let Some(spot) = self.start.spot.clone() {
            self.ask_chart(effects);
            self.go_to(spot, effects);
            effects.push(Effect::Draw);
        }
    }

    /// Opens what a link shows, or the command line that opens it.
    pub(super) fn open_link(&mut self, text: &str, effects: &mut Vec<Effect>) -> Result<(), Fault> {
        let spot = link::read(text)?;
        self.go_to(spot, effects);
        Ok(())
    }

    /// Shows what the spot is of. A screen that is still on the stack is shown as it was.
    pub(super) fn go_to(&mut self, spot: Spot, effects: &mut Vec<Effect>) {
        self.timeline.brush = None;
        if self.project != spot.project {
            self.look_at_project(spot.project.clone(), effects);
            // What they show is another project's.
            self.above.clear();
        }
        if self.is_folded != spot.is_folded {
            self.toggle_fold();
            self.notice = None;
        }
        if self.window.range != spot.range {
            self.window = Window::still(spot.range);
            self.ask_chart(effects);
        }
        let timeline = &mut self.timeline;
        let before = (timeline.selected, timeline.chosen, timeline.against);
        // Where there is a spike, one is selected.
        let wanted = (spot.spike.or(before.0), spot.chosen, spot.baseline);
        if before != wanted {
            (timeline.selected, timeline.chosen, timeline.against) = wanted;
            timeline.suspect_cursor = Cursor::default();
            self.ask_suspects(effects);
        }
        self.place_spike_cursor();
        self.show_sight(spot.sight, effects);
        self.scroll();
    }

    fn show_sight(&mut self, wanted: Sight, effects: &mut Vec<Effect>) {
        if let Sight::Requests(list) = &wanted
            && list.columns != Columns::default()
        {
            // Without any, those that whoever opens it is used to.
            self.columns.clone_from(&list.columns);
        }
        let mut above = self.above.iter();
        let kept = above.rposition(|screen| self.is_shown(screen, &wanted));
        if let Some(place) = kept {
            self.above.truncate(place + 1);
            match (self.above.last_mut(), wanted) {
                (Some(Above::Request(screen)), Sight::Request { tab, .. }) => screen.tab = tab,
                (Some(Above::Board(screen)), Sight::Board { moment, .. })
                    if screen.moment != moment =>
                {
                    self.show_moment(moment, effects);
                }
                _ => {}
            }
            return;
        }
        self.above.clear();
        self.open_sight(wanted, effects);
    }

    fn open_sight(&mut self, wanted: Sight, effects: &mut Vec<Effect>) {
        match wanted {
            Sight::Timeline { is_heatmap } => self.timeline.is_heatmap = is_heatmap,
            Sight::Requests(list) => {
                let screen = RequestsScreen::of(list);
                self.push_screen(Above::Requests(Box::new(screen)));
                self.ask_requests(effects);
            }
            Sight::Request {
                correlation_id,
                tab,
                order,
                drawn,
            } => {
                self.open_request(correlation_id, effects);
                if let Some(Above::Request(screen)) = self.above.last_mut() {
                    (screen.tab, screen.order) = (tab, order);
                    screen.wanted_drawn = Some(drawn);
                }
            }
            Sight::Functions(table) => {
                let mut screen = FunctionsScreen::of(table);
                screen.fold(self.folded().as_ref());
                self.push_screen(Above::Functions(Box::new(screen)));
                self.ask_profiles(effects);
            }
            Sight::Statements(table) => {
                let mut screen = StatementsScreen::new(table.subject, table.selected);
                screen.order = table.order;
                self.push_screen(Above::Statements(Box::new(screen)));
                self.ask_profiles(effects);
            }
            Sight::Statement {
                subject,
                fingerprint,
            } => {
                let mut screen = StatementsScreen::new(subject, Some(fingerprint));
                // Its figures are those of the list.
                screen.is_opening = true;
                self.push_screen(Above::Statements(Box::new(screen)));
                self.ask_profiles(effects);
            }
            Sight::Board {
                board,
                range,
                least,
                moment,
            } => {
                self.open_board(board, Some(range), effects);
                if let Some(Above::Board(screen)) = self.above.last_mut() {
                    screen.least = least;
                }
                if moment.is_some() {
                    self.show_moment(moment, effects);
                }
            }
        }
    }

    /// What a screen above the timeline shows.
    fn sight(&self, screen: &Above) -> Sight {
        match screen {
            Above::Requests(screen) => Sight::Requests(RequestList {
                range: screen.range,
                route: screen.route.clone(),
                fingerprint: screen.fingerprint,
                filter: screen.filter.clone(),
                sort: screen.sort,
                columns: self.columns.clone(),
                selected: screen.selected(),
            }),
            Above::Request(screen) => Sight::Request {
                correlation_id: screen.correlation_id,
                tab: screen.tab,
                order: screen.order,
                drawn: screen.drawn(),
            },
            Above::Functions(screen) => Sight::Functions(FunctionTable {
                subject: screen.subject.clone(),
                is_compared: screen.is_compared,
                is_icicle: screen.drawing.is_some(),
                order: screen.order,
                selected: screen.chosen.clone(),
            }),
            Above::Statements(screen) => Sight::Statements(StatementTable {
                subject: screen.subject.clone(),
                order: screen.order,
                selected: screen.chosen,
            }),
            Above::Statement(screen) => Sight::Statement {
                subject: screen.subject.clone(),
                fingerprint: screen.line.row.fingerprint,
            },
            Above::Board(screen) => Sight::Board {
                board: screen.board,
                range: if screen.board.has_range() {
                    screen.range
                } else {
                    self.window.range
                },
                least: screen.least,
                moment: screen.moment,
            },
        }
    }

    /// Whether the screen shows this, wherever its cursor is.
    fn is_shown(&self, screen: &Above, wanted: &Sight) -> bool {
        let mut shown = self.sight(screen);
        match (&mut shown, wanted) {
            (Sight::Requests(one), Sight::Requests(two)) => {
                one.selected = two.selected;
                one.columns.clone_from(&two.columns);
            }
            (Sight::Functions(one), Sight::Functions(two)) => {
                one.selected.clone_from(&two.selected);
            }
            (Sight::Statements(one), Sight::Statements(two)) => one.selected = two.selected,
            (Sight::Request { .. }, Sight::Request { .. }) => return shown.is_like(wanted),
            (
                Sight::Board {
                    board,
                    range,
                    moment,
                    ..
                },
                Sight::Board {
                    range: other,
                    moment: wanted,
                    ..
                },
            ) => {
                *moment = *wanted;
                if !board.has_range() {
                    *range = *other;
                }
            }
            _ => {}
        }
        shown == *wanted
    }

    /// Copies the command line that opens this very screen.
    pub(super) fn copy_link(&mut self, effects: &mut Vec<Effect>) {
        let spot = self.spot();
        let line = link::command_line(&spot);
        // No terminal says whether it has taken what it was sent.
        self.notice = Some(format!(
            "copied, if this terminal has a clipboard: {}",
            spot.words()
        ));
        self.copied = Some(line.clone());
        effects.push(Effect::Copy(line));
    }
}

// === impl RequestsScreen ===

impl RequestsScreen {
    fn of(list: RequestList) -> Self {
        let mut screen = Self::new(list.range, list.route);
        screen.fingerprint = list.fingerprint;
        screen.filter = list.filter;
        screen.sort = list.sort;
        screen.wanted = list.selected;
        screen
    }

    /// The request under the cursor, or the one that it is meant for once it comes.
    fn selected(&self) -> Option<wire::ids::CorrelationId> {
        let row = self.rows().get(self.cursor.selected);
        self.wanted.or(row.map(|row| row.correlation_id))
    }

    /// The cursor goes to the request that is wanted, if it has come; the operator's keys come first.
    pub(super) fn find_wanted(&mut self) {
        if let Some(wanted) = self.wanted.take() {
            let rows = self.rows();
            let length = rows.len();
            let place = rows.iter().position(|row| row.correlation_id == wanted);
            if let Some(place) = place {
                self.cursor.to(place, length);
            }
        }
    }
}

// === impl FunctionsScreen ===

impl FunctionsScreen {
    fn of(table: FunctionTable) -> Self {
        let mut screen = Self::new(table.subject, table.selected, table.is_compared);
        screen.order = table.order;
        screen.is_icicle_wanted = table.is_icicle;
        screen
    }
}

#[cfg(test)]
mod tests;
