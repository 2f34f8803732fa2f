//! What the console knows and where the operator stands in it.
//!
//! Only [`update`](State::update) changes it, and only by a message: no clock, no terminal, no
//! network is reached from here. Drawing reads it and nothing else. Screens lie on a stack, the
//! timeline at the bottom; each keeps what it has loaded, so that going back shows it at once.

pub mod board;
pub mod bookmarks;
pub mod brush;
pub mod course;
pub mod cursor;
pub mod drawing;
pub mod functions;
pub mod help;
pub mod icicle;
pub mod line;
pub mod pace;
pub mod projects;
pub mod prompt;
pub mod pulse;
pub mod request;
pub mod slot;
pub mod statement;
pub mod statements;
pub mod subject;
pub mod window;

mod act;
mod answers;
mod fold;
mod history;
mod moments;
mod mouse;
mod news;
mod open;
mod profiles;
mod spots;
mod time;
mod undo;
mod update;

use wire::ids::{CorrelationId, Project, SpikeId};
use wire::query::{BaselineKind, Overview, Projects, Requests, Spike, Spikes, Suspects, Timeline};
use wire::sql::Fingerprint;
use wire::time::{Instant, Micros, Range};

use crate::action::Size;
use crate::ask::{Sort, Trouble};
use crate::board::Board;
use crate::bookmark::Bookmarks;
use crate::columns::Columns;
use crate::fetch::Topic;
use crate::keymap::Scope;
use crate::spot::Spot;
use crate::vendor::Vendors;
use crate::zone::Zone;
use board::BoardScreen;
use bookmarks::Chord;
use brush::Brush;
use cursor::Cursor;
use functions::FunctionsScreen;
use help::Help;
use history::History;
use news::Stored;
use prompt::Prompt;
use pulse::Pulse;
use request::RequestScreen;
use slot::{Generations, Slot};
use statement::StatementScreen;
use statements::StatementsScreen;
use undo::Undo;
use window::Window;

/// How far back a fresh console looks when there is no spike.
pub const RANGE_DEFAULT: Micros = Micros::from_seconds(3_600);
/// How far back spikes are listed.
pub const SPIKES_SPAN: Micros = Micros::from_seconds(7 * 86_400);

/// What the operator gave on the command line.
#[derive(Clone, Debug, Default)]
pub struct Start {
    pub project: Option<Project>,
    pub range: Option<Micros>,
    pub spike: Option<SpikeId>,
    pub request: Option<CorrelationId>,
    /// A link says all of where to look.
    pub spot: Option<Spot>,
    /// Projects whose header is red.
    pub production: Vec<Project>,
    /// Of the list of requests.
    pub columns: Columns,
    /// Whose functions can be folded into their callers.
    pub vendors: Vendors,
    /// Those that are kept; why they could not be read.
    pub bookmarks: Bookmarks,
    pub notice: Option<String>,
    /// The zone to begin with, and the machine's own.
    pub zone: Zone,
    pub local: Zone,
}

#[derive(Debug)]
pub struct State {
    pub size: Size,
    /// The console's own clock, as last told.
    pub clock_at_us: Instant,
    pub project: Option<Project>,
    /// The zone that times are shown and typed in.
    pub zone: Zone,
    pub window: Window,
    pub overview: Slot<Overview>,
    pub projects: Slot<Projects>,
    pub timeline: TimelineScreen,
    /// The screens above the timeline, the one in front last.
    pub above: Vec<Above>,
    pub failure: Option<Failure>,
    /// The help lies over the screen.
    pub help: Option<Help>,
    /// The line that the operator types into takes the keys.
    pub prompt: Option<Prompt>,
    /// One line for the operator until his next key.
    pub notice: Option<String>,
    /// What was sent to the clipboard, shown until the next key.
    pub copied: Option<String>,
    pub bookmarks: Bookmarks,
    /// Of the list of requests.
    pub columns: Columns,
    /// Libraries' functions are folded into their callers.
    pub is_folded: bool,
    /// A key that waits for another one.
    pub chord: Option<Chord>,
    /// The mouse is the console's.
    pub is_mouse: bool,
    /// Where it was pressed on the charts.
    drag: Option<Instant>,
    start: Start,
    generations: Generations,
    refresh_at_us: Option<Instant>,
    stored: Stored,
    undo: Undo,
    history: History,
    /// That bookmarks don't outlive the console.
    is_keeping_told: bool,
    pulse: Pulse,
}

/// The bottom screen: charts, spikes, suspects.
#[derive(Debug)]
pub struct TimelineScreen {
    pub chart: Slot<Timeline>,
    pub spikes: Slot<Spikes>,
    pub suspects: Slot<Suspects>,
    /// What the suspects are asked to be compared with.
    pub against: BaselineKind,
    /// By its number, since the list grows at the top.
    pub selected: Option<SpikeId>,
    /// The range that the suspects are of, instead of the spike's.
    pub chosen: Option<Range>,
    /// The charts are how long requests took.
    pub is_heatmap: bool,
    /// A stretch that is being selected.
    pub brush: Option<Brush>,
    pub focus: Focus,
    pub spike_cursor: Cursor,
    pub suspect_cursor: Cursor,
    /// The operator was faster than the store: open the first suspect when it comes.
    is_opening: bool,
}

/// Which of the timeline's lists the keys move in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Spikes,
    Suspects,
}

/// A screen above the timeline.
#[derive(Debug)]
pub enum Above {
    Requests(Box<RequestsScreen>),
    Request(Box<RequestScreen>),
    Functions(Box<FunctionsScreen>),
    Statements(Box<StatementsScreen>),
    Statement(Box<StatementScreen>),
    Board(Box<BoardScreen>),
}

/// A list of requests.
#[derive(Debug)]
pub struct RequestsScreen {
    pub page: Slot<Requests>,
    pub range: Range,
    pub route: Option<String>,
    /// Those of one statement alone: its fingerprint.
    pub fingerprint: Option<Fingerprint>,
    /// As it was typed; empty for none.
    pub filter: String,
    pub sort: Sort,
    pub cursor: Cursor,
    /// The request that the cursor is meant for, which has to come yet.
    wanted: Option<CorrelationId>,
    /// What is known of earlier pages when a further one is asked for.
    earlier: Vec<wire::query::RequestRow>,
}

/// The store can't be asked at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub trouble: Trouble,
    pub attempts: u32,
    pub retry_at_us: Instant,
}

// === impl State ===

impl State {
    pub fn new(start: Start, size: Size, now: Instant) -> Self {
        let spot = start.spot.as_ref();
        let latest = || Window::last(start.range.unwrap_or(RANGE_DEFAULT), now);
        let project = spot.and_then(|spot| spot.project.clone());
        Self {
            size,
            clock_at_us: now,
            window: spot.map_or_else(latest, |spot| Window::still(spot.range)),
            project: project.or_else(|| start.project.clone()),
            zone: start.zone.clone(),
            overview: Slot::new(Topic::Overview),
            projects: Slot::new(Topic::Projects),
            timeline: TimelineScreen::new(),
            above: Vec::new(),
            failure: None,
            help: None,
            prompt: None,
            notice: start.notice.clone(),
            copied: None,
            bookmarks: start.bookmarks.clone(),
            columns: start.columns.clone(),
            chord: None,
            is_mouse: false,
            drag: None,
            start,
            generations: Generations::default(),
            refresh_at_us: None,
            stored: Stored::default(),
            undo: Undo::default(),
            is_folded: false,
            history: History::default(),
            is_keeping_told: false,
            pulse: Pulse::default(),
        }
    }

    /// The store's clock if it has told it, since all times on the screen are the store's.
    pub fn store_now(&self) -> Instant {
        match self.overview.latest() {
            Some(overview) => overview.value.now_at_us,
            None => self.clock_at_us,
        }
    }

    /// From the oldest to the newest record that the store has, as last told.
    pub fn data(&self) -> Option<Range> {
        self.overview.latest()?.value.data
    }

    pub fn scope(&self) -> Scope {
        match self.above.last() {
            None if self.timeline.brush.is_some() => Scope::Brush,
            None => Scope::Timeline,
            Some(Above::Requests(_)) => Scope::Requests,
            Some(Above::Request(_)) if self.drawing().is_some() => Scope::Picture,
            Some(Above::Request(_)) => Scope::Request,
            Some(Above::Functions(_)) => Scope::Functions,
            Some(Above::Statements(_)) => Scope::Statements,
            Some(Above::Statement(_)) => Scope::Statement,
            Some(Above::Board(screen)) => match screen.board {
                Board::Locks => Scope::Locks,
                Board::Episodes => Scope::Episodes,
                Board::Hosts => Scope::Hosts,
                Board::Logs => Scope::Logs,
                Board::Health => Scope::Health,
            },
        }
    }

    /// When something changes without anything happening: a countdown, a spinner, a refresh.
    pub fn wake_at(&self) -> Option<Instant> {
        let countdown = self.failure.as_ref().map(|failure| {
            let next_second = Micros::from_seconds(1);
            (self.clock_at_us + next_second).min(failure.retry_at_us)
        });
        let waits = self.waits();
        let spinner = waits
            .map(|shows_at| shows_at.max(self.clock_at_us + SPINNER_STEP))
            .min();
        let prompt = self.prompt.as_ref().and_then(Prompt::wakes_at);
        let play = self.plays_at();
        [countdown, spinner, self.refresh_at_us, prompt, play]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether something has been loading for so long that it should be seen.
    pub fn is_busy(&self) -> bool {
        self.waits().any(|shows_at| shows_at <= self.clock_at_us)
    }

    /// Why what every screen needs could not be had the last time.
    pub fn refusal(&self) -> Option<&Trouble> {
        let timeline = &self.timeline;
        let troubles = [
            self.overview.trouble(),
            timeline.spikes.trouble(),
            timeline.chart.trouble(),
            timeline.suspects.trouble(),
        ];
        troubles.into_iter().flatten().next()
    }

    /// Which picture of the spinner is due.
    pub fn spinner_step(&self) -> usize {
        let steps = self
            .clock_at_us
            .0
            .div_euclid(SPINNER_STEP.0)
            .rem_euclid(1 << 16);
        usize::try_from(steps).unwrap_or(0)
    }

    fn waits(&self) -> impl Iterator<Item = Instant> {
        let front = match self.above.last() {
            Some(Above::Requests(screen)) => screen.page.shows_wait_at(),
            Some(Above::Request(screen)) => screen.dossier.shows_wait_at(),
            Some(Above::Functions(screen)) => screen.graph.shows_wait_at(),
            Some(Above::Statements(screen)) => screen.page.shows_wait_at(),
            Some(Above::Statement(screen)) => screen.detail.shows_wait_at(),
            Some(Above::Board(screen)) => screen.page.shows_wait_at(),
            None => None,
        };
        let timeline = &self.timeline;
        [
            self.overview.shows_wait_at(),
            self.projects.shows_wait_at(),
            timeline.chart.shows_wait_at(),
            timeline.spikes.shows_wait_at(),
            timeline.suspects.shows_wait_at(),
            front,
        ]
        .into_iter()
        .flatten()
    }
}

/// A spinner turns slowly enough to cost nothing over a slow line.
const SPINNER_STEP: Micros = Micros::from_millis(250);

// === impl TimelineScreen ===

impl TimelineScreen {
    fn new() -> Self {
        Self {
            chart: Slot::new(Topic::Timeline),
            spikes: Slot::new(Topic::Spikes),
            suspects: Slot::new(Topic::Suspects),
            against: BaselineKind::default(),
            selected: None,
            chosen: None,
            is_heatmap: false,
            brush: None,
            // The newest spike is chosen already: the next question is who did it.
            focus: Focus::Suspects,
            spike_cursor: Cursor::default(),
            suspect_cursor: Cursor::default(),
            is_opening: false,
        }
    }

    /// The spikes that are known, the newest first.
    pub fn spikes(&self) -> &[Spike] {
        self.spikes
            .latest()
            .map_or(&[], |loaded| &loaded.value.spikes)
    }

    pub fn selected_spike(&self) -> Option<&Spike> {
        let selected = self.selected?;
        self.spikes().iter().find(|spike| spike.id == selected)
    }
}

// === impl RequestsScreen ===

impl RequestsScreen {
    fn new(range: Range, route: Option<String>) -> Self {
        Self {
            page: Slot::new(Topic::Requests),
            range,
            route,
            fingerprint: None,
            filter: String::new(),
            sort: Sort::default(),
            cursor: Cursor::default(),
            wanted: None,
            earlier: Vec::new(),
        }
    }

    /// The rows to show: those of the newest answer, be it still to an older question.
    pub fn rows(&self) -> &[wire::query::RequestRow] {
        self.page
            .latest()
            .map_or(&[], |loaded| &loaded.value.requests)
    }
}

#[cfg(test)]
pub(crate) mod tests;
