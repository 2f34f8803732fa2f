//! The vocabulary: what can happen to the console, what the operator can want, and what the console
//! may ask of the world.
//!
//! [`Msg`] comes in, a key becomes an [`Action`] by the keymap, the state changes, and [`Effect`]s
//! go out. Nothing else crosses between the state and the rest.

use wire::time::Instant;

use crate::ask::{Answer, Trouble};
use crate::board::{Board, Severity};
use crate::bookmark::{Bookmarks, Change};
use crate::export::errand::Errand;
use crate::fetch::Job;
use crate::keymap::Key;
use crate::live::News;
use crate::state::request::Tab;
use crate::state::slot::Generation;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(Key),
    /// Text that was pasted, for a line that takes text.
    Paste(String),
    Mouse(Mouse),
    Resize(Size),
    /// The time, told before anything else that happens at it.
    Clock(Instant),
    Answered(Answered),
    /// The store has told that something is new.
    News(News),
    /// How an export went: what was written, or why nothing was.
    Exported(Result<String, String>),
    /// All that are kept after a change, or why it was not written.
    Bookmarked(Result<Bookmarks, String>),
    /// A signal, or the terminal is gone.
    Stop,
}

/// An answer to the question of this generation.
#[derive(Clone, Debug)]
pub struct Answered {
    pub generation: Generation,
    pub outcome: Result<Answer, Trouble>,
}

/// The terminal's size in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub columns: u16,
    pub rows: u16,
}

/// What the mouse did, and in which cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    pub what: Pointing,
    pub column: u16,
    pub row: u16,
}

/// The left button, or the wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointing {
    Press,
    /// Moved while it is pressed.
    Drag,
    Release,
    WheelUp,
    WheelDown,
}

/// What the operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Down,
    Up,
    HalfPageDown,
    HalfPageUp,
    PageDown,
    PageUp,
    Top,
    Bottom,
    Open,
    Back,
    /// Back, and out of the console from its first screen.
    Leave,
    FocusNext,
    FocusPrevious,
    SpikeOlder,
    SpikeNewer,
    ZoomIn,
    ZoomOut,
    /// A stretch of the chart is selected: by its edge that moves, and its other one.
    Brush,
    EdgeEarlier,
    EdgeLater,
    EdgeFarEarlier,
    EdgeFarLater,
    EdgeOther,
    /// Takes the last change of range or filter back.
    Undo,
    PanEarlier,
    PanLater,
    FitSpike,
    /// Compare with the time before, the same time yesterday, or last week.
    BaselineNext,
    /// How long requests took, instead of the charts.
    Heatmap,
    RangeNext,
    /// A line for a time to look at.
    EditTime,
    /// Shows times in the next zone.
    ZoneNext,
    LiveToggle,
    Refresh,
    GoTimeline,
    GoRequests,
    GoFunctions,
    GoStatements,
    GoBoard(Board),
    /// Of locks: to another moment.
    GoMoment(Moment),
    SeverityNext,
    /// To the next line that is so bad.
    SeekDown(Severity),
    SeekUp(Severity),
    /// To the left and right: a pane, or a box of the icicle.
    GoLeft,
    GoRight,
    /// With the baseline beside, or without.
    Compare,
    Icicle,
    /// Libraries' functions, or those of the application alone.
    Fold,
    /// The next way to draw a request's profile.
    PictureNext,
    SortNext,
    SortPrevious,
    EditFilter,
    /// A line for the columns of the list of requests.
    EditColumns,
    ClearFilter,
    Show(Tab),
    Help,
    /// A line for what to write the screen as, and where.
    Export,
    /// A line to type a command into.
    CommandLine,
    /// All that can be done here, to be searched.
    Palette,
    Navigate(Navigate),
    /// Takes the mouse, or gives it back to the terminal.
    MouseToggle,
    Suspend,
    Quit,
}

/// From spot to spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Navigate {
    /// The command line that opens this very screen, to the clipboard.
    CopyLink,
    /// To the screen that was looked at before, and forward again.
    Back,
    Forward,
    /// Waits for a letter to keep the screen under, or to go to.
    Keep,
    Bookmarks,
    /// Lists the projects.
    Projects,
}

/// Which moment of the locks to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Earlier,
    Later,
    /// A tenth of all moments away.
    FarEarlier,
    FarLater,
    Worst,
    /// One after the other, by itself.
    Play,
}

/// What the state asks of the world.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Something visible changed.
    Draw,
    Ask(Job),
    /// Writes a file.
    Export(Errand),
    /// Keeps a bookmark, or forgets it.
    Bookmark(Change),
    /// Takes the mouse, or gives it back.
    Mouse(bool),
    /// To the clipboard of the operator's terminal.
    Copy(String),
    Suspend,
    Quit,
}
