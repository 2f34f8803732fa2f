//! Where things stand on the screen: pure arithmetic, shared by drawing and by scrolling.

use ratatui::layout::Rect;

use crate::board::Board;
use crate::state::request::Tab;
use crate::state::{Above, State};

/// Below this there is no room for a table with three columns, and a message says so.
pub(crate) const COLUMNS_MIN: u16 = 60;
pub(crate) const ROWS_MIN: u16 = 15;

/// From here on, two lists stand side by side.
const COLUMNS_FOR_TWO: u16 = 78;
/// From here on, the spikes' list has room for all of its columns.
const COLUMNS_FOR_HOSTS: u16 = 112;
const SPIKES_COLUMNS_MAX: u16 = 54;
/// From here on, a function's callers stand beside the table rather than below.
const COLUMNS_FOR_SIDE: u16 = 100;

/// Of locks: how many waited when, and below it the moment that is shown.
pub(crate) const STRIP_ROWS: u16 = 2;

/// Room for the scale at the left of each chart.
pub(crate) const GUTTER: u16 = 12;

/// The screen's three parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) header: Rect,
    pub(crate) banner: Rect,
    pub(crate) body: Rect,
    pub(crate) footer: Rect,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TimelineAreas {
    pub(crate) load: Rect,
    pub(crate) sessions: Rect,
    pub(crate) requests: Rect,
    pub(crate) axis: Rect,
    pub(crate) spikes: Option<Rect>,
    pub(crate) suspects: Option<Rect>,
    /// Below both lists, across the screen: a sentence needs width.
    pub(crate) evidence: Rect,
}

/// How many lines of its list each part can show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heights {
    pub(crate) spikes: usize,
    pub(crate) front: usize,
}

/// A request's list and what stands beside or below it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestAreas {
    pub(crate) figures: Rect,
    pub(crate) tabs: Rect,
    pub(crate) list: Rect,
    pub(crate) detail: Rect,
    pub(crate) side: Rect,
}

pub(crate) fn frame(state: &State) -> Frame {
    let screen = Rect::new(0, 0, state.size.columns, state.size.rows);
    let (header, rest) = top(screen, 1);
    let (banner, rest) = top(rest, u16::from(super::chrome::has_banner(state)));
    let footer_height = match &state.prompt {
        Some(_) => super::prompt::LINES,
        None => 1,
    };
    let (body, footer) = top(rest, rest.height.saturating_sub(footer_height));
    Frame {
        header,
        banner,
        body,
        footer,
    }
}

/// Charts above, lists below. The lists get a third; among the charts, load and sessions share what
/// the requests leave.
pub(crate) fn timeline(body: Rect, is_on_suspects: bool) -> TimelineAreas {
    let lists_height = (body.height * 2).div_ceil(5).clamp(6, 16).min(body.height);
    let (charts, lists) = top(body, body.height - lists_height);
    let evidence_height = match lists.height {
        0..=7 => 1,
        8..=13 => 2,
        _ => 3,
    };
    let (lists, evidence) = top(lists, lists.height.saturating_sub(evidence_height));
    let (charts, axis) = top(charts, charts.height.saturating_sub(1));
    let requests_height = match charts.height {
        0..=7 => 0,
        8..=13 => 3,
        14..=20 => 4,
        _ => 5,
    };
    let (rest, requests) = top(charts, charts.height - requests_height);
    let (load, sessions) = top(rest, rest.height.div_ceil(2));
    let (spikes, suspects) = if body.width >= COLUMNS_FOR_TWO {
        let columns = if lists.width >= COLUMNS_FOR_HOSTS {
            SPIKES_COLUMNS_MAX
        } else {
            lists.width * 2 / 5
        };
        let (spikes, suspects) = left(lists, columns);
        let (_, suspects) = left(suspects, 1);
        (Some(spikes), Some(suspects))
    } else if is_on_suspects {
        (None, Some(lists))
    } else {
        (Some(lists), None)
    };
    TimelineAreas {
        load,
        sessions,
        requests,
        axis,
        spikes,
        suspects,
        evidence,
    }
}

/// All charts together.
pub(crate) fn charts(areas: &TimelineAreas) -> Rect {
    Rect {
        height: areas.load.height + areas.sessions.height + areas.requests.height,
        ..areas.load
    }
}

pub(crate) fn request(body: Rect, tab: Tab) -> RequestAreas {
    let (figures, rest) = top(body, if body.height >= 12 { 2 } else { 1 });
    let (tabs, rest) = top(rest, 1);
    let nothing = Rect { height: 0, ..rest };
    let (list, detail, side) = match tab {
        Tab::Overview => {
            // The waterfall goes first; the two summaries below it need room of their own.
            let summary = if rest.height >= 16 {
                rest.height / 3
            } else {
                0
            };
            let (upper, side) = top(rest, rest.height - summary);
            let (list, detail) = with_detail(upper);
            (list, detail, side)
        }
        Tab::Profile if rest.width >= COLUMNS_FOR_SIDE => {
            let (list, side) = left(rest, rest.width * 3 / 5);
            let (_, side) = left(side, 1);
            (list, nothing, side)
        }
        Tab::Profile => {
            let (list, side) = top(rest, rest.height.div_ceil(2));
            (list, nothing, side)
        }
        Tab::Sql | Tab::Locks | Tab::Comparison => {
            let (list, detail) = with_detail(rest);
            (list, detail, nothing)
        }
        Tab::Metadata => (rest, nothing, nothing),
    };
    RequestAreas {
        figures,
        tabs,
        list,
        detail,
        side,
    }
}

/// The table of functions, what is around the chosen one, and a line that says what the figures are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionAreas {
    pub(crate) list: Rect,
    pub(crate) around: Rect,
    pub(crate) note: Rect,
}

pub(crate) fn functions(body: Rect) -> FunctionAreas {
    let (rest, note) = top(body, body.height.saturating_sub(1));
    let (list, around) = if rest.width >= COLUMNS_FOR_SIDE {
        let (list, around) = left(rest, rest.width * 3 / 5);
        (list, left(around, 1).1)
    } else {
        top(rest, rest.height.div_ceil(2))
    };
    FunctionAreas { list, around, note }
}

/// A request's profile as a picture has all of its tab.
pub(crate) fn request_picture(body: Rect) -> Rect {
    let tabs = request(body, Tab::Metadata);
    tabs.list
}

/// Where the picture in front is drawn, and the lines below it.
pub(crate) fn drawing(state: &State) -> (Rect, Rect) {
    let body = frame(state).body;
    match state.above.last() {
        Some(Above::Request(_)) => icicle(request_picture(body)),
        _ => icicle(body),
    }
}

/// The icicle, and the lines that say what is chosen and what the picture is.
pub(crate) fn icicle(body: Rect) -> (Rect, Rect) {
    let picture = top(body, 1).1;
    top(picture, picture.height.saturating_sub(2))
}

/// The statements, and all of the chosen one below.
pub(crate) fn statements(body: Rect) -> (Rect, Rect) {
    let detail = match body.height {
        0..=13 => 4,
        14..=22 => 7,
        _ => 12,
    };
    top(body, body.height.saturating_sub(detail))
}

/// Columns of the charts' time axis.
pub(crate) fn plot_columns(state: &State) -> u16 {
    state.size.columns.saturating_sub(GUTTER)
}

pub(crate) fn list_heights(state: &State) -> Heights {
    let body = frame(state).body;
    let lines = |area: Rect, above: u16| usize::from(area.height.saturating_sub(above));
    let front = match state.above.last() {
        None => lines(body, 0),
        // Its title and its column heads.
        Some(Above::Requests(_)) => lines(body, 2),
        Some(Above::Request(screen)) => {
            let list = request(body, screen.tab).list;
            match screen.tab {
                // Column heads, or the time axis.
                Tab::Overview | Tab::Profile | Tab::Sql => lines(list, 1),
                // A heading for each of its two blocks; its title and its column heads.
                Tab::Locks | Tab::Comparison => lines(list, 2),
                Tab::Metadata => lines(list, 0),
            }
        }
        // Its title and its column heads.
        Some(Above::Functions(_)) => lines(functions(body).list, 2),
        Some(Above::Statement(_)) => lines(body, 1),
        // The strip of moments, too.
        Some(Above::Board(screen)) if screen.board == Board::Locks => {
            lines(statements(body).0, 2 + STRIP_ROWS)
        }
        Some(Above::Statements(_) | Above::Board(_)) => lines(statements(body).0, 2),
    };
    let is_on_suspects = state.timeline.focus == crate::state::Focus::Suspects;
    let spikes = timeline(body, is_on_suspects).spikes;
    Heights {
        // Its title and its column heads.
        spikes: spikes.map_or(1, |area| lines(area, 2)),
        front,
    }
}

/// A list with some lines below it that tell all of the selected one.
fn with_detail(area: Rect) -> (Rect, Rect) {
    let detail = match area.height {
        0..=7 => 0,
        8..=11 => 3,
        12..=19 => 4,
        _ => 6,
    };
    top(area, area.height - detail)
}

/// Splits off the uppermost lines.
fn top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let upper = Rect { height, ..area };
    let lower = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    (upper, lower)
}

/// Splits off the leftmost columns.
pub(crate) fn left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let one = Rect { width, ..area };
    let other = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (one, other)
}
