//! What a message does to the state, and which effects it has.

use wire::time::{Instant, Micros};

use super::window::Window;
use super::{Above, RequestsScreen, SPIKES_SPAN, State};
use crate::action::{Action, Effect, Msg};
use crate::ask::{Ask, Suspected};
use crate::fetch::Job;
use crate::keymap::{self, Scope};

/// How often the store is asked whether there is something new. Agents report every 10 s.
pub(super) const REFRESH: Micros = Micros::from_seconds(10);
/// A chart has this many buckets whatever the terminal's width, so that a resize asks for nothing.
pub(super) const BUCKETS: u32 = 240;
const _: () = assert!(BUCKETS as usize <= wire::limits::TIMELINE_BUCKETS_MAX);
/// A bucket shorter than the agents' sampling would be empty more often than not.
const BUCKET_MIN: Micros = Micros::from_seconds(2);

// === impl State ===

impl State {
    /// The one way in which anything changes.
    pub fn update(&mut self, message: Msg) -> Vec<Effect> {
        // Some of what is kept has times in it.
        let zone = self.zone.clone();
        let was_live = self.window.is_live;
        let before = self.visit();
        let effects = crate::format::in_zone(&zone, || self.take(message));
        self.left(before);
        if was_live {
            self.stored.catch_up();
        }
        effects
    }

    fn take(&mut self, message: Msg) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Msg::Clock(now) => self.tick(now, &mut effects),
            Msg::Key(key) => {
                let had_notice = self.notice.take().is_some() | self.copied.take().is_some();
                if let Some(chord) = self.chord {
                    self.end_chord(chord, key, &mut effects);
                    self.scroll();
                    effects.push(Effect::Draw);
                    return effects;
                }
                if self.prompt.is_some() {
                    self.type_key(key, &mut effects);
                    self.scroll();
                    effects.push(Effect::Draw);
                    return effects;
                }
                let scope = match self.help {
                    Some(_) => Scope::Help,
                    None => self.scope(),
                };
                match keymap::action(scope, key) {
                    Some(action) => self.act(action, &mut effects),
                    None if had_notice => {}
                    // A key without a meaning changes nothing, so nothing is drawn.
                    None => return effects,
                }
                effects.push(Effect::Draw);
            }
            Msg::Paste(text) => self.paste(&text, &mut effects),
            Msg::Mouse(mouse) => self.point(mouse, &mut effects),
            Msg::Resize(size) => {
                self.size = size;
                self.scroll();
                effects.push(Effect::Draw);
            }
            Msg::Answered(answered) => self.answered(answered, &mut effects),
            Msg::News(news) => self.heed(news, &mut effects),
            Msg::Exported(outcome) => self.exported(outcome, &mut effects),
            Msg::Bookmarked(outcome) => self.bookmarked(outcome, &mut effects),
            Msg::Stop => effects.push(Effect::Quit),
        }
        effects
    }

    pub(super) fn act(&mut self, action: Action, effects: &mut Vec<Effect>) {
        self.stop_opening();
        let before = self.mark();
        self.act_on_screen(action, effects);
        if action != Action::Undo {
            self.remember(before);
        }
        self.scroll();
    }

    /// The operator's next key is newer than what he was waiting for.
    fn stop_opening(&mut self) {
        self.timeline.is_opening = false;
        if let Some(Above::Statements(screen)) = self.above.last_mut() {
            screen.is_opening = false;
        }
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
        self.tick_prompt(effects);
        self.tick_play(effects);
        if was_busy || self.is_busy() || self.failure.is_some() {
            effects.push(Effect::Draw);
        }
    }

    // --- Asking -------------------------------------------------------------------------------

    /// Begins a round: the overview tells the store's time, on which all else depends.
    pub(super) fn refresh(&mut self, effects: &mut Vec<Effect>) {
        self.refresh_at_us = Some(self.clock_at_us + REFRESH);
        self.pulse.begin_round(self.clock_at_us);
        let job = self
            .overview
            .want(Ask::Overview, &mut self.generations, self.clock_at_us);
        push(effects, job);
    }

    pub(super) fn retry(&mut self, effects: &mut Vec<Effect>) {
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
        if self.projects.wants_retry() {
            jobs.push(self.projects.again(generations, now));
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
                Above::Request(screen) => {
                    jobs.push(screen.dossier.retry(generations, now));
                    jobs.push(screen.comparison.retry(generations, now));
                }
                Above::Functions(screen) => {
                    jobs.extend(screen.retry(generations, now).into_iter().map(Some));
                }
                Above::Statement(screen) => jobs.push(screen.detail.retry(generations, now)),
                Above::Board(screen) if screen.page.wants_retry() => {
                    jobs.push(screen.page.again(generations, now));
                }
                Above::Statements(screen) => {
                    jobs.extend(screen.retry(generations, now).into_iter().map(Some));
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

    pub(super) fn ask_spikes(&mut self, effects: &mut Vec<Effect>) {
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

    /// The next baseline that there is data for.
    pub(super) fn next_baseline(&mut self, effects: &mut Vec<Effect>) {
        let Some(answer) = self.timeline.suspects.latest() else {
            return;
        };
        let known = &answer.value.baselines;
        let against = self.timeline.against;
        let at = known.iter().position(|kind| *kind == against);
        let next = known.get(at.map_or(0, |at| (at + 1) % known.len().max(1)));
        match next {
            Some(next) if *next != against => {
                self.timeline.against = *next;
                self.notice = Some(format!("compared with {}", next.words()));
                self.ask_suspects(effects);
            }
            _ => self.notice = Some(format!("there is only {} to compare with", against.words())),
        }
        effects.push(Effect::Draw);
    }

    pub(super) fn ask_suspects(&mut self, effects: &mut Vec<Effect>) {
        let of = match (self.timeline.chosen, self.timeline.selected) {
            (Some(range), _) => Suspected::Range {
                range,
                project: self.project.clone(),
            },
            (None, Some(spike)) => Suspected::Spike(spike),
            (None, None) => return,
        };
        let ask = Ask::Suspects {
            of,
            baseline: self.timeline.against,
        };
        let job = self
            .timeline
            .suspects
            .want(ask, &mut self.generations, self.clock_at_us);
        push(effects, job);
    }

    // --- Scrolling ----------------------------------------------------------------------------

    /// Brings the selected lines into view.
    pub(super) fn scroll(&mut self) {
        let heights = crate::view::layout::list_heights(self);
        let spikes = self.timeline.spikes().len();
        self.timeline.spike_cursor.follow(spikes, heights.spikes);
        match self.above.last_mut() {
            None | Some(Above::Statement(_)) => {}
            Some(Above::Requests(screen)) => {
                let length = screen.rows().len();
                screen.cursor.follow(length, heights.front);
            }
            Some(Above::Request(screen)) => {
                let (tab, length) = (screen.tab, screen.length(screen.tab));
                screen.cursor_mut(tab).follow(length, heights.front);
            }
            Some(Above::Functions(screen)) => {
                let length = screen.lines.len();
                screen.cursor.follow(length, heights.front);
            }
            Some(Above::Board(screen)) => {
                let length = screen.lines.len();
                screen.cursor.follow(length, heights.front);
            }
            Some(Above::Statements(screen)) => {
                let length = screen.lines.len();
                screen.cursor.follow(length, heights.front);
            }
        }
    }
}

fn push(effects: &mut Vec<Effect>, job: Option<Job>) {
    effects.extend(job.map(Effect::Ask));
}

// === impl RequestsScreen ===

impl RequestsScreen {
    pub(super) fn ask(&self, project: Option<&wire::ids::Project>, cursor: Option<String>) -> Ask {
        Ask::Requests {
            range: self.range,
            project: project.cloned(),
            route: self.route.clone(),
            filter: self.asked_filter(),
            sort: self.sort,
            rows_max: crate::ask::PAGE_ROWS,
            cursor,
        }
    }
}
