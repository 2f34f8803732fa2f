//! Which key does what: one table, from which the keys work, the footer hints, and the help, the palette and
//! the command line are made.
//!
//! A screen's own bindings come before those that hold everywhere. Every letter only looks: nothing
//! in this console changes anything but itself.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::action::{Action, Moment, Navigate};
use crate::board::{Board, Severity};
use crate::state::request::Tab;

/// A key as the table names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Ctrl(char),
    Enter,
    Esc,
    Backspace,
    Tab,
    BackTab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F1,
    F2,
}

/// Where a binding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Timeline,
    /// The timeline while a stretch of it is selected.
    Brush,
    Requests,
    Request,
    /// A request's profile as a picture.
    Picture,
    Functions,
    Statements,
    Statement,
    Locks,
    Episodes,
    Hosts,
    Logs,
    Health,
    /// While it lies over another screen.
    Help,
    Everywhere,
}

#[derive(Debug)]
pub struct Binding {
    pub scope: Scope,
    pub keys: &'static [Key],
    pub action: Action,
    /// For the help: what it does.
    pub does: &'static str,
    /// For the footer: the same in a word or two, if it is a likely next step.
    pub hint: Option<&'static str>,
}

const fn bind(
    scope: Scope,
    keys: &'static [Key],
    action: Action,
    does: &'static str,
    hint: Option<&'static str>,
) -> Binding {
    Binding {
        scope,
        keys,
        action,
        does,
        hint,
    }
}

/// Every key of the console, in the order in which the help lists them.
#[rustfmt::skip] // A table reads by its columns.
pub const BINDINGS: &[Binding] = &[
    bind(Scope::Timeline, &[Key::Enter], Action::Open, "from a spike to its suspects, from a suspect to its proof", None),
    bind(Scope::Timeline, &[Key::Char('n')], Action::SpikeOlder, "next spike in the list (older)", Some("spike")),
    bind(Scope::Timeline, &[Key::Char('p'), Key::Char('N')], Action::SpikeNewer, "previous spike in the list (newer)", Some("spike")),
    bind(Scope::Timeline, &[Key::Tab], Action::FocusNext, "move between spikes and suspects", Some("pane")),
    bind(Scope::Timeline, &[Key::BackTab], Action::FocusPrevious, "move between spikes and suspects", None),
    bind(Scope::Timeline, &[Key::Char('z')], Action::ZoomIn, "zoom in on the spike, or on the middle", Some("zoom")),
    bind(Scope::Timeline, &[Key::Char('Z')], Action::ZoomOut, "zoom out", Some("zoom")),
    bind(Scope::Timeline, &[Key::Char('v')], Action::Brush, "select a range, to see who is to blame for it", Some("select")),
    bind(Scope::Timeline, &[Key::Char('h'), Key::Left], Action::PanEarlier, "move the range earlier", Some("move")),
    bind(Scope::Timeline, &[Key::Char('l'), Key::Right], Action::PanLater, "move the range later", Some("move")),
    bind(Scope::Timeline, &[Key::Char('0')], Action::FitSpike, "fit the range around the spike", None),
    bind(Scope::Timeline, &[Key::Char('b')], Action::BaselineNext, "compare with before, yesterday or last week", Some("baseline")),
    bind(Scope::Timeline, &[Key::Char('d')], Action::Heatmap, "how long requests took, or the charts", Some("durations")),
    bind(Scope::Timeline, &[Key::Char('/')], Action::EditFilter, "filter the requests of this range", None),
    bind(Scope::Timeline, &[Key::Char('r')], Action::RangeNext, "last 15m, 1h, 6h, 24h, 7d", Some("range")),

    bind(Scope::Brush, &[Key::Enter], Action::Open, "who is to blame for what this range added", None),
    bind(Scope::Brush, &[Key::Char('h'), Key::Left], Action::EdgeEarlier, "move the edge earlier", Some("edge")),
    bind(Scope::Brush, &[Key::Char('l'), Key::Right], Action::EdgeLater, "move the edge later", Some("edge")),
    bind(Scope::Brush, &[Key::Char('H'), Key::Char('[')], Action::EdgeFarEarlier, "move the edge a tenth of the chart earlier", Some("far")),
    bind(Scope::Brush, &[Key::Char('L'), Key::Char(']')], Action::EdgeFarLater, "move the edge a tenth of the chart later", Some("far")),
    bind(Scope::Brush, &[Key::Char('o')], Action::EdgeOther, "move the other edge", Some("other edge")),
    bind(Scope::Brush, &[Key::Char('z')], Action::ZoomIn, "zoom in on it", Some("zoom")),
    bind(Scope::Brush, &[Key::Char('v')], Action::Brush, "select nothing", None),

    bind(Scope::Requests, &[Key::Enter, Key::Char('l'), Key::Right], Action::Open, "open the request", Some("open")),
    bind(Scope::Requests, &[Key::Char('o')], Action::SortNext, "sort by the next column", Some("sort")),
    bind(Scope::Requests, &[Key::Char('O')], Action::SortPrevious, "sort by the previous column", Some("sort")),
    bind(Scope::Requests, &[Key::Char('/')], Action::EditFilter, "filter: duration>2s status:5xx -client:10.0.0.7 …", Some("filter")),
    bind(Scope::Requests, &[Key::Char('x')], Action::ClearFilter, "take the filter away, then the route", Some("show all")),
    bind(Scope::Requests, &[Key::Char('w')], Action::EditColumns, "choose the columns", Some("columns")),
    bind(Scope::Requests, &[Key::Char('h'), Key::Left], Action::Back, "go back", None),
    bind(Scope::Requests, &[Key::Char('r')], Action::RangeNext, "last 15m, 1h, 6h, 24h, 7d", Some("range")),

    bind(Scope::Request, &[Key::Enter], Action::Open, "open what the line points to", None),
    bind(Scope::Request, &[Key::Char('w')], Action::Show(Tab::Overview), "waterfall: what it did when", Some("waterfall")),
    bind(Scope::Request, &[Key::Char('f')], Action::Show(Tab::Profile), "functions: where the time went", Some("functions")),
    bind(Scope::Request, &[Key::Char('s')], Action::Show(Tab::Sql), "SQL statements in order", Some("sql")),
    bind(Scope::Request, &[Key::Char('l')], Action::Show(Tab::Locks), "locks: whom it waited for, who waited for it", Some("locks")),
    bind(Scope::Request, &[Key::Char('c')], Action::Show(Tab::Comparison), "each figure against others of its route", Some("compare")),
    bind(Scope::Request, &[Key::Char('i')], Action::Show(Tab::Metadata), "memory and metadata", Some("metadata")),
    bind(Scope::Request, &[Key::Char('x')], Action::PictureNext, "its functions as an icicle, in the order of time, as a table", Some("icicle")),
    bind(Scope::Request, &[Key::Char('v')], Action::Fold, "fold functions of libraries and of PHP into their callers", None),
    bind(Scope::Request, &[Key::Tab, Key::Right], Action::FocusNext, "next tab", None),
    bind(Scope::Request, &[Key::BackTab, Key::Left], Action::FocusPrevious, "previous tab", None),
    bind(Scope::Request, &[Key::Char('o'), Key::Char('O')], Action::SortNext, "functions by self time, inclusive time or calls", Some("order")),

    bind(Scope::Picture, &[Key::Enter], Action::Open, "zoom in on the box; esc zooms out", Some("zoom in")),
    bind(Scope::Picture, &[Key::Char('h'), Key::Left], Action::GoLeft, "to the box at the left", Some("beside")),
    bind(Scope::Picture, &[Key::Char('l'), Key::Right], Action::GoRight, "to the box at the right", Some("beside")),
    bind(Scope::Picture, &[Key::Char('/')], Action::EditFilter, "search: boxes with this in their name are marked", Some("search")),
    bind(Scope::Picture, &[Key::Char('x')], Action::PictureNext, "in the order of time, or the table", Some("other picture")),
    bind(Scope::Picture, &[Key::Char('v')], Action::Fold, "fold functions of libraries and of PHP into their callers", Some("fold")),
    bind(Scope::Picture, &[Key::Char('f')], Action::Show(Tab::Profile), "the table", Some("table")),
    bind(Scope::Picture, &[Key::Char('w')], Action::Show(Tab::Overview), "waterfall", None),
    bind(Scope::Picture, &[Key::Char('s')], Action::Show(Tab::Sql), "SQL statements", None),
    bind(Scope::Picture, &[Key::Char('c')], Action::Show(Tab::Comparison), "each figure against others of its route", None),
    bind(Scope::Picture, &[Key::Char('i')], Action::Show(Tab::Metadata), "memory and metadata", None),
    bind(Scope::Picture, &[Key::Tab], Action::FocusNext, "next tab", None),
    bind(Scope::Picture, &[Key::BackTab], Action::FocusPrevious, "previous tab", None),

    bind(Scope::Functions, &[Key::Enter], Action::Open, "to its callers and callees; from there to that function; zoom in on a box", None),
    bind(Scope::Functions, &[Key::Char('d')], Action::Compare, "each function against the baseline, per request", Some("baseline")),
    bind(Scope::Functions, &[Key::Char('i')], Action::Icicle, "the call tree as an icicle, or the table", Some("icicle")),
    bind(Scope::Functions, &[Key::Char('o')], Action::SortNext, "sort by the next column", Some("sort")),
    bind(Scope::Functions, &[Key::Char('O')], Action::SortPrevious, "sort by the previous column", Some("sort")),
    bind(Scope::Functions, &[Key::Tab, Key::BackTab], Action::FocusNext, "move between functions and callers", Some("pane")),
    bind(Scope::Functions, &[Key::Char('h'), Key::Left], Action::GoLeft, "to the functions; in the icicle: to the left", None),
    bind(Scope::Functions, &[Key::Char('l'), Key::Right], Action::GoRight, "to the callers; in the icicle: to the right", None),
    bind(Scope::Functions, &[Key::Char('v')], Action::Fold, "fold functions of libraries and of PHP into their callers", Some("fold")),
    bind(Scope::Functions, &[Key::Char('/')], Action::EditFilter, "search: the function, or boxes with this in their name", Some("search")),
    bind(Scope::Functions, &[Key::Char('x')], Action::ClearFilter, "of all routes again", Some("all routes")),
    bind(Scope::Functions, &[Key::Char('r')], Action::RangeNext, "last 15m, 1h, 6h, 24h, 7d", Some("range")),

    bind(Scope::Statements, &[Key::Enter, Key::Char('l'), Key::Right], Action::Open, "all of the statement: callers, waits, plans", Some("look into")),
    bind(Scope::Statements, &[Key::Char('o')], Action::SortNext, "sort by the next column", Some("sort")),
    bind(Scope::Statements, &[Key::Char('O')], Action::SortPrevious, "sort by the previous column", Some("sort")),
    bind(Scope::Statements, &[Key::Char('x')], Action::ClearFilter, "of all routes again", Some("all routes")),
    bind(Scope::Statements, &[Key::Char('h'), Key::Left], Action::Back, "go back", None),
    bind(Scope::Statements, &[Key::Char('r')], Action::RangeNext, "last 15m, 1h, 6h, 24h, 7d", Some("range")),

    bind(Scope::Statement, &[Key::Enter, Key::Char('l'), Key::Right], Action::Open, "the requests that issued it", Some("its requests")),
    bind(Scope::Statement, &[Key::Char('h'), Key::Left], Action::Back, "go back", None),

    bind(Scope::Locks, &[Key::Enter], Action::Open, "the request of the session", Some("open")),
    bind(Scope::Locks, &[Key::Char('h'), Key::Left], Action::GoMoment(Moment::Earlier), "the moment before", Some("moment")),
    bind(Scope::Locks, &[Key::Char('l'), Key::Right], Action::GoMoment(Moment::Later), "the next moment", Some("moment")),
    bind(Scope::Locks, &[Key::Char('H')], Action::GoMoment(Moment::FarEarlier), "a tenth of the moments earlier", None),
    bind(Scope::Locks, &[Key::Char('L')], Action::GoMoment(Moment::FarLater), "a tenth of the moments later", None),
    bind(Scope::Locks, &[Key::Char('w')], Action::GoMoment(Moment::Worst), "the moment at which most waited", Some("worst")),
    bind(Scope::Locks, &[Key::Char(' ')], Action::GoMoment(Moment::Play), "go through the moments, or stop", Some("play")),
    bind(Scope::Locks, &[Key::Tab], Action::GoBoard(Board::Episodes), "the range's episodes: who held, and who waited in all", Some("episodes")),
    bind(Scope::Locks, &[Key::Char('r')], Action::RangeNext, "last 15m, 1h, 6h, 24h, 7d", Some("range")),

    bind(Scope::Episodes, &[Key::Enter, Key::Char('l'), Key::Right], Action::Open, "the request that held the lock, or that waited longest", Some("open")),
    bind(Scope::Episodes, &[Key::Char('h'), Key::Left], Action::Back, "go back", None),
    bind(Scope::Episodes, &[Key::Char('r')], Action::RangeNext, "last 15m, 1h, 6h, 24h, 7d", Some("range")),
    bind(Scope::Episodes, &[Key::Char('w')], Action::GoMoment(Moment::Worst), "its worst moment: who waited for whom", Some("worst")),
    bind(Scope::Episodes, &[Key::Tab], Action::GoBoard(Board::Locks), "who waited for whom, moment by moment", Some("moments")),

    bind(Scope::Hosts, &[Key::Char('s')], Action::SeverityNext, "all, from warnings on, or errors alone", Some("severity")),
    bind(Scope::Hosts, &[Key::Char('h'), Key::Left], Action::Back, "go back", None),

    bind(Scope::Logs, &[Key::Enter, Key::Char('l'), Key::Right], Action::Open, "the request that the entry is about", Some("open")),
    bind(Scope::Logs, &[Key::Char('n')], Action::SeekDown(Severity::Error), "next error (older)", Some("error")),
    bind(Scope::Logs, &[Key::Char('N')], Action::SeekUp(Severity::Error), "previous error (newer)", Some("error")),
    bind(Scope::Logs, &[Key::Char('w')], Action::SeekDown(Severity::Warning), "next warning (older)", Some("warning")),
    bind(Scope::Logs, &[Key::Char('W')], Action::SeekUp(Severity::Warning), "previous warning (newer)", Some("warning")),
    bind(Scope::Logs, &[Key::Char('s')], Action::SeverityNext, "all, from warnings on, or errors alone", Some("severity")),
    bind(Scope::Logs, &[Key::Char('h'), Key::Left], Action::Back, "go back", None),
    bind(Scope::Logs, &[Key::Char('r')], Action::RangeNext, "last 15m, 1h, 6h, 24h, 7d", Some("range")),

    bind(Scope::Health, &[Key::Char('s')], Action::SeverityNext, "all, from warnings on, or errors alone", Some("severity")),
    bind(Scope::Health, &[Key::Char('h'), Key::Left], Action::Back, "go back", None),

    bind(Scope::Help, &[Key::Char('/')], Action::EditFilter, "search this help", Some("search")),

    bind(Scope::Everywhere, &[Key::Char('j'), Key::Down], Action::Down, "down", None),
    bind(Scope::Everywhere, &[Key::Char('k'), Key::Up], Action::Up, "up", None),
    bind(Scope::Everywhere, &[Key::Ctrl('d')], Action::HalfPageDown, "half a page down", None),
    bind(Scope::Everywhere, &[Key::Ctrl('u')], Action::HalfPageUp, "half a page up", None),
    bind(Scope::Everywhere, &[Key::Ctrl('f'), Key::PageDown], Action::PageDown, "a page down", None),
    bind(Scope::Everywhere, &[Key::Ctrl('b'), Key::PageUp], Action::PageUp, "a page up", None),
    bind(Scope::Everywhere, &[Key::Char('g'), Key::Home], Action::Top, "to the top", None),
    bind(Scope::Everywhere, &[Key::Char('G'), Key::End], Action::Bottom, "to the bottom", None),
    bind(Scope::Everywhere, &[Key::Esc, Key::Backspace], Action::Back, "go back", None),
    bind(Scope::Everywhere, &[Key::Char('1')], Action::GoTimeline, "timeline", None),
    bind(Scope::Everywhere, &[Key::Char('2')], Action::GoRequests, "requests", None),
    bind(Scope::Everywhere, &[Key::Char('3')], Action::GoFunctions, "functions: of the spike, the route or the range in sight", None),
    bind(Scope::Everywhere, &[Key::Char('4')], Action::GoStatements, "SQL statements of the same", None),
    bind(Scope::Everywhere, &[Key::Char('5')], Action::GoBoard(Board::Locks), "locks: who waited for whom, moment by moment", None),
    bind(Scope::Everywhere, &[Key::Char('6')], Action::GoBoard(Board::Hosts), "hosts and PHP-FPM's pools, now", None),
    bind(Scope::Everywhere, &[Key::Char('7')], Action::GoBoard(Board::Logs), "logs of the range", None),
    bind(Scope::Everywhere, &[Key::Char('8')], Action::GoBoard(Board::Health), "health of store, agents and forwarding", None),
    bind(Scope::Everywhere, &[Key::Char('t')], Action::EditTime, "look at a time: 10m, 14:03, 14:03±2m, a date", None),
    bind(Scope::Everywhere, &[Key::Char('T')], Action::ZoneNext, "show times in the next zone", None),
    bind(Scope::Everywhere, &[Key::Char('u')], Action::Undo, "take the last change of range or filter back", None),
    bind(Scope::Everywhere, &[Key::Char(' ')], Action::LiveToggle, "go live (follow the clock), or pause", None),
    bind(Scope::Everywhere, &[Key::Char('R'), Key::Ctrl('r')], Action::Refresh, "ask the store again", None),
    bind(Scope::Everywhere, &[Key::Char('e')], Action::Export, "write this screen into a file: md, json, csv …", None),
    bind(Scope::Everywhere, &[Key::Char('P')], Action::Navigate(Navigate::Projects), "choose whose data is shown: one project, or all", None),
    bind(Scope::Everywhere, &[Key::Char('['), Key::Ctrl('o')], Action::Navigate(Navigate::Back), "to the screen that was looked at before", None),
    bind(Scope::Everywhere, &[Key::Char(']')], Action::Navigate(Navigate::Forward), "and forward again", None),
    bind(Scope::Everywhere, &[Key::Char('m')], Action::Navigate(Navigate::Keep), "keep this screen under a letter: mx", None),
    bind(Scope::Everywhere, &[Key::Char('\'')], Action::Navigate(Navigate::Bookmarks), "to what is kept under a letter: 'x, or from a list", None),
    bind(Scope::Everywhere, &[Key::Char('y')], Action::Navigate(Navigate::CopyLink), "copy a command line that opens this very screen", None),
    bind(Scope::Everywhere, &[Key::Char(':')], Action::CommandLine, "type a command; tab completes it", None),
    bind(Scope::Everywhere, &[Key::Ctrl('p')], Action::Palette, "search all that can be done here", None),
    bind(Scope::Everywhere, &[Key::Char('?'), Key::F1], Action::Help, "this help", None),
    bind(Scope::Everywhere, &[Key::F2], Action::MouseToggle, "use the mouse here, or leave it to the terminal", None),
    bind(Scope::Everywhere, &[Key::Char('q')], Action::Leave, "go back; from the timeline: quit", None),
    bind(Scope::Everywhere, &[Key::Ctrl('z')], Action::Suspend, "suspend", None),
    bind(Scope::Everywhere, &[Key::Ctrl('c')], Action::Quit, "quit", None),
];

mod names;

pub use names::{name, nickname};

/// What a key means on a screen.
pub fn action(scope: Scope, key: Key) -> Option<Action> {
    let find = |scope| {
        let mut bindings = BINDINGS
            .iter()
            .filter(move |binding| binding.scope == scope);
        bindings.find(|binding| binding.keys.contains(&key))
    };
    find(scope)
        .or_else(|| find(Scope::Everywhere))
        .map(|binding| binding.action)
}

// === impl Scope ===

impl Scope {
    /// Every screen, in the order of their keys.
    pub const SCREENS: [Self; 13] = [
        Self::Timeline,
        Self::Brush,
        Self::Requests,
        Self::Request,
        Self::Picture,
        Self::Functions,
        Self::Statements,
        Self::Statement,
        Self::Locks,
        Self::Episodes,
        Self::Hosts,
        Self::Logs,
        Self::Health,
    ];

    /// Where that is, in words.
    pub fn place(self) -> &'static str {
        match self {
            Self::Timeline => "on the timeline",
            Self::Brush => "while a range is selected",
            Self::Requests => "in the list of requests",
            Self::Request => "in a request",
            Self::Picture => "in a picture of a request's profile",
            Self::Functions => "in the functions",
            Self::Locks => "in the locks",
            Self::Episodes => "in the lock episodes",
            Self::Hosts => "on the hosts",
            Self::Logs => "in the logs",
            Self::Health => "in the health",
            Self::Statements => "in the SQL statements",
            Self::Statement => "in a statement",
            Self::Help => "in this help",
            Self::Everywhere => "everywhere",
        }
    }
}

// === impl Binding ===

impl Binding {
    /// Its keys, one beside the other.
    pub fn label(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| key.label()).collect();
        keys.join(" ")
    }
}

// === impl Key ===

impl Key {
    /// A key that the table can name, or nothing.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        let is_control = event.modifiers.contains(KeyModifiers::CONTROL);
        Some(match event.code {
            // What was typed before the console took the terminal has a line feed for Enter.
            KeyCode::Char('j') if is_control => Self::Enter,
            KeyCode::Char(character) if is_control => Self::Ctrl(character.to_ascii_lowercase()),
            KeyCode::Char(character) => Self::Char(character),
            KeyCode::Enter => Self::Enter,
            KeyCode::Esc => Self::Esc,
            KeyCode::Backspace => Self::Backspace,
            KeyCode::Tab => Self::Tab,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::Left => Self::Left,
            KeyCode::Right => Self::Right,
            KeyCode::Home => Self::Home,
            KeyCode::End => Self::End,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::F(1) => Self::F1,
            KeyCode::F(2) => Self::F2,
            _ => return None,
        })
    }

    /// The key as the help writes it.
    pub fn label(self) -> String {
        let name = match self {
            Self::Char(' ') => "space",
            Self::Char(character) => return character.to_string(),
            Self::Ctrl(character) => return format!("^{character}"),
            Self::Enter => "enter",
            Self::Esc => "esc",
            Self::Backspace => "backspace",
            Self::Tab => "tab",
            Self::BackTab => "shift-tab",
            Self::Up => "up",
            Self::Down => "down",
            Self::Left => "left",
            Self::Right => "right",
            Self::Home => "home",
            Self::End => "end",
            Self::PageUp => "pgup",
            Self::PageDown => "pgdn",
            Self::F1 => "F1",
            Self::F2 => "F2",
        };
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_on_one_screen() {
        for (index, binding) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[index + 1..] {
                let clash = binding.keys.iter().find(|key| other.keys.contains(key));
                assert!(
                    binding.scope != other.scope || clash.is_none(),
                    "{clash:?} is both {:?} and {:?}",
                    binding.does,
                    other.does
                );
            }
        }
    }

    #[test]
    fn a_screen_may_give_a_common_key_a_meaning_of_its_own() {
        assert_eq!(
            action(Scope::Timeline, Key::Char('l')),
            Some(Action::PanLater)
        );
        assert_eq!(
            action(Scope::Request, Key::Char('l')),
            Some(Action::Show(Tab::Locks))
        );
        assert_eq!(
            action(Scope::Timeline, Key::Char('2')),
            Some(Action::GoRequests)
        );
        assert_eq!(action(Scope::Timeline, Key::Char('?')), Some(Action::Help));
        assert_eq!(action(Scope::Timeline, Key::Char('_')), None);
    }
}
