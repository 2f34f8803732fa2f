//! What every screen has: header, banner, footer.
//!
//! The header says where one is, what is looked at, and whether the figures move. The banner speaks
//! only when something is wrong: the store is away, or data of the range is missing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::row::Row;
use crate::action::Action;
use crate::format;
use crate::keymap::{BINDINGS, Key, Scope};
use crate::state::brush::Brush;
use crate::state::functions::Pane;
use crate::state::request::Tab;
use crate::state::{Above, Focus, State};
use crate::text::Shown;
use crate::theme::{Role, Theme};

/// What the breadcrumb keeps at least when the rest of the header is wide.
const CRUMBS_COLUMNS_MIN: usize = 32;

/// The pictures of the spinner, one after the other.
const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

pub(super) fn draw_header(state: &State, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let (dim, text) = (theme.style(Role::Dim), theme.style(Role::Text));
    let crumbs = breadcrumb(state);
    let (last, before) = crumbs
        .split_last()
        .map_or(("", &[][..]), |(last, rest)| (&**last, rest));
    let context = context(
        state,
        usize::from(area.width).saturating_sub(CRUMBS_COLUMNS_MIN),
    );
    let room = usize::from(area.width).saturating_sub(context.width() + 2);
    let is_production = state.is_production();
    // The word stands where the eye begins, so that colour is not the only sign.
    let name = if is_production {
        "PRODUCTION"
    } else {
        "bitville"
    };
    let whole = if is_production {
        theme.style(Role::Production)
    } else {
        Style::new()
    };
    let mut row = Row::new(area.width).put(name, theme.style(Role::Title));
    for crumb in before {
        // The last crumb is where one is: the way there gives way to it.
        if row.used() + crumb.chars().count() + last.chars().count() + 6 <= room {
            row = row.put(" ▸ ", dim).put(crumb, dim);
        }
    }
    let left = room.saturating_sub(row.used() + 3);
    row.put(" ▸ ", dim)
        .put(Shown::new(last).fit(left), theme.style(Role::Title))
        .end(context, text)
        .draw_styled(buffer, area, 0, whole);
}

/// What is looked at: the most telling form that fits. The zone always stays.
fn context(state: &State, columns: usize) -> Shown {
    let project = state
        .project
        .as_ref()
        .map_or("all projects", |project| project.as_str());
    let range = match state.above.last() {
        Some(Above::Requests(screen)) => screen.range,
        Some(Above::Functions(screen)) => screen.subject.range,
        Some(Above::Statements(screen)) => screen.subject.range,
        Some(Above::Statement(screen)) => screen.subject.range,
        Some(Above::Board(screen)) if screen.board.has_range() => screen.range,
        _ => state.window.range,
    };
    let (sign, word) = match (state.window.is_live, state.unseen()) {
        (true, _) => ("●", "live".to_owned()),
        (false, 0) => ("○", "paused".to_owned()),
        (false, unseen) => (
            "○",
            format!("paused, {} new", format::count_within(unseen, 7)),
        ),
    };
    let busy = if state.is_busy() {
        SPINNER[state.spinner_step() % SPINNER.len()]
    } else {
        " "
    };
    let full = format::range(range);
    // Times of another day must not look like today's.
    let date = format::date(range.from_at_us);
    let day = if date == format::date(state.store_now()) {
        String::new()
    } else {
        format!("{} ", &date[5..])
    };
    let zone = format::zone(range.to_at_us);
    let clock = format!(
        "{day}{}–{} {zone}",
        format::clock(range.from_at_us),
        format::clock(range.to_at_us)
    );
    let minutes = format!(
        "{day}{}–{} {zone}",
        format::clock_minutes(range.from_at_us),
        format::clock_minutes(range.to_at_us)
    );
    let forms = [
        format!("{project}   {full}   {sign} {word} {busy}"),
        format!("{project}  {clock}  {sign} {word} {busy}"),
        format!("{project}  {minutes}  {sign} {word} {busy}"),
        format!("{clock}  {sign} {word} {busy}"),
    ];
    let forms = forms.into_iter().map(Shown::from);
    let fitting = forms.into_iter().find(|form| form.width() <= columns);
    fitting.unwrap_or_else(|| Shown::from(format!("{minutes} {sign} {busy}")))
}

fn breadcrumb(state: &State) -> Vec<String> {
    let mut crumbs = vec!["timeline".to_owned()];
    let of = match (state.timeline.chosen, state.timeline.selected) {
        (Some(range), _) => Some(format!(
            "{}–{}",
            format::clock(range.from_at_us),
            format::clock(range.to_at_us)
        )),
        (None, spike) => spike.map(|spike| format!("spike {spike}")),
    };
    crumbs.extend(of.filter(|_| !state.above.is_empty()));
    for screen in &state.above {
        crumbs.push(match screen {
            Above::Requests(screen) => match &screen.route {
                Some(route) => format!("requests of {route}"),
                None => "requests".to_owned(),
            },
            Above::Request(screen) => match screen.dossier.current() {
                Some(dossier) => dossier.detail.row.label.clone(),
                None => format!("request {}", screen.correlation_id),
            },
            Above::Functions(screen) => of_route("functions", screen.subject.route.as_ref()),
            Above::Statement(screen) => format!("statement {}", screen.line.row.fingerprint),
            Above::Board(screen) => screen.board.title().to_owned(),
            Above::Statements(screen) => of_route("sql", screen.subject.route.as_ref()),
        });
    }
    crumbs
}

fn of_route(name: &str, route: Option<&String>) -> String {
    match route {
        Some(route) => format!("{name} of {route}"),
        None => name.to_owned(),
    }
}

pub(crate) fn has_banner(state: &State) -> bool {
    banner(state).is_some()
}

pub(super) fn draw_banner(state: &State, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let Some((words, figures)) = banner(state) else {
        return;
    };
    let style = theme.style(Role::Warn);
    let figures = Shown::from(figures);
    // What changes keeps its place; what was wrong is cut when both don't fit.
    let columns = usize::from(area.width).saturating_sub(figures.width() + 4);
    Row::new(area.width)
        .put("⚠ ", style)
        .put(fitting(&words, columns), style)
        .end(figures, style)
        .draw(buffer, area, 0);
}

/// Of a part that is cut, so much at least says what it is about.
const CUT_COLUMNS_MIN: usize = 10;

/// As much of what is wrong as fits, the last of it perhaps cut, and how much more there is.
fn fitting(words: &[String], columns: usize) -> Shown {
    let mut kept = words.len();
    loop {
        let more = match words.len() - kept {
            0 => String::new(),
            more => format!(" · {more} more: press 8"),
        };
        let room = columns.saturating_sub(more.chars().count());
        let whole = Shown::from(words[..kept.saturating_sub(1)].join(" · ")).width();
        if kept <= 1 || whole + " · ".chars().count() + CUT_COLUMNS_MIN <= room {
            let shown = Shown::from(words[..kept].join(" · ")).fit(room);
            return Shown::from(format!("{}{more}", shown.as_str()));
        }
        kept -= 1;
    }
}

/// What is wrong, and what becomes of it.
fn banner(state: &State) -> Option<(Vec<String>, String)> {
    if let Some(failure) = &state.failure {
        let wait = failure.retry_at_us - state.clock_at_us;
        let wait = wait.as_seconds().max(0.0).ceil();
        let age = match state.overview.latest() {
            Some(overview) => {
                let age = state.clock_at_us - overview.at_us;
                format!(" · shown: {} old", age_text(age))
            }
            None => String::new(),
        };
        return Some((
            vec![failure.trouble.to_string()],
            format!("retrying in {wait:.0} s{age}"),
        ));
    }
    if let Some(trouble) = state.refusal() {
        return Some((vec![trouble.to_string()], String::new()));
    }
    let missing = state.missing();
    (!missing.is_empty()).then(|| (missing, String::new()))
}

/// Whole seconds: a banner that counts milliseconds would be drawn for nothing.
fn age_text(age: wire::time::Micros) -> String {
    let seconds = age.0 / 1_000_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => format::duration(wire::time::Micros::from_seconds(seconds)),
    }
}

/// The likely next keys, or what there is to say about the last one.
pub(super) fn draw_footer(state: &State, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let (dim, key_style) = (theme.style(Role::Dim), theme.style(Role::Key));
    let mut row = Row::new(area.width);
    if let Some(notice) = &state.notice {
        row.put(notice, theme.style(Role::Warn))
            .draw(buffer, area, 0);
        return;
    }
    // The way to all other keys has its place whatever the width.
    let help = Shown::from(" · ? help");
    let spare = if state.help.is_some() {
        0
    } else {
        help.width()
    };
    for (keys, word) in hints(state) {
        let separator = if row.used() == 0 { "" } else { " · " };
        // What has no room is left out; a shorter one behind it may still have some.
        if row.room() < keys.chars().count() + word.len() + 1 + separator.chars().count() + spare {
            continue;
        }
        row = row
            .put(separator, dim)
            .put(keys, key_style)
            .put(" ", dim)
            .put(word, dim);
    }
    if state.help.is_none() {
        row = row.put(" · ", dim).put("?", key_style).put(" help", dim);
    }
    row.draw(buffer, area, 0);
}

fn hints(state: &State) -> Vec<(String, &'static str)> {
    if state.help.is_some() {
        return vec![
            ("j k".to_owned(), "scroll"),
            ("/".to_owned(), "search"),
            ("esc".to_owned(), "close"),
        ];
    }
    let mut hints = Vec::new();
    // What is selected, before what can be done with it.
    let selected = state.timeline.brush.map(Brush::range);
    let selected = selected.filter(|_| state.above.is_empty());
    let times = selected.map(|it| {
        let (from, to) = (format::clock(it.from_at_us), format::clock(it.to_at_us));
        (format!("{from}–{to}"), "selected")
    });
    hints.extend(times);
    if let Some(word) = enter_hint(state) {
        hints.push((Key::Enter.label(), word));
    }
    let scope = state.scope();
    for binding in BINDINGS.iter().filter(|binding| binding.scope == scope) {
        let Some(word) = binding.hint.filter(|_| is_apt(state, binding.action)) else {
            continue;
        };
        if binding.action == Action::Open {
            // Told above, in the words of the place.
            continue;
        }
        let key = binding
            .keys
            .first()
            .map(|key| key.label())
            .unwrap_or_default();
        match hints.last_mut() {
            // Two keys for the two ways of one thing: `z Z zoom`.
            Some((keys, last)) if *last == word => *keys = format!("{keys} {key}"),
            _ => hints.push((key, word)),
        }
    }
    match scope {
        Scope::Timeline => {
            // Behind the spikes and panes, before what moves the range.
            let place = hints.iter().position(|(_, word)| *word == "zoom");
            let requests = ("2".to_owned(), "requests");
            hints.insert(place.unwrap_or(hints.len()), requests);
            hints.push((Key::Char(' ').label(), live_hint(state)));
            hints.push(("q".to_owned(), "quit"));
        }
        // The way back is needed more often than the last of the others.
        Scope::Brush => hints.insert(2, (Key::Esc.label(), "drop it")),
        _ => hints.insert(hints.len().min(1), (Key::Esc.label(), "back")),
    }
    hints
}

fn live_hint(state: &State) -> &'static str {
    if state.window.is_live {
        "pause"
    } else {
        "live"
    }
}

/// Whether a screen's key does something in its present tab.
fn is_apt(state: &State, action: Action) -> bool {
    match (state.above.last(), action) {
        (Some(Above::Request(screen)), Action::SortNext) => screen.tab == Tab::Profile,
        (Some(Above::Request(screen)), Action::Show(tab)) => screen.tab != tab,
        (Some(Above::Requests(screen)), Action::ClearFilter) => {
            screen.route.is_some() || screen.fingerprint.is_some() || !screen.filter.is_empty()
        }
        (
            Some(Above::Functions(screen)),
            Action::SortNext | Action::SortPrevious | Action::FocusNext | Action::Icicle,
        ) => screen.drawing.is_none(),
        (Some(Above::Functions(screen)), Action::ClearFilter) => screen.subject.route.is_some(),
        (Some(Above::Statements(screen)), Action::ClearFilter) => screen.subject.route.is_some(),
        _ => true,
    }
}

/// What Enter does here, if it does something.
fn enter_hint(state: &State) -> Option<&'static str> {
    if state.drawing().is_some() {
        return Some("zoom in");
    }
    match state.above.last() {
        None if state.timeline.brush.is_some() => Some("who did it"),
        None => match state.timeline.focus {
            Focus::Spikes => state.timeline.selected.map(|_| "who did it"),
            Focus::Suspects => {
                let has_some = state.timeline.selected.is_some() || state.timeline.chosen.is_some();
                has_some.then_some("prove it")
            }
        },
        Some(Above::Requests(_)) => Some("open"),
        Some(Above::Request(screen)) => match screen.tab {
            Tab::Overview => Some("look into"),
            Tab::Sql => screen.dossier.current().map(|dossier| {
                match dossier.wait_of(screen.cursor().selected) {
                    Some(_) => "who held the lock",
                    None => "all its route's",
                }
            }),
            Tab::Locks => Some("open request"),
            Tab::Profile => Some("all its route's"),
            Tab::Comparison => (!screen.figures().is_empty()).then_some("where it is from"),
            Tab::Metadata => None,
        },
        Some(Above::Functions(screen)) => match screen.pane {
            Pane::Functions => Some("callers and callees"),
            Pane::Around => Some("that function"),
        },
        Some(Above::Statements(_)) => Some("look into"),
        Some(Above::Statement(_)) => Some("its requests"),
        Some(Above::Board(screen)) => screen.chosen()?.request.map(|_| "its request"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_wrong_as_much_is_told_as_fits_and_the_rest_is_counted() {
        let words = [
            "web2: no data since 14:05",
            "Graylog is 4 min behind",
            "1 day is left out",
        ]
        .map(str::to_owned);
        let told = |columns| fitting(&words, columns).as_str().to_owned();
        assert_eq!(told(71), words.join(" · "));
        assert!(told(70).ends_with(" · 1 day is left o…"), "{}", told(70));
        assert_eq!(
            told(60),
            format!("{} · Graylog is 4 … · 1 more: press 8", words[0])
        );
        assert_eq!(told(50), format!("{} · 2 more: press 8", words[0]));
        assert!(told(30).ends_with("… · 2 more: press 8"), "{}", told(30));
        assert!(fitting(&words, 30).width() <= 30);
        assert_eq!(fitting(&words[..1], 10).width(), 10);
    }
}
