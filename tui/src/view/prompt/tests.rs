//! The filter's line, as it is typed, refused, and kept.

use wire::batch::Problem;
use wire::time::Micros;

use crate::action::{Answered, Msg, Size};
use crate::ask::Trouble;
use crate::keymap::Key;
use crate::state::tests::Desk;
use crate::view::tests::{COLOUR, PLAIN, picture};

fn last_lines(picture: &str, count: usize) -> String {
    let lines: Vec<&str> = picture.lines().collect();
    lines[lines.len() - count..].join("\n")
}

fn with_filter(columns: u16, rows: u16, filter: &str) -> Desk {
    let mut desk = Desk::started(columns, rows);
    desk.keys(&[Key::Char('2'), Key::Char('/')]);
    desk.send(Msg::Paste(filter.to_owned()));
    let later = desk.state.clock_at_us + Micros::from_millis(200);
    desk.send(Msg::Clock(later));
    desk
}

fn refused(desk: &mut Desk, detail: &str) {
    let job = desk.open.remove(0);
    let problem = Problem {
        parameter: Some("filter".to_owned()),
        ..Problem::new(400, "Bad Request", detail)
    };
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Err(Trouble::Problem(problem)),
    }));
}

#[test]
fn while_it_is_typed_the_count_follows() {
    let mut desk = with_filter(80, 24, "duration>2s -url:*cart*");
    assert!(picture(&desk, COLOUR).contains('…'), "asked, not yet known");
    desk.settle();
    insta::assert_snapshot!("filter_80x24", picture(&desk, COLOUR));
}

#[test]
fn the_error_stands_under_the_bad_word_at_every_width() {
    let detail = "column 12: unknown field \"durration\"; project, host, url is allowed";
    for (columns, rows) in [(120, 40), (60, 15)] {
        let mut desk = with_filter(columns, rows, "status:5xx durration>2s url:\"größer als\"");
        refused(&mut desk, detail);
        let shown = last_lines(&picture(&desk, COLOUR), 2);
        let (line, mark) = shown.split_once('\n').expect("two lines");
        let column = |text: &str, of: char| text.chars().position(|letter| letter == of);
        assert_eq!(column(mark, '^'), column(line, 'd'), "{shown}");
        assert!(picture(&desk, PLAIN).is_ascii());
        insta::assert_snapshot!(
            format!("filter_error_{columns}x{rows}"),
            picture(&desk, COLOUR)
        );
    }
}

#[test]
fn a_command_shows_its_candidates_and_what_is_wrong_under_its_place() {
    let mut desk = Desk::started(60, 15);
    desk.key(Key::Char(':'));
    desk.send(Msg::Paste("zoo".to_owned()));
    let shown = last_lines(&picture(&desk, COLOUR), 2);
    assert_eq!(shown, ": zoo\n  zoom-in  zoom-out");
    desk.send(Msg::Paste("-in now".to_owned()));
    desk.key(Key::Enter);
    let shown = last_lines(&picture(&desk, PLAIN), 2);
    assert_eq!(
        shown,
        ": zoo-in now\n  ^ there is no command \"zoo-in\"; is it zoom-in?"
    );
}

#[test]
fn the_palette_lies_over_the_screen() {
    for (columns, rows) in [(60, 15), (120, 40)] {
        let mut desk = Desk::started(columns, rows);
        desk.key(Key::Ctrl('p'));
        desk.send(Msg::Paste("base".to_owned()));
        insta::assert_snapshot!(format!("palette_{columns}x{rows}"), picture(&desk, COLOUR));
    }
}

#[test]
fn a_long_filter_shows_where_one_types() {
    let long = "url:*a* ".repeat(30);
    let mut desk = with_filter(80, 24, &format!("{long}status:500"));
    refused(&mut desk, "column 241: it is wrong");
    let shown = last_lines(&picture(&desk, COLOUR), 2);
    let (line, mark) = shown.split_once('\n').expect("two lines");
    assert!(line.contains("status:500"), "{shown}");
    assert_eq!(mark.find('^'), line.find("status"), "{shown}");
    desk.send(Msg::Resize(Size {
        columns: 60,
        rows: 15,
    }));
    assert!(picture(&desk, COLOUR).contains("status:500"));
}
