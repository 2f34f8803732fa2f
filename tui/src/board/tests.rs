//! What makes a line bad.

use super::*;
use crate::fixture;

fn severities(page: &Page) -> Vec<(Severity, String)> {
    let lines = page.lines(fixture::NOW).into_iter();
    lines
        .map(|line| (line.severity, line.cells[0].trim().to_owned()))
        .collect()
}

fn told(severity: Severity, name: &str) -> (Severity, String) {
    (severity, name.to_owned())
}

#[test]
fn silence_a_queue_and_a_wrong_clock_show_on_hosts() {
    let lines = severities(&Page::Hosts(fixture::hosts()));
    let expected = [
        told(Severity::Warning, "db1"),
        told(Severity::Warning, "web1"),
        told(Severity::Error, "www"),
        told(Severity::Error, "web2"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn an_open_breaker_a_silent_agent_and_refused_frames_show_in_health() {
    let lines = severities(&Page::Health(Box::new(fixture::health())));
    let expected = [
        told(Severity::Fine, "store 0.1.0"),
        told(Severity::Warning, "forwarding graylog"),
        told(Severity::Error, "tcp://graylog1:12201"),
        told(Severity::Fine, "pgagent 0.1.0"),
        told(Severity::Warning, "collector 0.1.0"),
        told(Severity::Error, "collector 0.1.0"),
    ];
    assert_eq!(lines, expected);
    let page = Page::Health(Box::new(fixture::health())).lines(fixture::NOW);
    let bad = page.iter().filter(|line| line.severity > Severity::Fine);
    for line in bad {
        let has_advice = line.detail.iter().any(|words| words.starts_with("do: "));
        assert!(has_advice, "{line:?}");
    }
}

#[test]
fn every_line_has_a_cell_for_every_column() {
    let pages = [
        (
            Board::Locks,
            Page::LockTree(fixture::lock_tree(
                fixture::range("14:00:00", "14:10:00"),
                None,
            )),
        ),
        (Board::Episodes, Page::Locks(fixture::locks())),
        (Board::Hosts, Page::Hosts(fixture::hosts())),
        (Board::Logs, Page::Logs(fixture::logs())),
        (Board::Health, Page::Health(Box::new(fixture::health()))),
    ];
    for (board, page) in pages {
        for line in page.lines(fixture::NOW) {
            assert_eq!(line.cells.len(), board.columns().len(), "{line:?}");
        }
    }
}
