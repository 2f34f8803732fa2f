//! Bookmarks: spots kept under a letter, over restarts.
//!
//! They lie in a file of the user's state folder, one a line: the letter, a blank, the link.
//!
//! ```text
//! a bitville://requests?range=2026-11-23T13:30:00Z..2026-11-23T14:30:00Z&spike=3
//! B bitville://locks?range=2026-11-23T14:01:10Z..2026-11-23T14:08:40Z
//! ```
//!
//! A link that this version can't read stays in the file: a newer one may.

pub mod file;

use std::collections::BTreeMap;

use crate::spot::link;

/// What is kept, by its letter: there are 62, and each holds one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmarks(BTreeMap<Letter, String>);

/// A letter or a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Letter(char);

/// A bookmark that is set, or taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub letter: Letter,
    /// None takes it away.
    pub link: Option<String>,
}

// === impl Letter ===

impl Letter {
    pub fn try_new(letter: char) -> Option<Self> {
        letter.is_ascii_alphanumeric().then_some(Self(letter))
    }

    pub fn letter(self) -> char {
        self.0
    }
}

// === impl Bookmarks ===

impl Bookmarks {
    /// Reads the file's text; what is no bookmark is passed over.
    pub fn read(text: &str) -> Self {
        let bookmark = |line: &str| {
            let (letter, link) = line.split_once(' ')?;
            let mut letters = letter.chars();
            let (letter, None) = (Letter::try_new(letters.next()?)?, letters.next()) else {
                return None;
            };
            let is_sound = link.len() <= link::BYTES_MAX
                && link.starts_with(link::SCHEME)
                && link.bytes().all(|byte| byte.is_ascii_graphic());
            is_sound.then(|| (letter, link.to_owned()))
        };
        Self(text.lines().filter_map(bookmark).collect())
    }

    pub fn write(&self) -> String {
        let line = |(letter, link): (&Letter, &String)| format!("{} {link}\n", letter.0);
        self.0.iter().map(line).collect()
    }

    pub fn apply(&mut self, change: Change) {
        match change.link {
            Some(link) => self.0.insert(change.letter, link),
            None => self.0.remove(&change.letter),
        };
    }

    pub fn link(&self, letter: Letter) -> Option<&str> {
        self.0.get(&letter).map(String::as_str)
    }

    /// In the order of their letters.
    pub fn all(&self) -> impl ExactSizeIterator<Item = (Letter, &str)> {
        self.0.iter().map(|(letter, link)| (*letter, &**link))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(letter: char) -> Letter {
        Letter::try_new(letter).expect("a letter")
    }

    #[test]
    fn what_is_written_is_read_again_and_what_is_none_is_passed_over() {
        let text = "a bitville://x?range=1\nnonsense\nab bitville://x\n? bitville://x\n\
                    b http://x\nc bitville://\x1b]0;x\nZ bitville://logs?newer=1\n";
        let bookmarks = Bookmarks::read(text);
        let letters: Vec<char> = bookmarks.all().map(|(it, _)| it.letter()).collect();
        assert_eq!(letters, ['Z', 'a']);
        assert_eq!(Bookmarks::read(&bookmarks.write()), bookmarks);
        assert_eq!(bookmarks.link(letter('a')), Some("bitville://x?range=1"));
    }

    #[test]
    fn a_letter_holds_the_newest_and_can_be_emptied() {
        let mut bookmarks = Bookmarks::default();
        for link in ["bitville://one", "bitville://two"] {
            bookmarks.apply(Change {
                letter: letter('a'),
                link: Some(link.to_owned()),
            });
        }
        assert_eq!(bookmarks.link(letter('a')), Some("bitville://two"));
        bookmarks.apply(Change {
            letter: letter('a'),
            link: None,
        });
        assert!(bookmarks.is_empty());
    }
}
