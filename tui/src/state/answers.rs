//! What an answer from the store does to the state.
//!
//! Each is taken only by the slot that waits for it; an answer to an older question changes nothing
//! and draws nothing. So does one that says what is known already.

use wire::query::{
    BaselineKind, Overview, RequestComparison, RequestDetail, Requests, Spikes, Suspects, Timeline,
};
use wire::time::Micros;

use super::window::Window;
use super::{Above, Cursor, Failure, Focus, Slot, State};
use crate::action::{Answered, Effect};
use crate::ask::{Answer, Trouble};
use crate::board::Page;
use crate::dossier::Dossier;
use crate::state::slot::Generation;

/// The waits between attempts to reach the store; the last one repeats.
const RETRY_SECONDS: [i64; 4] = [1, 2, 2, 5];

// === impl State ===

impl State {
    pub(super) fn answered(&mut self, answered: Answered, effects: &mut Vec<Effect>) {
        let Answered {
            generation,
            outcome,
        } = answered;
        match outcome {
            Ok(answer) => {
                let told = (self.is_busy(), self.refusal().cloned());
                let was_wanted = match answer {
                    Answer::Overview(answer) => self.take_overview(generation, *answer, effects),
                    Answer::Projects(answer) => self.take_projects(generation, *answer, effects),
                    Answer::Timeline(answer) => self.take_timeline(generation, *answer, effects),
                    Answer::Spikes(answer) => self.take_spikes(generation, *answer, effects),
                    Answer::Suspects(answer) => self.take_suspects(generation, *answer, effects),
                    Answer::Requests(answer) => self.take_requests(generation, *answer, effects),
                    Answer::Request(answer) => self.take_request(generation, *answer, effects),
                    Answer::Comparison(it) => self.take_comparison(generation, *it, effects),
                    Answer::Locks(it) => self.take_board(generation, Page::Locks(*it), effects),
                    Answer::LockTree(it) => {
                        self.take_board(generation, Page::LockTree(*it), effects)
                    }
                    Answer::Hosts(it) => self.take_board(generation, Page::Hosts(*it), effects),
                    Answer::Logs(it) => self.take_board(generation, Page::Logs(*it), effects),
                    Answer::Health(it) if self.pulse.is_waiting_for(generation) => {
                        self.take_pulse(*it, effects)
                    }
                    Answer::Health(it) => self.take_board(generation, Page::Health(it), effects),
                    Answer::FunctionGraph(answer) => self.take_graph(generation, *answer, effects),
                    Answer::Stacks(answer) => self.take_stacks(generation, *answer, effects),
                    Answer::Statements(answer) => {
                        self.take_statements(generation, *answer, effects)
                    }
                    Answer::Statement(answer) => self.take_statement(generation, *answer, effects),
                };
                if was_wanted {
                    self.recovered(effects);
                }
                // It may say what is known already, and still end a wait or a complaint on the screen.
                if told != (self.is_busy(), self.refusal().cloned()) {
                    effects.push(Effect::Draw);
                }
            }
            Err(trouble) => self.take_trouble(generation, &trouble, effects),
        }
    }

    fn take_overview(
        &mut self,
        generation: Generation,
        answer: Overview,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if !self.overview.is_waiting_for(generation) {
            return false;
        }
        let is_first = self.overview.latest().is_none();
        self.overview.accept(answer, self.clock_at_us);
        self.ask_spikes(effects);
        self.renew_board(effects);
        self.ask_pulse(effects);
        if is_first {
            self.open_start_spot(effects);
            self.open_at_start(effects);
        }
        // The chart of a fresh console waits for the spikes, which tell where to look.
        let knows_where = self.timeline.spikes.latest().is_some() || self.start.range.is_some();
        if self.window.is_live && knows_where {
            self.window.slide(self.store_now(), self.data());
            self.ask_chart(effects);
            self.renew_profiles(effects);
            effects.push(Effect::Draw);
        }
        true
    }

    fn open_at_start(&mut self, effects: &mut Vec<Effect>) {
        if let Some(correlation_id) = self.start.request.take() {
            self.open_request(correlation_id, effects);
            effects.push(Effect::Draw);
        }
    }

    fn take_timeline(
        &mut self,
        generation: Generation,
        answer: Timeline,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if !self.timeline.chart.is_waiting_for(generation) {
            return false;
        }
        let is_same = self
            .timeline
            .chart
            .latest()
            .is_some_and(|loaded| loaded.value == answer);
        self.timeline.chart.accept(answer, self.clock_at_us);
        self.ask_pulse(effects);
        if !is_same {
            effects.push(Effect::Draw);
        }
        true
    }

    fn take_spikes(
        &mut self,
        generation: Generation,
        answer: Spikes,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if !self.timeline.spikes.is_waiting_for(generation) {
            return false;
        }
        let is_first = self.timeline.spikes.latest().is_none();
        let is_same = self.timeline.spikes() == answer.spikes;
        let before = self.timeline.selected_spike().cloned();
        self.timeline.spikes.accept(answer, self.clock_at_us);
        if is_first && self.start.spot.is_none() {
            self.select_at_start(effects);
        } else if self.timeline.selected_spike().is_none() {
            if let Some(missing) = self.timeline.selected {
                self.notice = Some(format!("there is no spike {missing} in the last 7 days"));
            }
            self.select_newest(effects);
        } else if self.timeline.selected_spike() != before.as_ref() {
            // A running spike has grown, and so may have what explains it.
            self.ask_suspects(effects);
        }
        self.place_spike_cursor();
        if !is_same || is_first {
            effects.push(Effect::Draw);
        }
        true
    }

    /// Selects what the command line names, else the newest; fits the range unless it was given.
    fn select_at_start(&mut self, effects: &mut Vec<Effect>) {
        let spikes = self.timeline.spikes();
        let named = self
            .start
            .spike
            .filter(|id| spikes.iter().any(|spike| spike.id == *id));
        if let (Some(id), None) = (self.start.spike, named) {
            self.notice = Some(format!("there is no spike {id} in the last 7 days"));
        }
        let newest = spikes.first().map(|spike| spike.id);
        self.timeline.selected = named.or(newest);
        if self.start.range.is_none() && self.timeline.selected.is_some() {
            self.look_at_spike(effects);
            return;
        }
        self.window.slide(self.store_now(), self.data());
        if self.start.range.is_none() {
            self.window = self.window.from_oldest(self.data());
        }
        self.ask_chart(effects);
        self.ask_suspects(effects);
    }

    fn select_newest(&mut self, effects: &mut Vec<Effect>) {
        self.timeline.selected = self.timeline.spikes().first().map(|spike| spike.id);
        self.ask_suspects(effects);
    }

    /// Fits the range around the selected spike and asks who is to blame for it.
    pub(super) fn look_at_spike(&mut self, effects: &mut Vec<Effect>) {
        if let Some(spike) = self.timeline.selected_spike() {
            let around = Window::around(spike, self.store_now());
            self.window = around.from_oldest(self.data());
        }
        self.timeline.suspect_cursor = Cursor::default();
        self.place_spike_cursor();
        self.ask_chart(effects);
        self.ask_suspects(effects);
    }

    pub(super) fn place_spike_cursor(&mut self) {
        let selected = self.timeline.selected;
        let spikes = self.timeline.spikes();
        let line = spikes
            .iter()
            .position(|spike| Some(spike.id) == selected)
            .unwrap_or(0);
        let length = spikes.len();
        self.timeline.spike_cursor.to(line, length);
        self.scroll();
    }

    fn take_suspects(
        &mut self,
        generation: Generation,
        answer: Suspects,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if !self.timeline.suspects.is_waiting_for(generation) {
            return false;
        }
        let against = self.timeline.against;
        // Another spike may have no such day before it: what there is says more than "nothing to compare with".
        if against != BaselineKind::default()
            && !answer.baselines.contains(&against)
            && answer.baselines.contains(&BaselineKind::default())
        {
            self.timeline.against = BaselineKind::default();
            let words = (against.words(), BaselineKind::default().words());
            self.notice = Some(format!("no data of {}: compared with {}", words.0, words.1));
            self.timeline.suspects.accept(answer, self.clock_at_us);
            self.ask_suspects(effects);
            effects.push(Effect::Draw);
            return true;
        }
        let length = answer.suspects.len();
        self.timeline.suspects.accept(answer, self.clock_at_us);
        self.timeline.suspect_cursor.clamp(length);
        if self.timeline.is_opening
            && self.timeline.focus == Focus::Suspects
            && self.above.is_empty()
        {
            self.timeline.is_opening = false;
            self.open_suspect(effects);
        }
        effects.push(Effect::Draw);
        true
    }

    fn take_requests(
        &mut self,
        generation: Generation,
        mut answer: Requests,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let now = self.clock_at_us;
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Requests(screen) if screen.page.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        let mut rows = std::mem::take(&mut screen.earlier);
        rows.append(&mut answer.requests);
        answer.requests = rows;
        screen.cursor.clamp(answer.requests.len());
        screen.page.accept(answer, now);
        screen.find_wanted();
        self.scroll();
        effects.push(Effect::Draw);
        true
    }

    fn take_request(
        &mut self,
        generation: Generation,
        answer: RequestDetail,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let (now, vendors) = (self.clock_at_us, self.folded());
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Request(screen) if screen.dossier.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        screen.dossier.accept(Dossier::new(answer), now);
        screen.fold(vendors.as_ref());
        screen.sort_functions();
        screen.point_at_cause();
        screen.draw_wanted();
        self.scroll();
        effects.push(Effect::Draw);
        true
    }

    fn take_comparison(
        &mut self,
        generation: Generation,
        answer: RequestComparison,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let now = self.clock_at_us;
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Request(screen) if screen.comparison.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        screen.comparison.accept(answer, now);
        self.scroll();
        effects.push(Effect::Draw);
        true
    }

    fn take_trouble(
        &mut self,
        generation: Generation,
        trouble: &Trouble,
        effects: &mut Vec<Effect>,
    ) {
        self.pulse.fail_if(generation, trouble);
        let timeline = &mut self.timeline;
        let mut was_wanted = fail(&mut self.overview, generation, trouble)
            | fail(&mut self.projects, generation, trouble)
            | fail(&mut timeline.chart, generation, trouble)
            | fail(&mut timeline.spikes, generation, trouble)
            | fail(&mut timeline.suspects, generation, trouble);
        for screen in &mut self.above {
            was_wanted |= match screen {
                Above::Requests(screen) => fail(&mut screen.page, generation, trouble),
                Above::Request(screen) => {
                    fail(&mut screen.dossier, generation, trouble)
                        | fail(&mut screen.comparison, generation, trouble)
                }
                Above::Functions(screen) => screen.fail(generation, trouble),
                Above::Statements(screen) => screen.fail(generation, trouble),
                Above::Statement(screen) => screen.detail.fail_if(generation, trouble),
                Above::Board(screen) => fail(&mut screen.page, generation, trouble),
            };
        }
        if !was_wanted {
            return;
        }
        if trouble.may_pass() {
            let attempts = self.failure.as_ref().map_or(0, |failure| failure.attempts);
            let waits = RETRY_SECONDS.len();
            let seconds = RETRY_SECONDS[(attempts as usize).min(waits - 1)];
            self.failure = Some(Failure {
                trouble: trouble.clone(),
                attempts: attempts.saturating_add(1),
                retry_at_us: self.clock_at_us + Micros::from_seconds(seconds),
            });
        }
        if let (Trouble::Problem(problem), None) = (trouble, &self.prompt)
            && problem.parameter.as_deref() == Some("filter")
        {
            self.notice = Some(format!("the filter, {}; / mends it", problem.detail));
        }
        effects.push(Effect::Draw);
    }

    /// The store answers: what failed in the meantime is asked again at once.
    fn recovered(&mut self, effects: &mut Vec<Effect>) {
        if self.failure.take().is_some() {
            self.retry(effects);
            effects.push(Effect::Draw);
        }
    }
}

fn fail<T>(slot: &mut Slot<T>, generation: Generation, trouble: &Trouble) -> bool {
    slot.fail_if(generation, trouble)
}
