//! What a message does to the state, and which effects it has.

use wire::query::{Overview, RequestDetail, Requests, Spikes, Suspects, Timeline};
use wire::time::{Instant, Micros};

use super::window::Window;
use super::{Above, Failure, Focus, RequestsScreen, SPIKES_SPAN, State};
use crate::action::{Action, Answered, Effect, Msg};
use crate::ask::{Answer, Ask, Trouble};
use crate::dossier::Dossier;
use crate::fetch::Job;
use crate::keymap;
use crate::state::slot::Generation;

/// How often the store is asked whether there is something new. Agents report every 10 s.
const REFRESH: Micros = Micros::from_seconds(10);
/// The waits between attempts to reach the store; the last one repeats.
const RETRY_SECONDS: [i64; 4] = [1, 2, 2, 5];
/// A chart has this many buckets whatever the terminal's width, so that a resize asks for nothing.
const BUCKETS: u32 = 240;
/// A bucket shorter than the agents' sampling would be empty more often than not.
const BUCKET_MIN: Micros = Micros::from_seconds(2);

// === impl State ===

impl State {
    /// The one way in which anything changes.
    pub fn update(&mut self, message: Msg) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Msg::Clock(now) => self.tick(now, &mut effects),
            Msg::Key(key) => {
                let had_notice = self.notice.take().is_some();
                match keymap::action(self.scope(), key) {
                    Some(action) => self.act(action, &mut effects),
                    None if had_notice => {}
                    // A key without a meaning changes nothing, so nothing is drawn.
                    None => return effects,
                }
                effects.push(Effect::Draw);
            }
            Msg::Resize(size) => {
                self.size = size;
                self.scroll();
                effects.push(Effect::Draw);
            }
            Msg::Answered(answered) => self.answered(answered, &mut effects),
            Msg::Stop => effects.push(Effect::Quit),
        }
        effects
    }

    fn act(&mut self, action: Action, effects: &mut Vec<Effect>) {
        self.timeline.is_opening = false;
        self.act_on_screen(action, effects);
        self.scroll();
    }

    fn tick(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let was_busy = self.is_busy();
        self.clock_at_us = now;
        if self
            .failure
            .as_ref()
            .is_some_and(|failure| failure.retry_at_us <= now)
        {
            self.retry(effects);
        }
        match self.refresh_at_us {
            // The first tick of all starts the console.
            None => self.refresh(effects),
            Some(due) if due <= now => self.refresh(effects),
            Some(_) => {}
        }
        if was_busy || self.is_busy() || self.failure.is_some() {
            effects.push(Effect::Draw);
        }
    }

    // --- Asking -------------------------------------------------------------------------------

    /// Begins a round: the overview tells the store's time, on which all else depends.
    pub(super) fn refresh(&mut self, effects: &mut Vec<Effect>) {
        self.refresh_at_us = Some(self.clock_at_us + REFRESH);
        let job = self
            .overview
            .want(Ask::Overview, &mut self.generations, self.clock_at_us);
        push(effects, job);
    }

    fn retry(&mut self, effects: &mut Vec<Effect>) {
        let now = self.clock_at_us;
        // Whatever comes of it sets the next time; until then there is nothing to count down to.
        if let Some(failure) = &mut self.failure {
            failure.retry_at_us = now + REFRESH;
        }
        let generations = &mut self.generations;
        let timeline = &mut self.timeline;
        let mut jobs = Vec::new();
        if self.overview.wants_retry() {
            jobs.push(self.overview.again(generations, now));
        }
        if timeline.spikes.wants_retry() {
            jobs.push(timeline.spikes.again(generations, now));
        }
        if timeline.chart.wants_retry() {
            jobs.push(timeline.chart.again(generations, now));
        }
        if timeline.suspects.wants_retry() {
            jobs.push(timeline.suspects.again(generations, now));
        }
        for screen in &mut self.above {
            match screen {
                Above::Requests(screen) if screen.page.wants_retry() => {
                    jobs.push(screen.page.again(generations, now));
                }
                Above::Request(screen) if screen.dossier.wants_retry() => {
                    jobs.push(screen.dossier.again(generations, now));
                }
                _ => {}
            }
        }
        for job in jobs {
            push(effects, job);
        }
    }

    pub(super) fn ask_chart(&mut self, effects: &mut Vec<Effect>) {
        let range = self.window.range;
        let finest = u32::try_from(range.span().0 / BUCKET_MIN.0).unwrap_or(BUCKETS);
        let ask = Ask::Timeline {
            range,
            buckets: finest.clamp(1, BUCKETS),
            project: self.project.clone(),
        };
        let job = self
            .timeline
            .chart
            .want(ask, &mut self.generations, self.clock_at_us);
        push(effects, job);
    }

    fn ask_spikes(&mut self, effects: &mut Vec<Effect>) {
        let range = Window::last(SPIKES_SPAN, self.store_now()).range;
        let ask = Ask::Spikes {
            range,
            project: self.project.clone(),
        };
        let job = self
            .timeline
            .spikes
            .want(ask, &mut self.generations, self.clock_at_us);
        push(effects, job);
    }

    pub(super) fn ask_suspects(&mut self, effects: &mut Vec<Effect>) {
        let Some(spike) = self.timeline.selected else {
            return;
        };
        let ask = Ask::Suspects { spike };
        let job = self
            .timeline
            .suspects
            .want(ask, &mut self.generations, self.clock_at_us);
        push(effects, job);
    }

    // --- Answers ------------------------------------------------------------------------------

    fn answered(&mut self, answered: Answered, effects: &mut Vec<Effect>) {
        let Answered {
            generation,
            outcome,
        } = answered;
        match outcome {
            Ok(answer) => {
                let was_wanted = match answer {
                    Answer::Overview(answer) => self.take_overview(generation, *answer, effects),
                    Answer::Timeline(answer) => self.take_timeline(generation, *answer, effects),
                    Answer::Spikes(answer) => self.take_spikes(generation, *answer, effects),
                    Answer::Suspects(answer) => self.take_suspects(generation, *answer, effects),
                    Answer::Requests(answer) => self.take_requests(generation, *answer, effects),
                    Answer::Request(answer) => self.take_request(generation, *answer, effects),
                    // No screen asks for this yet; the report does, without a state.
                    Answer::Locks(_) => false,
                };
                if was_wanted {
                    self.recovered(effects);
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
        if is_first {
            self.open_at_start(effects);
        }
        // The chart of a fresh console waits for the spikes, which tell where to look.
        let knows_where = self.timeline.spikes.latest().is_some() || self.start.range.is_some();
        if self.window.is_live && knows_where {
            self.window.slide(self.store_now());
            self.ask_chart(effects);
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
        if is_first {
            self.select_at_start(effects);
        } else if self.timeline.selected_spike().is_none() {
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
        if self.start.range.is_some() || self.timeline.selected.is_none() {
            self.window.slide(self.store_now());
            self.ask_chart(effects);
            self.ask_suspects(effects);
        } else {
            self.look_at_spike(effects);
        }
    }

    fn select_newest(&mut self, effects: &mut Vec<Effect>) {
        self.timeline.selected = self.timeline.spikes().first().map(|spike| spike.id);
        self.ask_suspects(effects);
    }

    /// Fits the range around the selected spike and asks who is to blame for it.
    pub(super) fn look_at_spike(&mut self, effects: &mut Vec<Effect>) {
        if let Some(spike) = self.timeline.selected_spike() {
            self.window = Window::around(spike, self.store_now());
        }
        self.timeline.suspect_cursor = super::Cursor::default();
        self.place_spike_cursor();
        self.ask_chart(effects);
        self.ask_suspects(effects);
    }

    fn place_spike_cursor(&mut self) {
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
        effects.push(Effect::Draw);
        true
    }

    fn take_request(
        &mut self,
        generation: Generation,
        answer: RequestDetail,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let now = self.clock_at_us;
        let waiting = self.above.iter_mut().find_map(|screen| match screen {
            Above::Request(screen) if screen.dossier.is_waiting_for(generation) => Some(screen),
            _ => None,
        });
        let Some(screen) = waiting else {
            return false;
        };
        screen.dossier.accept(Dossier::new(answer), now);
        screen.point_at_longest();
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
        let timeline = &mut self.timeline;
        let mut was_wanted = fail(&mut self.overview, generation, trouble)
            | fail(&mut timeline.chart, generation, trouble)
            | fail(&mut timeline.spikes, generation, trouble)
            | fail(&mut timeline.suspects, generation, trouble);
        for screen in &mut self.above {
            was_wanted |= match screen {
                Above::Requests(screen) => fail(&mut screen.page, generation, trouble),
                Above::Request(screen) => fail(&mut screen.dossier, generation, trouble),
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
        effects.push(Effect::Draw);
    }

    /// The store answers: what failed in the meantime is asked again at once.
    fn recovered(&mut self, effects: &mut Vec<Effect>) {
        if self.failure.take().is_some() {
            self.retry(effects);
            effects.push(Effect::Draw);
        }
    }

    // --- Scrolling ----------------------------------------------------------------------------

    /// Brings the selected lines into view.
    pub(super) fn scroll(&mut self) {
        let heights = crate::view::layout::list_heights(self);
        let spikes = self.timeline.spikes().len();
        self.timeline.spike_cursor.follow(spikes, heights.spikes);
        match self.above.last_mut() {
            None => {}
            Some(Above::Requests(screen)) => {
                let length = screen.rows().len();
                screen.cursor.follow(length, heights.front);
            }
            Some(Above::Request(screen)) => {
                let (tab, length) = (screen.tab, screen.length(screen.tab));
                screen.cursor_mut(tab).follow(length, heights.front);
            }
        }
    }
}

fn push(effects: &mut Vec<Effect>, job: Option<Job>) {
    effects.extend(job.map(Effect::Ask));
}

fn fail<T>(slot: &mut super::Slot<T>, generation: Generation, trouble: &Trouble) -> bool {
    let is_it = slot.is_waiting_for(generation);
    if is_it {
        slot.fail(trouble.clone());
    }
    is_it
}

// === impl RequestsScreen ===

impl RequestsScreen {
    pub(super) fn ask(&self, project: Option<&wire::ids::Project>, cursor: Option<String>) -> Ask {
        Ask::Requests {
            range: self.range,
            project: project.cloned(),
            route: self.route.clone(),
            sort: self.sort,
            rows_max: crate::ask::PAGE_ROWS,
            cursor,
        }
    }
}
