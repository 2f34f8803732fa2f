//! Links there and back, and what is said of what is none.

use proptest::prelude::*;

use wire::query::BaselineKind;

use super::*;
use crate::board::{Board, Severity};
use crate::spot::Drawn;
use crate::state::request::{self, Tab};
use crate::state::statements::StatementOrder;
use crate::{ask::Sort, callgraph, fixture};

fn any_range() -> impl Strategy<Value = Range> {
    // Up to a month, anywhere between 1970 and 2100, to the microsecond.
    (0i64..4_102_444_800_000_000, 1i64..31 * 86_400_000_000).prop_map(|(from, span)| Range {
        from_at_us: Instant(from),
        to_at_us: Instant(from + span),
    })
}

/// Names and routes as they come from the wire, and as nobody would name anything.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("POST /checkout".to_owned()),
        Just("Shop\\Pricing\\Rule::match".to_owned()),
        Just("a'b\"c`$(reboot)`&range=x#?%41+\x1b]0;x\x07\u{202e}".to_owned()),
        any::<String>(),
    ]
}

fn any_subject() -> impl Strategy<Value = Subject> {
    let baseline = prop::option::of(any_range());
    (any_range(), baseline, prop::option::of(any_text())).prop_map(|(range, baseline, route)| {
        Subject {
            range,
            baseline,
            route,
        }
    })
}

fn any_id() -> impl Strategy<Value = CorrelationId> {
    any::<u128>().prop_map(|number| CorrelationId(uuid::Uuid::from_u128(number)))
}

fn any_fingerprint() -> impl Strategy<Value = wire::sql::Fingerprint> {
    any::<String>().prop_map(|sql| wire::sql::fingerprint(&sql))
}

fn any_columns() -> impl Strategy<Value = Columns> {
    let all = crate::columns::Column::ALL.to_vec();
    let chosen = prop::sample::subsequence(all, 1..=12).prop_shuffle();
    chosen.prop_map(|columns| {
        let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
        Columns::read(&names.join(",")).expect("names of columns")
    })
}

fn any_requests() -> impl Strategy<Value = Sight> {
    (
        any_range(),
        prop::option::of(any_text()),
        prop::option::of(any_fingerprint()),
        any_text(),
        prop::sample::select(Sort::ALL.to_vec()),
        any_columns(),
        prop::option::of(any_id()),
    )
        .prop_map(
            |(range, route, fingerprint, filter, sort, columns, selected)| {
                Sight::Requests(RequestList {
                    range,
                    route,
                    fingerprint,
                    filter,
                    sort,
                    columns,
                    selected,
                })
            },
        )
}

fn any_functions() -> impl Strategy<Value = Sight> {
    let orders = callgraph::Order::ALL.to_vec();
    (
        any_subject(),
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(orders),
        prop::option::of(any_text()),
    )
        .prop_map(|(subject, is_compared, is_icicle, order, selected)| {
            Sight::Functions(FunctionTable {
                subject,
                is_compared,
                is_icicle,
                order,
                selected,
            })
        })
}

fn any_statements() -> impl Strategy<Value = Sight> {
    let orders = StatementOrder::ALL.to_vec();
    let selected = prop::option::of(any_fingerprint());
    (any_subject(), prop::sample::select(orders), selected).prop_map(
        |(subject, order, selected)| {
            Sight::Statements(StatementTable {
                subject,
                order,
                selected,
            })
        },
    )
}

fn any_request() -> impl Strategy<Value = Sight> {
    let orders = request::Order::ALL.to_vec();
    (
        any_id(),
        prop::sample::select(Tab::ALL.to_vec()),
        prop::sample::select(orders),
        prop::sample::select(vec![Drawn::Table, Drawn::Icicle, Drawn::Course]),
    )
        .prop_map(|(correlation_id, tab, order, drawn)| Sight::Request {
            correlation_id,
            tab,
            order,
            drawn,
        })
}

fn any_board() -> impl Strategy<Value = Sight> {
    let boards = vec![
        Board::Locks,
        Board::Episodes,
        Board::Hosts,
        Board::Logs,
        Board::Health,
    ];
    let least = vec![Severity::Fine, Severity::Warning, Severity::Error];
    (
        prop::sample::select(boards),
        any_range(),
        prop::sample::select(least),
        prop::option::of(0.0..=1.0_f64),
    )
        .prop_map(|(board, range, least, place)| {
            // Locks alone have a moment, which is one of their range.
            let place = place.filter(|_| board == Board::Locks);
            #[expect(clippy::cast_possible_truncation)] // A month in microseconds.
            let behind = |place: f64| wire::time::Micros((range.span().0 as f64 * place) as i64);
            Sight::Board {
                board,
                range,
                least,
                moment: place.map(|place| range.from_at_us + behind(place)),
            }
        })
}

fn any_sight() -> impl Strategy<Value = Sight> {
    prop_oneof![
        any::<bool>().prop_map(|is_heatmap| Sight::Timeline { is_heatmap }),
        any_requests(),
        any_request(),
        any_functions(),
        any_statements(),
        (any_subject(), any_fingerprint()).prop_map(|(subject, fingerprint)| Sight::Statement {
            subject,
            fingerprint
        }),
        any_board(),
    ]
}

fn any_spot() -> impl Strategy<Value = Spot> {
    let project = prop::option::of("[A-Za-z0-9._-]{1,64}");
    (
        project,
        any_range(),
        prop::option::of(any::<i64>().prop_map(SpikeId)),
        prop::option::of(any_range()),
        prop::sample::select(BaselineKind::ALL.to_vec()),
        any::<bool>(),
        any_sight(),
    )
        .prop_map(
            |(project, range, spike, chosen, baseline, is_folded, mut sight)| {
                // A board that is about now has no range of its own, and no moment.
                if let Sight::Board {
                    board, range: own, ..
                } = &mut sight
                    && !board.has_range()
                {
                    *own = range;
                }
                Spot {
                    project: project.map(|name| Project::try_new(name).expect("a sound name")),
                    range,
                    spike,
                    chosen,
                    baseline,
                    is_folded,
                    sight,
                }
            },
        )
}

proptest! {
    #[test]
    fn a_link_says_all_of_its_spot(spot in any_spot()) {
        let link = write(&spot);
        let read = read(&link).map_err(|fault| TestCaseError::fail(format!("{link}: {fault:?}")))?;
        prop_assert_eq!(&read, &spot);
        prop_assert_eq!(write(&read), link);
    }

    #[test]
    fn a_shell_takes_a_link_for_one_word_and_a_terminal_for_letters(spot in any_spot()) {
        let command = command_line(&spot);
        prop_assert_eq!(command.matches('\'').count(), 2);
        prop_assert!(command.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
        prop_assert_eq!(super::read(&command).ok(), Some(spot));
    }

    #[test]
    fn whatever_is_read_breaks_nothing(text in any::<String>(), query in any::<String>()) {
        let _ = read(&text);
        let _ = read(&format!("bitville://requests?{query}"));
    }
}

#[test]
fn a_link_is_as_it_is_written_in_tickets() {
    let range = fixture::range("13:30:00", "14:30:00");
    let spot = Spot {
        project: Some(Project::try_new("shop").expect("a sound name")),
        range,
        spike: Some(SpikeId(3)),
        chosen: None,
        baseline: BaselineKind::Yesterday,
        is_folded: false,
        sight: Sight::Requests(RequestList {
            range: fixture::range("14:01:10", "14:08:40"),
            route: Some("POST /checkout".to_owned()),
            fingerprint: None,
            filter: "duration>2s".to_owned(),
            sort: Sort::Sql,
            columns: Columns::default(),
            selected: None,
        }),
    };
    insta::assert_snapshot!(command_line(&spot));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let range = "range=2026-11-23T14:00:00Z..2026-11-23T14:10:00Z";
    let cases = [
        (
            "http://x",
            0,
            "a link begins with bitville://, as y copies it",
        ),
        ("bitville://", 11, "\"\" is no screen; timeline, requests, "),
        ("  bitville://reqests?R", 13, "\"reqests\" is no screen"),
        ("bitville://timeline", 19, "the link has no range"),
        (
            "bitville://timeline/7?R",
            11,
            "timeline takes nothing behind a slash",
        ),
        (
            "bitville://timeline?range=yesterday",
            20,
            "range \"yesterday\": 2026-11-23T14:00:00Z..",
        ),
        (
            "bitville://timeline?range=2026-11-23T14:00:00Z..2026-11-23T14:00:00Z",
            20,
            "the end is to be later than the begin",
        ),
        (
            "bitville://timeline?range=2026-01-23T14:00:00Z..2026-11-23T14:00:00Z",
            20,
            "31 days at most",
        ),
        (
            "bitville://timeline?R&spike=x",
            69,
            "spike \"x\": a spike's number is allowed",
        ),
        ("bitville://timeline?R&R", 69, "range stands twice"),
        (
            "bitville://timeline?R&spike",
            69,
            "\"spike\" has no value: KEY=VALUE",
        ),
        (
            "bitville://timeline?R&filter=x",
            69,
            "\"filter\" is no part of a link to timeline; range,",
        ),
        (
            "bitville://requests?R&sort=best",
            69,
            "sort \"best\": wall, newest, sql, lock,",
        ),
        (
            "bitville://requests?R&columns=x",
            69,
            "columns \"x\": names of columns",
        ),
        (
            "bitville://requests?R&filter=%4",
            69,
            "filter: % and two hex digits",
        ),
        (
            "bitville://requests?R&filter=%FF",
            69,
            "filter: % and two hex digits",
        ),
        (
            "bitville://request/x?R",
            11,
            "\"x\": a correlation id (a UUID) is allowed",
        ),
        (
            "bitville://request?R",
            11,
            "\"\": a correlation id (a UUID) is allowed",
        ),
        (
            "bitville-tui 'bitville://request?R'",
            25,
            "\"\": a correlation id",
        ),
        (
            "bitville://statement/x?R",
            11,
            "\"x\": a fingerprint (16 hex digits)",
        ),
        (
            "bitville://timeline?R&project=a b",
            69,
            "project \"a b\": 1 to 64 letters",
        ),
    ];
    for (link, column, words) in cases {
        let link = link.replace('R', range);
        let fault = read(&link).expect_err(&link);
        assert!(fault.words.contains(words), "{link}: {}", fault.words);
        assert_eq!(fault.column, column, "{link}: {}", fault.words);
    }
}

#[test]
fn a_link_has_bounds() {
    let range = "range=2026-11-23T14:00:00Z..2026-11-23T14:10:00Z";
    let long = format!("bitville://requests?{range}&filter={}", "x".repeat(2_001));
    let fault = read(&long).expect_err("it is too long");
    assert!(fault.words.ends_with("2000 bytes at most are allowed"));
    let longer = format!(
        "bitville://requests?{range}&route={}",
        "x".repeat(BYTES_MAX)
    );
    let fault = read(&longer).expect_err("it is too long");
    assert_eq!(fault.words, "a link has 16384 bytes at most");
}

#[test]
fn a_moment_is_one_of_the_range_and_of_the_locks() {
    let words = |link: &str| {
        let range = "range=2026-11-23T14:00:00Z..2026-11-23T14:10:00Z";
        let fault = read(&format!("bitville://{link}&{range}")).expect_err("no sound link");
        (fault.column, fault.words)
    };
    let (column, outside) = words("locks?moment=2026-11-23T14:10:01Z");
    assert_eq!(column, "bitville://locks?".len());
    let allowed = "2026-11-23T14:03:22Z is allowed, an instant of the range";
    assert!(outside.ends_with(allowed), "{outside}");
    let (_, elsewhere) = words("episodes?moment=2026-11-23T14:01:00Z");
    assert!(
        elsewhere.starts_with("\"moment\" is no part of a link to episodes"),
        "{elsewhere}"
    );
}
