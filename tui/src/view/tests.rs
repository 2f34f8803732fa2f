//! Screens as pictures, and what a picture can't hold: styles, and hostile text.

mod looks;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::*;
use crate::action::{Answered, Msg, Size};
use crate::ask::Answer;
use crate::fetch::Topic;
use crate::fixture;
use crate::keymap::Key;
use crate::state::Start;
use crate::state::tests::{Desk, unreachable};
use crate::theme::Palette;

pub(crate) const COLOUR: Theme = Theme {
    palette: Palette::True,
    is_ascii: false,
};
pub(crate) const PLAIN: Theme = Theme {
    palette: Palette::Mono,
    is_ascii: true,
};

pub(crate) fn drawn(desk: &Desk, theme: Theme) -> Buffer {
    let Size { columns, rows } = desk.state.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    render(&desk.state, theme, &mut buffer);
    buffer
}

pub(crate) fn picture(desk: &Desk, theme: Theme) -> String {
    let buffer = drawn(desk, theme);
    let width = usize::from(buffer.area.width);
    let mut picture = String::new();
    for line in buffer.content.chunks(width) {
        let line: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
        picture.push_str(line.trim_end());
        picture.push('\n');
    }
    picture
}

/// The smallest that has room for a table, a terminal as it opens, a good window, and a whole screen.
const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 40), (200, 60)];

/// Takes a picture of the console after some keys, at the usual sizes.
pub(super) fn check(name: &str, keys: &[Key]) {
    for (columns, rows) in SIZES {
        let mut desk = Desk::started(columns, rows);
        desk.keys(keys);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), picture(&desk, COLOUR));
    }
}

/// The keys to the request that held the locks, and on.
fn in_blocker(key: char) -> Vec<Key> {
    vec![Key::Enter, Key::Char(key)]
}

#[test]
fn timeline() {
    check("timeline", &[]);
}

#[test]
fn durations() {
    check("durations", &[Key::Char('d')]);
}

#[test]
fn the_smallest_heatmap_without_colours_and_utf8() {
    let mut desk = Desk::started(60, 15);
    desk.key(Key::Char('d'));
    let picture = picture(&desk, PLAIN);
    assert!(picture.is_ascii());
    insta::assert_snapshot!("durations_60x15_ascii", picture);
}

#[test]
fn spikes() {
    check("spikes", &[Key::Tab]);
}

#[test]
fn requests() {
    check("requests", &[Key::Char('2')]);
}

#[test]
fn requests_of_a_route() {
    check("requests_of_a_route", &[Key::Char('j'), Key::Enter]);
}

#[test]
fn blocker() {
    check("blocker", &in_blocker('w'));
}

#[test]
fn functions() {
    check(
        "functions",
        &[in_blocker('f'), vec![Key::Char('j')]].concat(),
    );
}

#[test]
fn the_first_line_of_a_waterfall_stays_however_far_it_is_scrolled() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[in_blocker('w'), vec![Key::Char('G')]].concat());
    let picture = picture(&desk, COLOUR);
    let lines: Vec<&str> = picture.lines().skip(5).collect();
    assert!(lines[0].starts_with(" php"), "{picture}");
    let selected = lines.iter().position(|line| line.starts_with('▸'));
    assert!(
        selected.is_some_and(|line| lines[line].contains("COMMIT")),
        "{picture}"
    );
}

#[test]
fn no_count_of_calls_is_cut() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Enter);
    let job = desk.open.remove(0);
    let mut detail = fixture::reprice();
    let profile = detail.request.profile.as_mut().expect("a profile");
    let more = |edge: &[i64]| {
        let mut edge = edge.to_vec();
        edge[2] = edge[2].saturating_mul(29_491_200);
        edge
    };
    profile.edges = profile.edges.iter().map(more).collect();
    let outcome = Ok(Answer::Request(Box::new(detail)));
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome,
    }));
    for (columns, rows) in [(80, 24), (120, 40), (60, 15)] {
        desk.send(Msg::Resize(Size { columns, rows }));
        for (tab, wanted) in [('f', "29.5 M"), ('w', "×29.5 M")] {
            desk.keys(&[Key::Char(tab)]);
            let picture = picture(&desk, COLOUR);
            let has_calls = tab == 'f' || columns == 120;
            assert_eq!(
                picture.contains(wanted),
                has_calls,
                "{columns} {tab}\n{picture}"
            );
            assert!(!picture.contains("29,491"), "{picture}");
        }
    }
}

#[test]
fn sql() {
    check("sql", &in_blocker('s'));
}

#[test]
fn of_a_request_whose_record_was_lost_the_statements_that_are_not_told_are_counted() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Enter);
    let job = desk.open.remove(0);
    let mut detail = fixture::reprice();
    let sql = detail.request.sql.as_mut().expect("statements");
    sql.queries.truncate(2);
    sql.repeated.clear();
    (sql.count, sql.omitted) = (1_097, 1_095);
    let outcome = Ok(Answer::Request(Box::new(detail)));
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome,
    }));
    desk.keys(&[Key::Char('s')]);
    let picture = picture(&desk, COLOUR);
    let wanted = "and 1,095 more, which were counted but not kept";
    assert!(picture.contains(wanted), "{picture}");
}

#[test]
fn locks() {
    check("locks", &in_blocker('l'));
}

#[test]
fn metadata() {
    check("metadata", &in_blocker('i'));
}

#[test]
fn waiter() {
    check("waiter", &[in_blocker('l'), vec![Key::Enter]].concat());
}

#[test]
fn waiter_sql() {
    check(
        "waiter_sql",
        &[in_blocker('l'), vec![Key::Enter, Key::Char('s')]].concat(),
    );
}

#[test]
fn waiter_locks() {
    check(
        "waiter_locks",
        &[in_blocker('l'), vec![Key::Enter, Key::Char('l')]].concat(),
    );
}

#[test]
fn help() {
    check("help", &[Key::Char('?')]);
}

#[test]
fn bookmarks() {
    let keep = |key: char, letter: char| [Key::Char(key), Key::Char('m'), Key::Char(letter)];
    let kept = [keep('1', 't'), keep('2', 'a'), keep('7', 'L')].concat();
    check(
        "bookmarks",
        &[&kept[..], &[Key::Char('\''), Key::Down]].concat(),
    );
}

#[test]
fn projects() {
    check("projects", &[Key::Char('P'), Key::Down]);
}

#[test]
fn production_has_a_red_header_and_a_word() {
    for palette in [Palette::Mono, Palette::Sixteen, Palette::True] {
        let start = Start {
            production: vec![fixture::project()],
            project: Some(fixture::project()),
            ..Start::default()
        };
        let (columns, rows) = (60, 15);
        let mut desk = Desk::new(start, Size { columns, rows });
        desk.send(Msg::Clock(fixture::NOW));
        desk.settle();
        desk.keys(&[Key::Enter]);
        let theme = Theme {
            palette,
            is_ascii: true,
        };
        let header = picture(&desk, theme);
        let header = header.lines().next().unwrap_or_default();
        assert!(header.starts_with("PRODUCTION > POST /cron/"), "{header}");
        let buffer = drawn(&desk, theme);
        let wanted = theme.style(Role::Production);
        for x in 0..columns {
            let cell = &buffer[(x, 0)];
            assert!(
                cell.modifier.contains(wanted.add_modifier),
                "{palette:?} {x}"
            );
            assert_eq!(
                Some(cell.bg),
                wanted.bg.or(Some(Color::Reset)),
                "{palette:?} {x}"
            );
        }
    }
}

#[test]
fn chosen_columns() {
    let typed = "columns project,client,wall,reason,id"
        .chars()
        .map(Key::Char);
    let keys: Vec<Key> = [Key::Char('2'), Key::Char(':')]
        .into_iter()
        .chain(typed)
        .chain([Key::Enter])
        .collect();
    check("chosen_columns", &keys);
}

#[test]
fn a_copied_link() {
    check("copied", &[Key::Char('2'), Key::Char('y')]);
}

#[test]
fn the_smallest_terminal_without_colours_and_utf8() {
    for (name, keys) in [
        ("timeline", vec![]),
        ("spikes", vec![Key::Tab]),
        ("requests", vec![Key::Char('2')]),
        ("blocker", in_blocker('w')),
        ("functions", in_blocker('f')),
        ("locks", in_blocker('l')),
    ] {
        let mut desk = Desk::started(60, 15);
        desk.keys(&keys);
        let picture = picture(&desk, PLAIN);
        assert!(picture.is_ascii());
        insta::assert_snapshot!(format!("{name}_60x15_ascii"), picture);
    }
}

#[test]
fn a_terminal_that_is_too_small_is_told_so() {
    let desk = Desk::started(59, 14);
    insta::assert_snapshot!("too_small", picture(&desk, COLOUR));
}

#[test]
fn a_store_that_is_away() {
    let mut desk = Desk::new(
        Start::default(),
        Size {
            columns: 80,
            rows: 24,
        },
    );
    desk.send(Msg::Clock(fixture::NOW));
    desk.fail(&unreachable());
    insta::assert_snapshot!("store_away_at_start", picture(&desk, COLOUR));

    let mut desk = Desk::started(80, 24);
    desk.send(Msg::Clock(
        fixture::NOW + wire::time::Micros::from_seconds(10),
    ));
    desk.fail(&unreachable());
    let picture = picture(&desk, COLOUR);
    assert!(picture.contains("cannot reach the store (connection refused"));
    assert!(
        picture.contains("retrying in 1 s · shown: 10 s old"),
        "{picture}"
    );
    assert!(
        picture.contains("POST /cron/reprice"),
        "what is known stays on the screen"
    );
}

#[test]
fn all_requests_have_a_chart_where_the_web_servers_tell_of_them() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut desk = Desk::started(columns, rows);
        desk.key(Key::Char('0'));
        let job = desk.open.remove(0);
        let mut chart = fixture::timeline(desk.state.window.range);
        chart.traffic = fixture::traffic(desk.state.window.range);
        desk.send(Msg::Answered(Answered {
            generation: job.generation,
            outcome: Ok(Answer::Timeline(Box::new(chart))),
        }));
        desk.settle();
        let name = format!("timeline_with_traffic_{columns}x{rows}");
        insta::assert_snapshot!(name, picture(&desk, COLOUR));
    }
}

#[test]
fn a_gap_in_the_data_is_told_on_every_screen() {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('0'));
    let job = desk.open.remove(0);
    let mut chart = fixture::timeline(desk.state.window.range);
    chart.gaps.push(fixture::gap());
    let outcome = Ok(Answer::Timeline(Box::new(chart)));
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome,
    }));
    desk.settle();
    let text = "1,204 records are missing from this range: web2 14:02:00–14:03:00 journal_full";
    assert!(picture(&desk, COLOUR).contains(text));
    desk.keys(&[Key::Char('2')]);
    assert!(picture(&desk, COLOUR).contains(text));
}

#[test]
fn an_unwell_store_is_told_in_the_smallest_window_too() {
    let mut desk = Desk::started(60, 15);
    desk.keys(&[Key::Char('2')]);
    desk.send(Msg::Clock(
        fixture::NOW + wire::time::Micros::from_seconds(10),
    ));
    desk.settle_but(Topic::Health);
    let job = desk.open.remove(0);
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Ok(Answer::Health(Box::new(fixture::health()))),
    }));
    insta::assert_snapshot!("unwell_60x15", picture(&desk, PLAIN));
}

#[test]
fn a_host_that_was_not_heard_is_told_on_every_screen_in_every_palette() {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('0'));
    let job = desk.open.remove(0);
    let mut chart = fixture::timeline(desk.state.window.range);
    chart.hosts[0].load1[100..].fill(None);
    let outcome = Ok(Answer::Timeline(Box::new(chart)));
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome,
    }));
    desk.settle();
    for key in [Key::Esc, Key::Char('2'), Key::Char('3'), Key::Char('6')] {
        desk.keys(&[key]);
        assert!(
            picture(&desk, COLOUR).contains("⚠ web1: no data since 14:03:0"),
            "{key:?}"
        );
        assert!(
            picture(&desk, PLAIN).contains("! web1: no data since 14:03:0"),
            "{key:?}"
        );
    }
}

#[test]
fn the_selected_line_is_reversed_in_every_palette() {
    for palette in [Palette::Mono, Palette::Sixteen, Palette::True] {
        let theme = Theme {
            palette,
            is_ascii: false,
        };
        let mut desk = Desk::started(80, 24);
        desk.keys(&[Key::Char('2'), Key::Char('j')]);
        let buffer = drawn(&desk, theme);
        let is_reversed = |y: u16| {
            let modifiers = |x: u16| buffer[(x, y)].modifier;
            (0..80).all(|x| modifiers(x).contains(Modifier::REVERSED))
        };
        // Header, title and column heads stand above the list.
        let reversed: Vec<u16> = (0..24).filter(|y| is_reversed(*y)).collect();
        assert_eq!(reversed, [4], "{palette:?}");
        assert_eq!(buffer[(0, 4)].symbol(), "▸");
    }
}

#[test]
fn without_colours_nothing_is_coloured() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&in_blocker('w'));
    let buffer = drawn(&desk, PLAIN);
    let plain = ratatui::style::Color::Reset;
    assert!(
        buffer
            .content
            .iter()
            .all(|cell| cell.fg == plain && cell.bg == plain)
    );
}

#[test]
fn hostile_text_from_the_wire_reaches_no_cell() {
    let evil = "\x1b]0;owned\x07\u{9b}2J\u{202e}evil\u{200d}\r\nx";
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Enter);
    let job = desk.open.remove(0);
    let mut detail = fixture::checkout(0);
    for text in [
        &mut detail.row.label,
        &mut detail.row.url,
        &mut detail.request.url,
    ] {
        text.push_str(evil);
    }
    detail.request.action = Some(evil.to_owned());
    detail
        .request
        .headers
        .insert(evil.to_owned(), evil.to_owned());
    let root = &mut detail.waited_for[0].root;
    root.label = evil.to_owned();
    root.state = Some(evil.to_owned());
    root.query = Some(evil.to_owned());
    let sql = detail.request.sql.as_mut().expect("statements");
    for query in &mut sql.queries {
        query.sql.push_str(evil);
        query.caller = Some(evil.to_owned());
        query.caller_at = Some(evil.to_owned());
    }
    let profile = detail.request.profile.as_mut().expect("a profile");
    let names = profile.names.iter().map(|name| format!("{name}{evil}"));
    profile.names = names.collect();
    let outcome = Ok(Answer::Request(Box::new(detail)));
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome,
    }));
    for key in ['w', 'f', 's', 'l', 'i'] {
        desk.keys(&[Key::Char(key)]);
        let buffer = drawn(&desk, COLOUR);
        for cell in &buffer.content {
            assert!(
                !cell.symbol().chars().any(crate::text::is_hidden),
                "{key}: {:?}",
                cell.symbol()
            );
        }
        assert!(
            picture(&desk, COLOUR).contains("^["),
            "{key}: what was taken out is seen"
        );
    }
}
