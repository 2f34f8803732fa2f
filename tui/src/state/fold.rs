//! Libraries folded into the functions that called them, on every screen that shows functions.

use super::{Above, State};
use crate::vendor::Vendors;

// === impl State ===

impl State {
    /// Whose functions are folded; nobody's if none are.
    pub(super) fn folded(&self) -> Option<Vendors> {
        self.is_folded.then(|| self.start.vendors.clone())
    }

    pub(super) fn toggle_fold(&mut self) {
        self.is_folded = !self.is_folded;
        let vendors = self.folded();
        for screen in &mut self.above {
            match screen {
                Above::Functions(screen) => screen.fold(vendors.as_ref()),
                Above::Request(screen) => screen.fold(vendors.as_ref()),
                _ => {}
            }
        }
        let words = if self.is_folded {
            "libraries' functions are folded into their callers"
        } else {
            "all functions are shown"
        };
        self.notice = Some(words.to_owned());
    }
}

#[cfg(test)]
mod tests;
