//! Picking a project, naming one, and what changes by it.

use super::*;
use crate::action::Msg;
use crate::fixture;
use crate::keymap::Key;
use crate::state::tests::Desk;

fn asked_of(desk: &Desk) -> Vec<String> {
    let of = |(name, value): (&'static str, String)| (name == "project").then_some(value);
    let asks = desk.open.iter().map(|job| &job.ask);
    let mut asked: Vec<String> = asks
        .filter_map(|ask| {
            let project = ask.parameters().into_iter().find_map(of)?;
            Some(format!("{} {project}", ask.path()))
        })
        .collect();
    asked.sort_unstable();
    asked
}

fn typed(desk: &mut Desk, line: &str) {
    desk.key(Key::Char(':'));
    desk.send(Msg::Paste(line.to_owned()));
    desk.key(Key::Enter);
}

#[test]
fn the_picker_lists_them_and_the_chosen_one_narrows_all() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('2'), Key::Char('P')]);
    let picks = desk.state.picks();
    assert_eq!(picks.len(), 3);
    assert_eq!(picks[0].project, None);
    assert!(picks[1].seen.is_some());
    desk.send(Msg::Paste("sho".to_owned()));
    assert_eq!(desk.state.picks().len(), 1);
    desk.key(Key::Enter);
    assert_eq!(desk.state.project, Some(fixture::project()));
    let wanted = ["/v1/requests shop", "/v1/spikes shop", "/v1/timeline shop"];
    assert_eq!(asked_of(&desk), wanted);
    let range = desk.state.window.range;
    desk.settle();
    assert_eq!(desk.state.window.range, range, "the time stays");
    assert!(desk.state.timeline.suspects.current().is_some());
    desk.keys(&[Key::Char('P')]);
    let Some(Purpose::Project { cursor }) = desk.state.prompt.as_ref().map(|it| &it.purpose) else {
        panic!("the picker should be open");
    };
    assert_eq!(cursor.selected, 2, "on the one that is looked at");
}

#[test]
fn a_request_is_of_one_project_and_is_left() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('P'), Key::Esc, Key::Char('2'), Key::Enter]);
    typed(&mut desk, "project blog");
    assert!(desk.state.above.is_empty());
    let selected = desk.state.timeline.selected;
    assert_eq!(selected, None, "another project has other spikes");
    desk.settle();
    desk.keys(&[Key::Char('u')]);
    assert_eq!(desk.state.project, None, "it can be taken back");
}

#[test]
fn a_name_that_is_none_is_told_the_names() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('P'), Key::Esc]);
    typed(&mut desk, "project shpo");
    let fault = desk.state.prompt.as_ref().and_then(|it| it.fault.clone());
    let fault = fault.expect("a fault");
    assert_eq!(fault.column, "project ".len());
    assert_eq!(
        fault.words,
        "there is no project \"shpo\"; blog, shop, all is"
    );
    desk.keys(&[Key::Esc]);
    typed(&mut desk, "project shop");
    typed(&mut desk, "project all");
    assert_eq!(desk.state.project, None);
}

#[test]
fn a_production_project_is_one_that_the_settings_name() {
    let size = crate::action::Size {
        columns: 80,
        rows: 24,
    };
    let production = |names: &[&str], project: Option<&str>| {
        let project_of = |name: &&str| Project::try_new(*name).expect("a sound name");
        let start = crate::state::Start {
            production: names.iter().map(project_of).collect(),
            project: project.map(|name| project_of(&name)),
            ..crate::state::Start::default()
        };
        let mut desk = Desk::new(start, size);
        desk.send(Msg::Clock(fixture::NOW));
        desk.settle();
        desk.state.is_production()
    };
    assert!(production(&["shop"], Some("shop")));
    assert!(!production(&["shop"], Some("blog")));
    assert!(!production(&[], Some("shop")));
    // The store's overview knows one project alone.
    assert!(production(&["shop"], None));
    assert!(!production(&["blog"], None));
}
