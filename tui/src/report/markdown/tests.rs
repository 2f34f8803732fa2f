//! The report of the fixture's incident, and of text that would break the page.

use super::*;
use crate::fixture;

fn incident_of_fixture() -> Incident {
    Incident {
        spike: fixture::spikes().spikes.remove(0),
        now_at_us: fixture::NOW,
        suspects: fixture::suspects(),
        culprit: Some(fixture::reprice()),
        locks: fixture::locks().episodes,
        worst: fixture::requests("-wall_us", None)
            .requests
            .into_iter()
            .take(5)
            .collect(),
        gaps: vec![fixture::gap()],
    }
}

#[test]
fn a_lock_pile_up() {
    insta::assert_snapshot!(incident(&incident_of_fixture()));
}

#[test]
fn the_spikes_of_a_week() {
    insta::assert_snapshot!(spikes(&fixture::spikes().spikes));
}

#[test]
fn the_report_names_the_blockers_url_its_sql_and_the_function_that_ran_it() {
    let page = incident(&incident_of_fixture());
    for fact in [
        "**URL:** `POST /cron/reprice`",
        "UPDATE stock SET price = round(price * ?, 2) WHERE category = ?",
        "**Run by the function:** `Shop\\Pricing\\Repricer::store` at `src/Pricing/Repricer.php:88`",
    ] {
        assert!(page.contains(fact), "{fact} is missing from\n{page}");
    }
}

#[test]
fn without_a_captured_request_the_rest_of_the_report_stands() {
    let bare = Incident {
        culprit: None,
        locks: Vec::new(),
        worst: Vec::new(),
        gaps: Vec::new(),
        ..incident_of_fixture()
    };
    let page = incident(&bare);
    assert!(page.contains("No captured request proves the first suspect."));
    assert!(page.contains("Nobody was seen to wait for a lock."));
    assert!(page.contains("No agent gave up a record in this time."));
}

#[test]
fn text_from_the_wire_breaks_neither_the_page_nor_the_terminal() {
    let mut evil = incident_of_fixture();
    evil.suspects.suspects[0].label = "`x` | # \x1b[2J\n# headline".to_owned();
    let culprit = evil.culprit.as_mut().expect("a culprit");
    culprit.row.url = "/a`b|c\u{202e}".to_owned();
    let sql = culprit.request.sql.as_mut().expect("statements");
    sql.queries[2].sql.push_str("\n```\n\x1b[31mred");
    let page = incident(&evil);
    assert!(page.contains("`POST /a'b¦c<202E>`"), "{page}");
    assert!(!page.contains('\x1b'));
    assert!(!page.lines().any(|line| line.starts_with("# headline")));
    assert!(page.contains("\\`x\\` \\| \\# ^\\[\\[2J"), "{page}");
}

#[test]
fn what_the_driver_cleans_up_is_blamed_for_no_lock() {
    let incident_of_it = incident_of_fixture();
    let root = &incident_of_it.locks[0].root;
    assert_eq!(root.query.as_deref(), Some("DEALLOCATE pdo_stmt_0000002a"));
    assert!(!incident(&incident_of_it).contains("DEALLOCATE"));
}

#[test]
fn a_holder_s_last_statement_is_called_no_more_than_that() {
    let mut unknown = incident_of_fixture();
    let culprit = unknown.culprit.as_mut().expect("a culprit");
    for wait in &mut culprit.blocked {
        wait.root.took_lock = None;
    }
    let page = incident(&unknown);
    assert!(
        page.contains("**Its last SQL while others waited**:"),
        "{page}"
    );
    assert!(page.contains("DEALLOCATE pdo_stmt_0000002a"), "{page}");
}
