//! Tokens into normalized text: one way to space them, one `?` per value, one element per list.
//!
//! Two tokens stand without space between them only where that is usual (`a.b`, `count(*)`, `x::int`)
//! and where they can't be read as another token, so normalized text is read back as it was written.
//!
//! An element of a list (`IN (…)`, `ARRAY[…]`, the rows of `VALUES`) that is the same text as the
//! one before it, or the beginning of it, is dropped. A statement that is cut inside of such a list ends before the element
//! that is cut.

use std::borrow::Cow;

use super::lexer::Token;
use super::word;

/// How many brackets deep lists are looked for. Each level may compare a text once more, so the
/// bound keeps the whole linear; people stop far below it.
const DEPTH_MAX: usize = 32;

/// Writes one statement.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    last: Last,
    /// Where a sign began that belongs to the value behind it, and what stood before it.
    sign: Option<(usize, Last)>,
    /// A semicolon that is written once something follows.
    semicolon: bool,
    frames: Vec<Frame>,
    /// Brackets deeper than [`DEPTH_MAX`].
    untracked: usize,
}

/// What was written last, as far as the next token's spacing and meaning depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Nothing,
    Keyword(&'static str),
    Name,
    Value,
    /// A value that was a string: one that follows continues it.
    Text,
    Open,
    Close,
    Comma,
    Semicolon,
    Dot,
    Cast,
    Operator,
}

/// An open bracket, or rows after `VALUES`.
#[derive(Debug)]
struct Frame {
    kind: FrameKind,
    /// Where the current element begins.
    element: usize,
    previous: Option<Element>,
}

/// The last element that was kept: from where to where, and what it ends in.
#[derive(Clone, Copy, Debug)]
struct Element {
    start: usize,
    end: usize,
    last: Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    /// Elements mean something by their place: arguments, columns, one row.
    Places,
    /// Elements are alike.
    List,
    /// Like `List`, but without a bracket of its own.
    Rows,
}

// === impl Writer ===

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            out: String::with_capacity(bytes),
            last: Last::Nothing,
            sign: None,
            semicolon: false,
            frames: Vec::new(),
            untracked: 0,
        }
    }

    pub(super) fn push(&mut self, token: Token<'_>) {
        let sign = self.sign.take();
        if token == Token::Semicolon {
            self.semicolon = self.last != Last::Nothing;
            return;
        }
        if std::mem::take(&mut self.semicolon) {
            // A bracket that is open here never closes: the next statement begins afresh.
            self.frames.clear();
            self.untracked = 0;
            self.out.push(';');
            self.last = Last::Semicolon;
        }
        if !matches!(token, Token::Open('(') | Token::Comma) {
            self.leave_rows();
        }
        match token {
            Token::Word(text) => self.push_word(text, sign),
            Token::Quoted(text) if !self.expects_numbered_name() => {
                self.write(&on_one_line(text), Last::Name);
            }
            Token::Text if self.last == Last::Text => {}
            Token::Text => self.write_value(sign, Last::Text),
            Token::Number | Token::Parameter | Token::Quoted(_) => {
                self.write_value(sign, Last::Value);
            }
            Token::Operator(text) => self.push_operator(text, sign),
            Token::Open(bracket) => self.push_open(bracket),
            Token::Close(bracket) => self.push_close(bracket),
            Token::Comma => self.push_comma(),
            Token::Semicolon => {}
            Token::Dot => self.write(".", Last::Dot),
            Token::Cast => self.write("::", Last::Cast),
            Token::Other(other) => self.write(other.encode_utf8(&mut [0; 4]), Last::Operator),
        }
    }

    /// The text. What is open was cut: an unfinished element of a list goes.
    pub(super) fn finish(mut self) -> String {
        while let Some(frame) = self.frames.pop() {
            if frame.kind == FrameKind::Places {
                continue;
            }
            let Some(Element { start, end, .. }) = frame.previous else {
                continue;
            };
            let cut = self.out[frame.element..].trim_start();
            if self.out[start..end].starts_with(cut) {
                self.out.truncate(end);
            }
        }
        self.out
    }

    /// A value and the sign before it are one, also where somebody else has taken the value out
    /// already and left the sign.
    fn write_value(&mut self, sign: Option<(usize, Last)>, last: Last) {
        if let Some((start, before)) = sign {
            self.out.truncate(start);
            self.last = before;
        }
        self.write("?", last);
    }

    fn push_word(&mut self, text: &str, sign: Option<(usize, Last)>) {
        match word::keyword(text) {
            Some(keyword) if word::is_value(keyword) && self.expects_value() => {
                self.write_value(sign, Last::Value);
            }
            Some(keyword) => {
                self.note_subquery(keyword);
                self.write(keyword, Last::Keyword(keyword));
            }
            None if self.expects_numbered_name() => self.write_value(sign, Last::Value),
            None => {
                self.space_before(Last::Name, text);
                self.out
                    .extend(text.chars().map(|c| c.to_ascii_lowercase()));
                self.last = Last::Name;
            }
        }
    }

    fn push_operator(&mut self, text: &str, sign: Option<(usize, Last)>) {
        // Of several signs in a row the first is where the value begins.
        let before = sign.unwrap_or((self.out.len(), self.last));
        let is_sign = matches!(text, "-" | "+") && self.expects_value();
        self.write(text, Last::Operator);
        self.sign = is_sign.then_some(before);
    }

    fn push_open(&mut self, bracket: char) {
        let kind = match (bracket, self.last) {
            ('(', Last::Keyword("IN")) | ('[', Last::Keyword("ARRAY")) => FrameKind::List,
            ('(', Last::Keyword("VALUES")) => {
                self.open_frame(FrameKind::Rows);
                FrameKind::Places
            }
            _ => FrameKind::Places,
        };
        self.write(bracket.encode_utf8(&mut [0; 4]), Last::Open);
        if self.frames.len() < DEPTH_MAX && self.untracked == 0 {
            self.open_frame(kind);
        } else {
            self.untracked += 1;
        }
    }

    fn push_close(&mut self, bracket: char) {
        if self.untracked > 0 {
            self.untracked -= 1;
        } else if let Some(mut frame) = self.frames.pop() {
            self.end_element(&mut frame);
        }
        self.write(bracket.encode_utf8(&mut [0; 4]), Last::Close);
    }

    fn push_comma(&mut self) {
        let frame = if self.untracked == 0 {
            self.frames.pop()
        } else {
            None
        };
        let Some(mut frame) = frame else {
            self.write(",", Last::Comma);
            return;
        };
        self.end_element(&mut frame);
        self.write(",", Last::Comma);
        frame.element = self.out.len();
        self.frames.push(frame);
    }

    fn open_frame(&mut self, kind: FrameKind) {
        if self.frames.len() < DEPTH_MAX && self.untracked == 0 {
            self.frames.push(Frame {
                kind,
                element: self.out.len(),
                previous: None,
            });
        }
    }

    /// Ends the rows after `VALUES` at the first token that is neither a row nor a comma.
    fn leave_rows(&mut self) {
        if self.untracked == 0
            && let Some(mut frame) = self.frames.pop_if(|frame| frame.kind == FrameKind::Rows)
        {
            self.end_element(&mut frame);
        }
    }

    /// Drops the element that ends here if it repeats the one before it, or only begins like it: that
    /// is how a statement that was cut behind it would be read.
    fn end_element(&mut self, frame: &mut Frame) {
        if frame.kind == FrameKind::Places {
            return;
        }
        let end = self.out.len();
        let start = end - self.out[frame.element..].trim_start().len();
        match frame.previous {
            Some(kept) if self.out[kept.start..kept.end].starts_with(&self.out[start..end]) => {
                self.out.truncate(kept.end);
                self.last = kept.last;
            }
            _ => {
                frame.previous = Some(Element {
                    start,
                    end,
                    last: self.last,
                });
            }
        }
    }

    /// `IN (SELECT a, a …)`: what stands in the bracket is no list.
    fn note_subquery(&mut self, keyword: &str) {
        if matches!(keyword, "SELECT" | "WITH")
            && self.last == Last::Open
            && self.untracked == 0
            && let Some(frame) = self.frames.last_mut()
        {
            frame.kind = FrameKind::Places;
        }
    }

    fn expects_value(&self) -> bool {
        match self.last {
            Last::Keyword(keyword) => word::stands_before_values(keyword),
            Last::Nothing | Last::Open | Last::Comma | Last::Operator | Last::Semicolon => true,
            Last::Name | Last::Value | Last::Text | Last::Close | Last::Dot | Last::Cast => false,
        }
    }

    fn expects_numbered_name(&self) -> bool {
        matches!(self.last, Last::Keyword(keyword) if word::stands_before_numbered_names(keyword))
    }

    fn write(&mut self, text: &str, next: Last) {
        self.space_before(next, text);
        self.out.push_str(text);
        self.last = next;
    }

    fn space_before(&mut self, next: Last, text: &str) {
        let after_operand = matches!(
            self.last,
            Last::Name | Last::Keyword(_) | Last::Value | Last::Text | Last::Close
        );
        let is_name = matches!(next, Last::Name | Last::Keyword(_));
        let glued = match (self.last, next) {
            (Last::Nothing | Last::Open, _) | (_, Last::Comma | Last::Close) => true,
            (Last::Dot, _) => is_name || text == "*",
            (Last::Cast, _) => is_name,
            (_, Last::Dot | Last::Cast) => after_operand,
            // A name before a bracket is a function or a table; a keyword keeps its distance.
            (last, Last::Open) => last == Last::Name || (text == "[" && after_operand),
            _ => false,
        };
        if !glued {
            self.out.push(' ');
        }
    }
}

/// A quoted name may hold anything, line breaks included; what is written stays on one line.
fn on_one_line(name: &str) -> Cow<'_, str> {
    if name.contains(char::is_control) {
        Cow::Owned(name.replace(char::is_control, " "))
    } else {
        Cow::Borrowed(name)
    }
}
