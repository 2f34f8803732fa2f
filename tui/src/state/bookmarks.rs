//! Keeping a screen under a letter, and going to one that is kept.
//!
//! `m` and `'` wait for their letter; behind `'` the bookmarks are listed meanwhile, to be chosen by arrows as well.

use super::State;
use super::cursor::Cursor;
use crate::action::Effect;
use crate::bookmark::{Bookmarks, Change, Letter};
use crate::keymap::Key;
use crate::spot::link;
use crate::typed::Fault;

/// A key that waits for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chord {
    Keep,
    /// Of the list, this line is chosen.
    GoTo(Cursor),
}

const ALLOWED: &str = "a letter or a digit is allowed";

// === impl State ===

impl State {
    pub(super) fn begin_keep(&mut self) {
        self.chord = Some(Chord::Keep);
        self.notice = Some("keep this screen under a letter or digit … esc drops it".to_owned());
    }

    pub(super) fn list_bookmarks(&mut self) {
        if self.bookmarks.is_empty() {
            self.notice =
                Some("nothing is kept yet: m and a letter keeps this screen under it".to_owned());
            return;
        }
        self.chord = Some(Chord::GoTo(Cursor::default()));
    }

    /// The key behind `m` or `'`.
    pub(super) fn end_chord(&mut self, chord: Chord, key: Key, effects: &mut Vec<Effect>) {
        self.chord = None;
        let Chord::GoTo(mut cursor) = chord else {
            return match key {
                Key::Ctrl('c') => effects.push(Effect::Quit),
                Key::Char(letter) => match Letter::try_new(letter) {
                    Some(letter) => self.keep(letter, effects),
                    None => self.notice = Some(format!("nothing is kept: {ALLOWED}")),
                },
                _ => {}
            };
        };
        let length = self.bookmarks.all().len();
        match key {
            Key::Ctrl('c') => effects.push(Effect::Quit),
            // Twice the key: where one was before, as in vim.
            Key::Char('\'') => self.go_back(effects),
            Key::Char(letter) => {
                let outcome = self.go_to_bookmark(letter, effects);
                self.notice = outcome.err().map(|fault| fault.words);
            }
            Key::Up | Key::Down | Key::Ctrl('p' | 'n') => {
                let is_up = matches!(key, Key::Up | Key::Ctrl('p'));
                cursor.step(if is_up { -1 } else { 1 }, length);
                self.chord = Some(Chord::GoTo(cursor));
            }
            Key::Enter => {
                let chosen = self.bookmarks.all().nth(cursor.selected);
                if let Some(letter) = chosen.map(|(letter, _)| letter.letter()) {
                    let outcome = self.go_to_bookmark(letter, effects);
                    self.notice = outcome.err().map(|fault| fault.words);
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self, letter: Letter, effects: &mut Vec<Effect>) {
        let spot = self.spot();
        self.notice = Some(format!(
            "kept under {0}: {1}; '{0} goes there",
            letter.letter(),
            spot.words()
        ));
        let link = Some(link::write(&spot));
        self.change_bookmark(Change { letter, link }, effects);
    }

    fn change_bookmark(&mut self, change: Change, effects: &mut Vec<Effect>) {
        self.bookmarks.apply(change.clone());
        effects.push(Effect::Bookmark(change));
    }

    /// `:bookmark a`.
    pub(super) fn keep_under(
        &mut self,
        name: &str,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Fault> {
        let letter = letter(name)?;
        self.keep(letter, effects);
        Ok(())
    }

    /// `:forget a`.
    pub(super) fn forget_bookmark(
        &mut self,
        name: &str,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Fault> {
        let letter = letter(name)?;
        if self.bookmarks.link(letter).is_none() {
            return Err(nothing_under(letter));
        }
        self.change_bookmark(Change { letter, link: None }, effects);
        self.notice = Some(format!(
            "nothing is kept under {} any more",
            letter.letter()
        ));
        Ok(())
    }

    /// `:jump a`.
    pub(super) fn jump_to(&mut self, name: &str, effects: &mut Vec<Effect>) -> Result<(), Fault> {
        let letter = letter(name)?;
        self.go_to_bookmark(letter.letter(), effects)
    }

    fn go_to_bookmark(&mut self, name: char, effects: &mut Vec<Effect>) -> Result<(), Fault> {
        let letter = letter(&name.to_string())?;
        let link = self.bookmarks.link(letter).map(str::to_owned);
        let link = link.ok_or_else(|| nothing_under(letter))?;
        let spot = link::read(&link).map_err(|fault| Fault {
            column: 0,
            words: format!("what is kept under {name} can't be read: {}", fault.words),
        })?;
        self.go_to(spot, effects);
        Ok(())
    }

    /// How the file took a change.
    pub(super) fn bookmarked(
        &mut self,
        outcome: Result<Bookmarks, String>,
        effects: &mut Vec<Effect>,
    ) {
        match outcome {
            // With what other consoles have kept.
            Ok(all) => self.bookmarks = all,
            // Once is enough: they are still kept as long as the console runs.
            Err(_) if self.is_keeping_told => return,
            Err(words) => {
                self.is_keeping_told = true;
                self.notice = Some(format!("kept until the console ends: {words}"));
            }
        }
        effects.push(Effect::Draw);
    }
}

fn letter(name: &str) -> Result<Letter, Fault> {
    let mut letters = name.chars();
    let only = letters.next().filter(|_| letters.next().is_none());
    only.and_then(Letter::try_new).ok_or_else(|| Fault {
        column: 0,
        words: format!("{name:?}: {ALLOWED}"),
    })
}

fn nothing_under(letter: Letter) -> Fault {
    Fault {
        column: 0,
        words: format!("nothing is kept under {}", letter.letter()),
    }
}

#[cfg(test)]
mod tests;
