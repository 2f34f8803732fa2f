//! Every screen as every kind of file.

use super::*;
use crate::keymap::Key;
use crate::state::tests::Desk;

/// The keys to each screen.
const SCREENS: [(&str, &[Key]); 10] = [
    ("suspects-of-3", &[]),
    ("requests", &[Key::Char('2')]),
    ("request-", &[Key::Enter]),
    ("functions", &[Key::Char('3')]),
    ("sql", &[Key::Char('4')]),
    ("statement-", &[Key::Char('4'), Key::Enter]),
    ("locks", &[Key::Char('5')]),
    ("hosts", &[Key::Char('6')]),
    ("logs", &[Key::Char('7')]),
    ("health", &[Key::Char('8')]),
];

fn on(keys: &[Key]) -> Desk {
    let mut desk = Desk::started(120, 40);
    desk.keys(keys);
    desk
}

fn text(state: &State, kind: Kind) -> String {
    match content(state, kind) {
        Ok(Content::Bytes(bytes)) => String::from_utf8(bytes).expect("text"),
        other => panic!("bytes were expected, not {other:?}"),
    }
}

#[test]
fn every_screen_is_a_page_in_every_form() {
    for (name, keys) in SCREENS {
        let desk = on(keys);
        let state = &desk.state;
        let file = file_name(state, Kind::Page(Format::Csv));
        assert!(file.starts_with(&format!("bitville-{name}")), "{file}");
        assert!(file.ends_with("Z.csv"), "{file}");
        let md = text(state, Kind::Page(Format::Md));
        assert!(md.contains("|---"), "{name}: a table\n{md}");
        assert!(
            text(state, Kind::Page(Format::Text)).lines().count() > 2,
            "{name}"
        );
        let csv = text(state, Kind::Page(Format::Csv));
        let columns = csv.lines().next().expect("a heading").split(',').count();
        assert!(columns > 1 && csv.lines().count() > 1, "{name}\n{csv}");
        let json = text(state, Kind::Page(Format::Json));
        let json: serde_json::Value = serde_json::from_str(&json).expect(name);
        assert!(json.is_object(), "{name}");
    }
}

#[test]
fn a_file_is_in_utc_whatever_the_screen_is_in() {
    for (name, keys) in SCREENS {
        let utc = on(keys);
        let mut tokyo = on(keys);
        tokyo.state.zone = Zone::named("Asia/Tokyo").expect("a zone");
        for form in [Format::Md, Format::Text] {
            let kind = Kind::Page(form);
            assert_eq!(text(&utc.state, kind), text(&tokyo.state, kind), "{name}");
            assert_eq!(file_name(&utc.state, kind), file_name(&tokyo.state, kind));
        }
    }
}

#[test]
fn profiles_are_of_requests_and_incidents_of_spikes() {
    let request = on(&[Key::Enter]);
    let folded = text(&request.state, Kind::Profile(Form::Folded));
    assert!(folded.lines().all(|line| line.rsplit_once(' ').is_some()));
    assert_eq!(
        content(&request.state, Kind::Report),
        Err("report is of a spike, on the timeline".to_owned())
    );
    let timeline = on(&[]);
    assert_eq!(
        content(&timeline.state, Kind::Bundle),
        Ok(Content::Incident {
            spike: SpikeId(3),
            project: None,
            is_bundle: true
        })
    );
    assert_eq!(
        content(&timeline.state, Kind::Profile(Form::Pprof)),
        Err("pprof is of a request with a function profile".to_owned())
    );
    let names: Vec<&str> = kinds(&timeline.state).into_iter().map(Kind::name).collect();
    assert_eq!(names, ["md", "text", "json", "csv", "report", "bundle"]);
}

#[test]
fn what_has_not_come_yet_is_no_file() {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('7'));
    assert_eq!(
        content(&desk.state, Kind::Page(Format::Md)),
        Err("there is nothing on the screen yet".to_owned())
    );
}

#[test]
fn what_narrows_a_list_is_told_in_its_file() {
    let mut desk = on(&[Key::Char('2'), Key::Char('/')]);
    desk.send(crate::action::Msg::Paste("sql>9".to_owned()));
    desk.keys(&[Key::Enter]);
    let md = text(&desk.state, Kind::Page(Format::Md));
    assert!(
        md.contains("filtered by sql\\>9") || md.contains("filtered by sql>9"),
        "{md}"
    );
}
