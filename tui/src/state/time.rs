//! The time that is looked at, as it is typed, and the zone that it is shown in.

use wire::time::{Instant, Micros, Range};

use super::prompt::{Prompt, Purpose};
use super::window::Window;
use super::{Above, State};
use crate::action::Effect;
use crate::dossier::Dossier;
use crate::format;
use crate::typed::Fault;
use crate::when::{self, Here, Looked};
use crate::zone::Zone;

/// A moment is looked at with as much around it as is in sight, but with no more than this.
const AROUND_MAX: Micros = Micros::from_seconds(3_600);

// === impl State ===

impl State {
    pub(super) fn edit_time(&mut self) {
        self.prompt = Some(Prompt::new(Purpose::Time, ""));
    }

    /// What the line would look at.
    pub fn looked(&self, line: &str) -> Result<Looked, Fault> {
        let here = Here {
            now: self.store_now(),
            // The range's end does not belong to it.
            day_of: self.window.range.to_at_us - Micros(1),
            zone: &self.zone,
        };
        when::read(line, here)
    }

    /// The window that it comes to.
    pub fn window_of(&self, looked: Looked) -> Window {
        match looked {
            Looked::Last(span) => Window::last(span, self.store_now()),
            Looked::Around(at) => {
                let half = Micros(self.window.range.span().0.min(AROUND_MAX.0) / 2);
                Window::still(Range {
                    from_at_us: at - half,
                    to_at_us: at + half,
                })
            }
            Looked::Between(range) => Window::still(range),
        }
    }

    /// Looks at the time that was typed.
    pub(super) fn look_at(&mut self, line: &str, effects: &mut Vec<Effect>) -> Result<(), Fault> {
        let looked = self.looked(line)?;
        self.window = self.window_of(looked);
        self.range_changed(effects);
        self.scroll();
        let nothing = match self.data() {
            Some(data) => !data.overlaps(self.window.range),
            None => false,
        };
        if nothing {
            self.notice = Some(format!(
                "the store has nothing of {}",
                format::range(self.window.range)
            ));
        }
        Ok(())
    }

    /// UTC, the machine's zone, and the one that the operator named: those that differ.
    pub fn zones(&self) -> Vec<Zone> {
        let mut zones = vec![Zone::utc()];
        for zone in [&self.start.local, &self.start.zone, &self.zone] {
            if !zones.contains(zone) {
                zones.push(zone.clone());
            }
        }
        zones
    }

    pub(super) fn next_zone(&mut self) {
        let zones = self.zones();
        if zones.len() == 1 {
            self.notice =
                Some("this machine is in UTC, too; :zone Europe/Prague names another".to_owned());
            return;
        }
        let at = zones.iter().position(|zone| *zone == self.zone);
        let next = zones[at.map_or(0, |at| (at + 1) % zones.len())].clone();
        self.show_in(next);
    }

    pub(super) fn name_zone(&mut self, name: &str) -> Result<(), Fault> {
        let zone = if name.eq_ignore_ascii_case("local") {
            self.start.local.clone()
        } else {
            Zone::named(name).map_err(|words| Fault { column: 0, words })?
        };
        self.start.zone = zone.clone();
        self.show_in(zone);
        Ok(())
    }

    fn show_in(&mut self, zone: Zone) {
        self.notice = Some(format!("times are shown in {}", zone.name()));
        self.zone = zone;
        let (now, zone) = (self.store_now(), self.zone.clone());
        format::in_zone(&zone, || self.write_times(now));
    }

    /// Writes what was written with times in it anew.
    fn write_times(&mut self, now: Instant) {
        for screen in &mut self.above {
            match screen {
                Above::Board(screen) => screen.write_lines(now),
                Above::Request(screen) => {
                    if let Some(dossier) = screen.dossier.current_mut() {
                        let detail = dossier.detail.clone();
                        *dossier = Dossier::new(detail);
                        screen.sort_functions();
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
