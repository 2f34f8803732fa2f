//! The screens of locks, hosts, logs and health.

use wire::time::{Instant, Range};

use super::cursor::Cursor;
use super::slot::{Generation, Slot};
use super::{Above, State};
use crate::action::Effect;
use crate::ask::Ask;
use crate::board::{Board, Line, Page, Severity};
use crate::fetch::Topic;

#[derive(Debug)]
pub struct BoardScreen {
    pub board: Board,
    pub page: Slot<Page>,
    pub range: Range,
    /// Of locks: the moment that was asked for; none for the worst.
    pub moment: Option<Instant>,
    /// When it goes on to the next moment by itself.
    pub(super) plays_at_us: Option<Instant>,
    /// Milder lines are left out.
    pub least: Severity,
    pub cursor: Cursor,
    /// Those that are shown.
    pub lines: Vec<Line>,
    all: Vec<Line>,
}

// === impl BoardScreen ===

impl BoardScreen {
    fn new(board: Board, range: Range) -> Self {
        Self {
            board,
            page: Slot::new(Topic::Board),
            range,
            moment: None,
            plays_at_us: None,
            least: Severity::default(),
            cursor: Cursor::default(),
            lines: Vec::new(),
            all: Vec::new(),
        }
    }

    /// Of locks, whether it goes through the moments by itself.
    pub fn is_playing(&self) -> bool {
        self.plays_at_us.is_some()
    }

    pub fn chosen(&self) -> Option<&Line> {
        self.lines.get(self.cursor.selected)
    }

    /// How many lines are left out.
    pub fn hidden(&self) -> usize {
        self.all.len() - self.lines.len()
    }

    /// Writes its lines anew, from what it has.
    pub(super) fn write_lines(&mut self, now: Instant) {
        if let Some(page) = self.page.current() {
            self.all = page.lines(now);
            self.choose_lines();
        }
    }

    fn choose_lines(&mut self) {
        let chosen = self.chosen().and_then(|line| line.session);
        let shown = self.all.iter().filter(|line| line.severity >= self.least);
        self.lines = shown.cloned().collect();
        // Whoever goes through the moments looks at the same session.
        let mut lines = self.lines.iter();
        let again = lines.position(|line| chosen.is_some() && line.session == chosen);
        if let Some(again) = again {
            self.cursor.to(again, self.lines.len());
        }
        self.cursor.clamp(self.lines.len());
    }

    fn ask(&self, project: Option<&wire::ids::Project>) -> Ask {
        let project = project.cloned();
        match self.board {
            Board::Locks => Ask::LockTree {
                range: self.range,
                project,
                at_us: self.moment,
            },
            Board::Episodes => Ask::Locks {
                range: self.range,
                project,
            },
            Board::Hosts => Ask::Hosts { project },
            Board::Logs => Ask::Logs {
                range: self.range,
                project,
            },
            Board::Health => Ask::Health,
        }
    }
}

// === impl State ===

impl State {
    pub(super) fn open_board(
        &mut self,
        board: Board,
        range: Option<Range>,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(Above::Board(screen)) = self.above.last()
            && screen.board == board
        {
            self.notice = Some(format!("this is the screen of {}", board.title()));
            return;
        }
        let range = range.unwrap_or(self.window.range);
        let screen = BoardScreen::new(board, range);
        // Both are of the locks: one takes the other's place.
        if let Some(Above::Board(front)) = self.above.last_mut()
            && front.board.is_of_locks()
            && board.is_of_locks()
        {
            let range = front.range;
            **front = BoardScreen { range, ..screen };
            return self.ask_board(effects);
        }
        self.push_screen(Above::Board(Box::new(screen)));
        self.ask_board(effects);
    }

    pub(super) fn ask_board(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        if let Some(Above::Board(screen)) = self.above.last_mut() {
            let ask = screen.ask(self.project.as_ref());
            let job = screen.page.want(ask, &mut self.generations, now);
            effects.extend(job.map(Effect::Ask));
        }
    }

    /// The range that is looked at has changed.
    pub(super) fn move_board(&mut self, effects: &mut Vec<Effect>) {
        if let Some(Above::Board(screen)) = self.above.last_mut()
            && screen.board.has_range()
        {
            screen.range = self.window.range;
            // Which moment was the worst is another question there.
            screen.moment = None;
            self.ask_board(effects);
        }
    }

    /// What is about now is asked again with every round.
    pub(super) fn renew_board(&mut self, effects: &mut Vec<Effect>) {
        if let Some(Above::Board(screen)) = self.above.last()
            && !screen.board.has_range()
        {
            self.ask_board(effects);
        }
    }

    pub(super) fn take_board(
        &mut self,
        generation: Generation,
        page: Page,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let (now, store_now) = (self.clock_at_us, self.store_now());
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Board(screen) if screen.page.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        let lines = page.lines(store_now);
        let told = screen.tree().map(|tree| (tree.at_us, tree.moments.len()));
        let is_same = screen.page.current().is_some() && screen.all == lines;
        screen.page.accept(page, now);
        let is_same = is_same && told == screen.tree().map(|tree| (tree.at_us, tree.moments.len()));
        if !is_same {
            screen.all = lines;
            screen.choose_lines();
            effects.push(Effect::Draw);
        }
        self.scroll();
        true
    }

    pub(super) fn next_severity(&mut self) {
        if let Some(Above::Board(screen)) = self.above.last_mut() {
            screen.least = screen.least.next();
            screen.choose_lines();
        }
    }

    /// To the next line that is so bad, down or up.
    pub(super) fn seek(&mut self, severity: Severity, is_down: bool) {
        let Some(Above::Board(screen)) = self.above.last_mut() else {
            return;
        };
        let at = screen.cursor.selected;
        let is_it = |line: &usize| screen.lines[*line].severity == severity;
        let length = screen.lines.len();
        let found = if is_down {
            (at + 1..length).find(is_it)
        } else {
            (0..at.min(length)).rev().find(is_it)
        };
        if let Some(line) = found {
            screen.cursor.to(line, length);
            return;
        }
        let what = match severity {
            Severity::Error => "error",
            Severity::Warning | Severity::Fine => "warning",
        };
        let place = if is_down { "below" } else { "above" };
        self.notice = Some(format!("no {what} further {place}"));
    }

    pub(super) fn open_from_board(&mut self, effects: &mut Vec<Effect>) {
        let Some(Above::Board(screen)) = self.above.last() else {
            return;
        };
        match (screen.chosen().and_then(|line| line.request), screen.board) {
            (Some(id), _) => self.open_request(id, effects),
            (None, Board::Locks | Board::Episodes | Board::Logs) => {
                self.notice = Some("no captured request is known for this line".to_owned());
            }
            (None, Board::Hosts | Board::Health) => {
                self.notice = Some("all that is known of this line stands below".to_owned());
            }
        }
    }
}
