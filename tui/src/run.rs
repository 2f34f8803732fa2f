//! The loop: wait for a message, change the state, do what it asks, draw if something changed.
//!
//! All that is waiting is taken before a frame is drawn, so a burst of keys or a storm of resizes
//! costs one frame. Without a message and without a due time nothing happens at all.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::Context as _;

use crate::action::{Effect, Msg};
use crate::bookmark::{self, Bookmarks};
use crate::cli::Cli;
use crate::client::Client;
use crate::clock::now;
use crate::columns::Columns;
use crate::fetch::Fetcher;
use crate::state::{Start, State};
use crate::terminal::Screen;
use crate::theme::Theme;
use crate::vendor::Vendors;
use crate::{event, view};

/// Messages that may wait. Senders block beyond it, which slows a paste and loses nothing.
const MESSAGES_MAX: usize = 1024;

struct Console {
    state: State,
    screen: Screen,
    fetcher: Fetcher,
    theme: Theme,
    is_dirty: bool,
    is_over: bool,
}

impl From<Cli> for Start {
    fn from(cli: Cli) -> Self {
        let kept = bookmark::file::path(|name| std::env::var_os(name));
        let kept = kept.map_or(Ok(Bookmarks::default()), |path| bookmark::file::read(&path));
        let notice = kept
            .as_ref()
            .err()
            .map(|words| format!("without bookmarks: {words}"));
        Self {
            project: cli.project,
            range: cli.range,
            spike: cli.spike,
            request: cli.request,
            spot: None,
            production: Vec::new(),
            columns: Columns::default(),
            vendors: Vendors::default(),
            bookmarks: kept.unwrap_or_default(),
            notice,
            zone: cli.zone.unwrap_or_default(),
            local: crate::clock::local_zone(),
        }
    }
}

/// Runs the console until the operator leaves it or the terminal goes away.
pub fn run(start: Start, client: Client) -> anyhow::Result<()> {
    let (sender, messages) = sync_channel(MESSAGES_MAX);
    let fetcher =
        Fetcher::spawn(client, sender.clone()).context("cannot start the fetch thread")?;
    let screen = Screen::take().context("cannot take over the terminal")?;
    let size = screen.size().context("cannot read the terminal's size")?;
    event::spawn(sender).context("cannot start the input thread")?;
    let mut console = Console {
        state: State::new(start, size, now()),
        screen,
        fetcher,
        theme: Theme::from_environment(|name| std::env::var(name).ok()),
        is_dirty: true,
        is_over: false,
    };
    console.run(&messages)
}

// === impl Console ===

impl Console {
    fn run(&mut self, messages: &Receiver<Msg>) -> anyhow::Result<()> {
        while !self.is_over {
            // The clock first: it asks the first questions, and the frame is drawn while they fly.
            self.handle(Msg::Clock(now()))?;
            if self.is_dirty {
                self.draw()?;
            }
            let Some(first) = self.wait(messages) else {
                continue;
            };
            self.handle(Msg::Clock(now()))?;
            self.handle(first)?;
            for message in messages.try_iter().take(MESSAGES_MAX) {
                self.handle(message)?;
            }
        }
        Ok(())
    }

    /// The next message, or nothing when a time is due.
    fn wait(&self, messages: &Receiver<Msg>) -> Option<Msg> {
        let Some(wake_at) = self.state.wake_at() else {
            return messages.recv().ok();
        };
        let wait_us = u64::try_from((wake_at - now()).0).unwrap_or(0);
        // Never a busy loop, even if a due time were to lie in the past for ever.
        let wait = Duration::from_micros(wait_us).max(Duration::from_millis(10));
        match messages.recv_timeout(wait) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Msg::Stop),
        }
    }

    fn handle(&mut self, message: Msg) -> anyhow::Result<()> {
        if matches!(message, Msg::Resize(_)) {
            let forgotten = self.screen.forget();
            forgotten.context("cannot read the terminal's size")?;
        }
        for effect in self.state.update(message) {
            match effect {
                Effect::Draw => self.is_dirty = true,
                Effect::Quit => self.is_over = true,
                Effect::Suspend => {
                    self.screen.suspend().context("cannot suspend")?;
                    // It may have been resized meanwhile; in any case it is drawn anew.
                    let size = self
                        .screen
                        .size()
                        .context("cannot read the terminal's size")?;
                    self.state.update(Msg::Resize(size));
                    self.is_dirty = true;
                }
                Effect::Bookmark(change) => {
                    if !self.fetcher.bookmark(change) {
                        let busy = Err("too much is under way".to_owned());
                        self.handle(Msg::Bookmarked(busy))?;
                    }
                }
                Effect::Mouse(is_ours) => {
                    let taken = self.screen.take_mouse(is_ours);
                    taken.context("cannot write to the terminal")?;
                }
                Effect::Copy(text) => {
                    let copied = self.screen.copy(&text);
                    copied.context("cannot write to the terminal")?;
                }
                Effect::Export(errand) => {
                    if !self.fetcher.export(errand) {
                        let busy = Err("too much is under way".to_owned());
                        self.handle(Msg::Exported(busy))?;
                    }
                }
                Effect::Ask(job) => {
                    // The queue holds more than keys can fill; if the thread is stuck, the screen
                    // keeps saying that it waits.
                    let _ = self.fetcher.ask(job);
                }
            }
        }
        Ok(())
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        self.is_dirty = false;
        let (state, theme) = (&self.state, self.theme);
        self.screen
            .draw(|buffer| view::render(state, theme, buffer))
            .context("cannot write to the terminal")
    }
}
