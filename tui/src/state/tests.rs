//! Keys in, state and effects out.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use wire::query::{BaselineKind, Spikes};
use wire::time::{Instant, Micros};

use super::request::Tab;
use super::*;
use crate::action::{Answered, Effect, Mouse, Msg, Pointing};
use crate::ask::stacks::Stacks;
use crate::ask::{Answer, Ask, Suspected};
use crate::fetch::Job;
use crate::fixture;
use crate::keymap::Key;
use crate::live::News;

/// A console with a store that answers from the fixture, at once or when told to.
pub(crate) struct Desk {
    pub(crate) state: State,
    /// Questions that have no answer yet.
    pub(crate) open: Vec<Job>,
    pub(crate) effects: Vec<Effect>,
}

impl Desk {
    pub(crate) fn new(start: Start, size: Size) -> Self {
        Self {
            state: State::new(start, size, fixture::NOW),
            open: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// A console that has started and knows everything.
    pub(crate) fn started(columns: u16, rows: u16) -> Self {
        let mut desk = Self::new(Start::default(), Size { columns, rows });
        desk.send(Msg::Clock(fixture::NOW));
        desk.settle();
        desk
    }

    pub(crate) fn send(&mut self, message: Msg) {
        self.effects = self.state.update(message);
        for effect in &self.effects {
            if let Effect::Ask(job) = effect {
                // As the fetcher does it: the newest question per topic counts.
                self.open.retain(|open| open.topic != job.topic);
                self.open.push(job.clone());
            }
        }
    }

    /// Answers all questions, and those that follow from the answers.
    pub(crate) fn settle(&mut self) {
        while !self.open.is_empty() {
            self.settle_one();
        }
    }

    /// Answers the question that has waited longest.
    pub(crate) fn settle_one(&mut self) {
        let job = self.open.remove(0);
        let outcome = match job.topic {
            // The line under the header stands only where a test is about it.
            Topic::Health => Ok(Answer::Health(Box::new(pulse::tests::well()))),
            _ => answer(&job.ask),
        };
        self.send(Msg::Answered(Answered {
            generation: job.generation,
            outcome,
        }));
    }

    /// Answers all questions but those of a topic.
    pub(crate) fn settle_but(&mut self, topic: Topic) {
        while let Some(place) = self.open.iter().position(|job| job.topic != topic) {
            self.open.swap(0, place);
            self.settle_one();
        }
    }

    pub(crate) fn fail(&mut self, trouble: &Trouble) {
        for job in std::mem::take(&mut self.open) {
            self.send(Msg::Answered(Answered {
                generation: job.generation,
                outcome: Err(trouble.clone()),
            }));
        }
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.send(Msg::Key(key));
    }

    pub(crate) fn keys(&mut self, keys: &[Key]) {
        for key in keys {
            self.key(*key);
            self.settle();
        }
    }

    fn request(&self) -> &RequestScreen {
        match self.state.above.last() {
            Some(Above::Request(screen)) => screen,
            other => panic!("a request should be in front, not {other:?}"),
        }
    }

    fn asked(&self) -> Vec<Ask> {
        self.open.iter().map(|job| job.ask.clone()).collect()
    }
}

fn answer(ask: &Ask) -> Result<Answer, Trouble> {
    Ok(match ask {
        Ask::Overview => Answer::Overview(Box::new(fixture::overview())),
        Ask::Projects => Answer::Projects(Box::new(fixture::projects())),
        Ask::Timeline { range, .. } => Answer::Timeline(Box::new(fixture::timeline(*range))),
        Ask::Spikes { .. } => Answer::Spikes(Box::new(fixture::spikes())),
        Ask::Suspects { .. } => Answer::Suspects(Box::new(fixture::suspects())),
        Ask::Requests { sort, route, .. } => {
            let page = fixture::requests(sort.parameter(), route.as_deref());
            Answer::Requests(Box::new(page))
        }
        Ask::Request { correlation_id } => match fixture::request_detail(*correlation_id) {
            Some(detail) => Answer::Request(Box::new(detail)),
            None => return Err(not_found()),
        },
        Ask::Comparison { correlation_id } => match fixture::comparison(*correlation_id) {
            Some(answer) => Answer::Comparison(Box::new(answer)),
            None => return Err(not_found()),
        },
        Ask::LockTree { range, at_us, .. } => {
            Answer::LockTree(Box::new(fixture::lock_tree(*range, *at_us)))
        }
        Ask::Locks { .. } => Answer::Locks(Box::new(fixture::locks())),
        Ask::Hosts { .. } => Answer::Hosts(Box::new(fixture::hosts())),
        Ask::Logs { .. } => Answer::Logs(Box::new(fixture::logs())),
        Ask::Health => Answer::Health(Box::new(fixture::health())),
        Ask::FunctionGraph { range, .. } => {
            Answer::FunctionGraph(Box::new(fixture::function_graph(*range)))
        }
        Ask::Stacks { .. } => Answer::Stacks(Box::new(Stacks {
            matching: 412,
            read: 40,
            profiles: vec![
                fixture::sampled::sampled(13.9),
                fixture::sampled::sampled(9.0),
            ],
        })),
        Ask::Statement {
            range, fingerprint, ..
        } => Answer::Statement(Box::new(fixture::statement_detail(*range, *fingerprint))),
        Ask::Statements { range, .. } => Answer::Statements(Box::new(fixture::statements(*range))),
    })
}

fn not_found() -> Trouble {
    Trouble::Problem(wire::batch::Problem::new(
        404,
        "Not Found",
        "no such request",
    ))
}

pub(crate) fn unreachable() -> Trouble {
    Trouble::Unreachable {
        url: "http://127.0.0.1:7802".to_owned(),
        reason: "connection refused".to_owned(),
    }
}

fn after(seconds: i64) -> Msg {
    Msg::Clock(fixture::NOW + Micros::from_seconds(seconds))
}

fn draws(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Draw))
}

#[test]
fn the_console_opens_on_the_newest_spike_with_its_surroundings() {
    let desk = Desk::started(120, 40);
    assert_eq!(desk.state.timeline.selected, Some(SpikeId(3)));
    let range = desk.state.window.range;
    assert_eq!(range, fixture::range("13:53:40", "14:16:10"));
    assert!(desk.state.timeline.suspects.current().is_some());
}

#[test]
fn the_spikes_are_a_tab_away_and_esc_leads_back_to_the_suspects() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Tab, Key::Char('j')]);
    assert_eq!(desk.state.timeline.selected, Some(SpikeId(2)));
    desk.keys(&[Key::Esc]);
    assert_eq!(desk.state.timeline.focus, Focus::Suspects);
    desk.keys(&[Key::Tab, Key::Enter]);
    assert_eq!(desk.state.timeline.focus, Focus::Suspects);
    assert!(desk.state.above.is_empty(), "from a spike to its suspects");
}

#[test]
fn without_a_spike_enter_says_so() {
    let size = Size {
        columns: 80,
        rows: 24,
    };
    let mut desk = Desk::new(Start::default(), size);
    desk.send(Msg::Clock(fixture::NOW));
    while !desk.open.is_empty() {
        let job = desk.open.remove(0);
        let outcome = match job.ask {
            Ask::Spikes { .. } => Ok(Answer::Spikes(Box::default())),
            ask => answer(&ask),
        };
        desk.send(Msg::Answered(Answered {
            generation: job.generation,
            outcome,
        }));
    }
    desk.key(Key::Enter);
    let notice = desk.state.notice.as_deref();
    assert_eq!(notice, Some("no spike to look into"));
}

#[test]
fn a_spike_soon_after_the_first_record_is_shown_without_the_time_before() {
    let mut desk = Desk::new(
        Start::default(),
        Size {
            columns: 80,
            rows: 24,
        },
    );
    desk.send(Msg::Clock(fixture::NOW));
    let job = desk.open.remove(0);
    let mut overview = fixture::overview();
    overview.data = Some(fixture::range("13:58:00", "14:29:58"));
    desk.send(Msg::Answered(Answered {
        generation: job.generation,
        outcome: Ok(Answer::Overview(Box::new(overview))),
    }));
    desk.settle();
    let range = desk.state.window.range;
    assert_eq!(range, fixture::range("13:58:00", "14:16:10"));
    desk.keys(&[Key::Char('Z')]);
    let zoomed = desk.state.window.range;
    assert!(
        zoomed.from_at_us < fixture::at("13:58:00"),
        "zooming is free: {zoomed:?}"
    );
}

#[test]
fn a_lock_holder_opens_on_those_who_waited_with_the_whole_above() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Enter]);
    let screen = desk.request();
    let dossier = screen.dossier.current().expect("it has arrived");
    let selected = &dossier.waterfall[screen.cursor().selected];
    assert_eq!(selected.what, crate::dossier::Span::Blocked);
    assert_eq!(screen.cursor().window(dossier.waterfall.len(), 8).start, 0);
    desk.keys(&[Key::Char('s')]);
    let screen = desk.request();
    let dossier = screen.dossier.current().expect("it is still there");
    let statement = &dossier.statements[screen.cursor().selected];
    assert!(statement.sql.starts_with("UPDATE stock"), "{statement:?}");
}

#[test]
fn from_the_spike_to_the_blocker_its_functions_sql_and_victims_takes_four_keys() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Enter]);
    assert_eq!(desk.request().correlation_id, fixture::reprice_id());
    let tabs = [('f', Tab::Profile), ('s', Tab::Sql), ('l', Tab::Locks)];
    for (key, tab) in tabs {
        desk.keys(&[Key::Char(key)]);
        assert_eq!(desk.request().tab, tab);
        assert!(desk.request().length(tab) > 0);
    }
    desk.keys(&[Key::Enter]);
    assert_eq!(desk.request().correlation_id, fixture::checkout_id(0));
}

#[test]
fn an_operator_who_is_faster_than_the_store_still_arrives() {
    let size = Size {
        columns: 80,
        rows: 24,
    };
    for answers_before in 0..4 {
        let mut desk = Desk::new(Start::default(), size);
        desk.send(Msg::Clock(fixture::NOW));
        for _ in 0..answers_before {
            let job = desk.open.remove(0);
            desk.send(Msg::Answered(Answered {
                generation: job.generation,
                outcome: answer(&job.ask),
            }));
        }
        desk.key(Key::Enter);
        desk.settle();
        let arrived = desk.request().correlation_id;
        assert_eq!(arrived, fixture::reprice_id(), "{answers_before}");
    }
}

#[test]
fn a_suspect_without_a_request_leads_to_the_requests_of_its_route() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('j')]);
    desk.key(Key::Enter);
    let asked = desk.asked();
    let [Ask::Requests { range, route, .. }] = &asked[..] else {
        panic!("the route's requests should be asked for, not {asked:?}");
    };
    assert_eq!(route.as_deref(), Some("GET /search"));
    assert_eq!(*range, fixture::suspects().range);
}

#[test]
fn the_holder_opens_from_the_waterfall_of_who_waited_and_esc_leads_all_the_way_back() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char('2'), Key::Char('o'), Key::Char('j'), Key::Enter]);
    let checkout = desk.request().correlation_id;
    desk.keys(&[Key::Char('j'), Key::Enter]);
    assert_eq!(desk.request().correlation_id, fixture::reprice_id());
    desk.key(Key::Esc);
    assert_eq!(desk.request().correlation_id, checkout);
    assert!(
        desk.request().dossier.current().is_some(),
        "going back loads nothing"
    );
    desk.keys(&[Key::Esc, Key::Backspace]);
    assert!(desk.state.above.is_empty());
    desk.key(Key::Esc);
    assert!(
        desk.state.notice.is_some(),
        "a key that does nothing says why"
    );
    desk.key(Key::Char('q'));
    assert!(matches!(desk.effects[..], [Effect::Quit, ..]));
}

#[test]
fn another_spike_moves_the_range_and_asks_for_its_suspects_alone() {
    let mut desk = Desk::started(120, 40);
    for key in ['n', 'n'] {
        desk.key(Key::Char(key));
    }
    let suspects: Vec<Ask> = desk
        .asked()
        .into_iter()
        .filter(|ask| matches!(ask, Ask::Suspects { .. }))
        .collect();
    assert_eq!(
        suspects,
        [Ask::Suspects {
            of: Suspected::Spike(SpikeId(1)),
            baseline: BaselineKind::Before
        }]
    );
    assert!(
        desk.state.timeline.suspects.current().is_none(),
        "another spike's suspects are not shown"
    );
    assert!(desk.state.window.range.contains(fixture::at("03:14:00")));
    desk.settle();
    desk.keys(&[Key::Char('p')]);
    assert_eq!(desk.state.timeline.selected, Some(SpikeId(2)));
}

#[test]
fn a_late_answer_to_an_older_question_is_dropped() {
    let mut desk = Desk::started(120, 40);
    desk.key(Key::Char('n'));
    let late = desk
        .open
        .iter()
        .find(|job| matches!(job.ask, Ask::Suspects { .. }))
        .cloned();
    let generation = late.expect("suspects were asked for").generation;
    desk.key(Key::Char('n'));
    let outcome = answer(&Ask::Suspects {
        of: Suspected::Spike(SpikeId(2)),
        baseline: BaselineKind::Before,
    });
    desk.send(Msg::Answered(Answered {
        generation,
        outcome,
    }));
    assert!(desk.state.timeline.suspects.current().is_none());
    assert!(desk.effects.is_empty());
}

#[test]
fn without_a_store_it_says_so_counts_down_and_tries_again() {
    let mut desk = Desk::new(
        Start::default(),
        Size {
            columns: 80,
            rows: 24,
        },
    );
    desk.send(Msg::Clock(fixture::NOW));
    desk.fail(&unreachable());
    let failure = desk.state.failure.clone().expect("a failure");
    assert_eq!(failure.retry_at_us, fixture::NOW + Micros::from_seconds(1));
    assert_eq!(desk.state.wake_at(), Some(failure.retry_at_us));
    desk.send(after(1));
    assert_eq!(desk.asked(), [Ask::Overview]);
    desk.fail(&unreachable());
    assert_eq!(
        desk.state.failure.as_ref().map(|failure| failure.attempts),
        Some(2)
    );
    desk.send(after(3));
    desk.settle();
    assert_eq!(desk.state.failure, None);
    assert!(desk.state.timeline.chart.latest().is_some());
}

#[test]
fn what_is_on_the_screen_stays_when_the_store_goes_away() {
    let mut desk = Desk::started(80, 24);
    desk.send(after(10));
    desk.fail(&unreachable());
    assert!(desk.state.failure.is_some());
    assert!(desk.state.timeline.chart.latest().is_some());
    assert_eq!(desk.state.timeline.spikes().len(), 3);
}

#[test]
fn a_question_that_the_store_calls_wrong_is_not_asked_again() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Enter);
    desk.fail(&not_found());
    assert_eq!(desk.state.failure, None);
    desk.send(after(5));
    assert_eq!(desk.asked(), []);
}

#[test]
fn a_refresh_that_brings_nothing_new_draws_nothing() {
    let mut desk = Desk::started(80, 24);
    desk.send(after(10));
    assert!(!draws(&desk.effects));
    while !desk.open.is_empty() {
        let ask = desk.open[0].ask.clone();
        desk.settle_one();
        assert!(!draws(&desk.effects), "{ask:?}");
    }
}

#[test]
fn a_new_spike_does_not_steal_the_selection() {
    let mut desk = Desk::started(80, 24);
    desk.keys(&[Key::Char('n')]);
    desk.send(after(10));
    let overview = desk.open.remove(0);
    desk.send(Msg::Answered(Answered {
        generation: overview.generation,
        outcome: answer(&overview.ask),
    }));
    let asked = desk.open.remove(0);
    let mut spikes = fixture::spikes().spikes;
    let newest = Spike {
        id: SpikeId(4),
        ..spikes[0].clone()
    };
    spikes.insert(0, newest);
    let outcome = Ok(Answer::Spikes(Box::new(Spikes { spikes })));
    desk.send(Msg::Answered(Answered {
        generation: asked.generation,
        outcome,
    }));
    assert_eq!(desk.state.timeline.selected, Some(SpikeId(2)));
    assert_eq!(desk.state.timeline.spike_cursor.selected, 2);
}

#[test]
fn a_key_without_a_meaning_draws_nothing() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Char('_'));
    assert!(desk.effects.is_empty());
}

#[test]
fn a_range_from_the_command_line_is_kept_and_follows_the_clock() {
    let start = Start {
        range: Some(Micros::from_seconds(900)),
        ..Start::default()
    };
    let mut desk = Desk::new(
        start,
        Size {
            columns: 80,
            rows: 24,
        },
    );
    desk.send(Msg::Clock(fixture::NOW));
    desk.settle();
    assert_eq!(
        desk.state.window,
        Window::last(Micros::from_seconds(900), fixture::NOW)
    );
    desk.keys(&[Key::Char('z')]);
    assert!(
        !desk.state.window.is_live,
        "zooming holds the picture still"
    );
}

#[test]
fn the_next_page_is_asked_for_at_the_end_of_the_list() {
    let mut desk = Desk::started(80, 24);
    desk.key(Key::Char('2'));
    let first = desk.open.remove(0);
    let mut page = fixture::requests("-wall_us", None);
    page.next = Some("further".to_owned());
    page.total = 82;
    let outcome = Ok(Answer::Requests(Box::new(page)));
    desk.send(Msg::Answered(Answered {
        generation: first.generation,
        outcome,
    }));
    desk.key(Key::Char('j'));
    assert_eq!(desk.asked(), []);
    desk.key(Key::Char('G'));
    let asked = desk.asked();
    assert!(
        matches!(&asked[..], [Ask::Requests { cursor: Some(cursor), .. }] if cursor == "further")
    );
    desk.settle();
    let Some(Above::Requests(screen)) = desk.state.above.last() else {
        panic!("the list should be in front");
    };
    assert_eq!(screen.rows().len(), 82);
    assert_eq!(screen.cursor.selected, 40);
}

/// Keys that do something somewhere, and some that do not.
fn any_key() -> impl Strategy<Value = Key> {
    let keys: Vec<Key> = crate::keymap::BINDINGS
        .iter()
        .flat_map(|binding| binding.keys.iter().copied())
        .filter(|key| *key != Key::Ctrl('c'))
        .chain([Key::Char('_'), Key::Char('é')])
        .collect();
    prop::sample::select(keys)
}

#[derive(Clone, Debug)]
enum Step {
    Key(Key),
    Resize(u16, u16),
    Mouse(Mouse),
    Settle,
    Fail,
    Wait(i64),
}

/// What is on the screen, held against what the state would draw after a message that asks for no frame.
struct Watched {
    desk: Desk,
    shown: Buffer,
}

impl Watched {
    fn started() -> Self {
        let desk = Desk::started(80, 24);
        let shown = Self::drawn(&desk);
        Self { desk, shown }
    }

    fn drawn(desk: &Desk) -> Buffer {
        let theme = crate::theme::Theme {
            palette: crate::theme::Palette::True,
            is_ascii: false,
        };
        let Size { columns, rows } = desk.state.size;
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, columns, rows));
        crate::view::render(&desk.state, theme, &mut buffer);
        buffer
    }

    fn send(&mut self, message: Msg) {
        let what = format!("{message:?}");
        self.desk.send(message);
        let drawn = Self::drawn(&self.desk);
        if draws(&self.desk.effects) {
            self.shown = drawn;
        } else {
            let is_same = self.shown == drawn;
            assert!(
                is_same,
                "no frame was asked for after {}",
                &what[..what.len().min(300)]
            );
        }
    }

    /// Answers one of the open questions, or says why there is no answer.
    fn answer_one(&mut self, index: usize, is_good: bool) {
        if self.desk.open.is_empty() {
            return;
        }
        let job = self.desk.open.remove(index % self.desk.open.len());
        let outcome = if is_good {
            answer(&job.ask)
        } else {
            Err(unreachable())
        };
        self.send(Msg::Answered(Answered {
            generation: job.generation,
            outcome,
        }));
    }
}

#[derive(Clone, Debug)]
enum Turn {
    Key(Key),
    Answer(usize, bool),
    Wait(i64),
    News(News),
    Mouse(Mouse),
}

fn any_news() -> impl Strategy<Value = News> {
    prop_oneof![
        Just(News::Open),
        Just(News::Spikes),
        (0u64..2_000).prop_map(|records| News::Stored { records }),
    ]
}

fn any_turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        3 => any_key().prop_map(Turn::Key),
        6 => (0usize..8, prop::bool::weighted(0.7)).prop_map(|(index, is_good)| Turn::Answer(index, is_good)),
        3 => (0i64..15).prop_map(Turn::Wait),
        2 => any_news().prop_map(Turn::News),
        2 => any_mouse().prop_map(Turn::Mouse),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_changes_the_picture_asks_for_a_frame(turns in prop::collection::vec(any_turn(), 1..60)) {
        let mut watched = Watched::started();
        watched.send(Msg::Key(Key::F2));
        let mut seconds = 0;
        for turn in turns {
            match turn {
                Turn::Key(key) => watched.send(Msg::Key(key)),
                Turn::News(news) => watched.send(Msg::News(news)),
                Turn::Mouse(mouse) => watched.send(Msg::Mouse(mouse)),
                Turn::Answer(index, is_good) => watched.answer_one(index, is_good),
                Turn::Wait(more) => {
                    seconds += more;
                    watched.send(after(seconds));
                }
            }
        }
    }
}

/// Also where the screen is not.
fn any_mouse() -> impl Strategy<Value = Mouse> {
    let what = vec![
        Pointing::Press,
        Pointing::Drag,
        Pointing::Release,
        Pointing::WheelUp,
        Pointing::WheelDown,
    ];
    (prop::sample::select(what), 0u16..210, 0u16..90).prop_map(|(what, column, row)| Mouse {
        what,
        column,
        row,
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any_key().prop_map(Step::Key),
        1 => (1u16..200, 1u16..80).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        2 => any_mouse().prop_map(Step::Mouse),
        3 => Just(Step::Settle),
        1 => Just(Step::Fail),
        1 => (0i64..30).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_keys_at_any_size_break_the_console(steps in prop::collection::vec(any_step(), 1..60)) {
        let mut desk = Desk::started(80, 24);
        desk.key(Key::F2);
        let theme = crate::theme::Theme { palette: crate::theme::Palette::True, is_ascii: false };
        let mut seconds = 0;
        for step in steps {
            match step {
                Step::Key(key) => desk.key(key),
                Step::Resize(columns, rows) => desk.send(Msg::Resize(Size { columns, rows })),
                Step::Mouse(mouse) => desk.send(Msg::Mouse(mouse)),
                Step::Settle => desk.settle(),
                Step::Fail => desk.fail(&unreachable()),
                Step::Wait(more) => {
                    seconds += more;
                    desk.send(after(seconds));
                }
            }
            let Size { columns, rows } = desk.state.size;
            let area = ratatui::layout::Rect::new(0, 0, columns, rows);
            let mut buffer = ratatui::buffer::Buffer::empty(area);
            crate::view::render(&desk.state, theme, &mut buffer);
            prop_assert!(desk.state.above.len() <= 32);
            if let Some(wake_at) = desk.state.wake_at() {
                prop_assert!(wake_at > Instant(0));
            }
        }
    }
}

#[test]
fn b_compares_with_the_next_baseline_that_there_is() {
    let mut desk = Desk::started(120, 40);
    let asked = |desk: &Desk| desk.state.timeline.against;
    assert_eq!(asked(&desk), BaselineKind::Before);
    desk.keys(&[Key::Char('b')]);
    assert_eq!(asked(&desk), BaselineKind::Yesterday);
    let told = desk.state.notice.clone().unwrap_or_default();
    assert_eq!(told, "compared with the same time yesterday");
    desk.keys(&[Key::Char('b')]);
    assert_eq!(asked(&desk), BaselineKind::Before);
}

#[test]
fn a_spike_without_that_baseline_is_compared_with_the_time_before() {
    let mut desk = Desk::started(120, 40);
    desk.state.timeline.against = BaselineKind::LastWeek;
    desk.keys(&[Key::Char('n')]);
    assert_eq!(desk.state.timeline.against, BaselineKind::Before);
    let told = desk.state.notice.clone().unwrap_or_default();
    assert_eq!(
        told,
        "no data of the same time a week ago: compared with the time before"
    );
}

#[test]
fn a_live_screen_asks_when_something_was_stored_but_no_faster_than_it_can_show() {
    let mut desk = Desk::started(120, 40);
    desk.keys(&[Key::Char(' ')]);
    assert!(desk.state.window.is_live);
    let stored = |records| Msg::News(News::Stored { records });
    // The round of the key was at 0 s.
    desk.send(after(1));
    desk.send(stored(100));
    desk.send(after(1));
    assert_eq!(desk.asked(), []);
    let due = desk.state.wake_at().expect("a round is due");
    assert!(
        due < fixture::NOW + Micros::from_seconds(10),
        "sooner than without news"
    );
    desk.send(Msg::Clock(due));
    assert_eq!(desk.asked(), [Ask::Overview]);
    assert_eq!(desk.state.unseen(), 0);
}

#[test]
fn a_still_screen_counts_what_it_misses_and_asks_at_once_for_spikes() {
    let mut desk = Desk::started(120, 40);
    assert!(!desk.state.window.is_live);
    let stored = |records| Msg::News(News::Stored { records });
    desk.send(stored(5_000));
    assert_eq!(desk.state.unseen(), 0, "what was there before");
    desk.send(stored(5_312));
    assert!(draws(&desk.effects));
    assert_eq!(desk.state.unseen(), 312);
    desk.send(stored(5_312));
    assert!(!draws(&desk.effects), "nothing has changed");
    // Live, all of it is seen; still again, nothing is missed yet.
    desk.keys(&[Key::Char(' '), Key::Char(' ')]);
    assert_eq!(desk.state.unseen(), 0);
    // A store that was started again counts anew.
    desk.send(stored(40));
    assert_eq!(desk.state.unseen(), 40);
    desk.send(after(1));
    assert_eq!(desk.asked(), []);
    desk.send(Msg::News(News::Spikes));
    desk.send(after(1));
    assert_eq!(desk.asked(), [Ask::Overview]);
}

#[test]
fn a_store_that_opens_its_stream_is_asked_again_at_once() {
    let mut desk = Desk::started(120, 40);
    desk.send(after(10));
    desk.fail(&unreachable());
    desk.send(Msg::News(News::Open));
    desk.send(after(10));
    assert_eq!(desk.asked(), [Ask::Overview]);
}
