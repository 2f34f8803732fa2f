//! SQL text into tokens, after the rules of the server's own scanner (`src/backend/parser/scan.l`).
//!
//! Space, control characters and comments are skipped. Every other character ends up in exactly one
//! token, so a text that is cut in a literal or a comment is read as if it ended there. What a
//! literal held is not kept. Beyond the server's rules it knows the placeholders that clients write:
//! `?` and `:name`.

/// The server's bound on a name, operators included. Without one, a megabyte of signs would be looked
/// through again for each of them.
const OPERATOR_BYTES_MAX: usize = 63;

/// A piece of a statement. Literals have lost their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword or a name without quotes.
    Word(&'a str),
    /// A name with its quotes.
    Quoted(&'a str),
    /// A string, with or without a prefix such as `E`, or dollar quoted.
    Text,
    Number,
    /// `$1`, `?` or `:name`.
    Parameter,
    Operator(&'a str),
    /// `(` or `[`.
    Open(char),
    /// `)` or `]`.
    Close(char),
    Comma,
    Semicolon,
    Dot,
    /// `::`
    Cast,
    /// A character that begins nothing.
    Other(char),
}

/// Tokens of a text, front to back.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    rest: &'a str,
    /// Open square brackets: inside of them a colon is a slice, not a placeholder.
    brackets: u32,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self {
            rest: sql,
            brackets: 0,
        }
    }

    /// Takes the next `length` bytes. Lengths are found by looking at ASCII alone, so they never
    /// split a character.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn skip_space_and_comments(&mut self) {
        loop {
            let blank = |c: char| c.is_ascii_whitespace() || c.is_control();
            self.rest = self.rest.trim_start_matches(blank);
            let length = match self.rest.as_bytes() {
                [b'-', b'-', ..] => self.rest.find(['\n', '\r']).unwrap_or(self.rest.len()),
                [b'/', b'*', ..] => comment_length(self.rest.as_bytes()),
                _ => return,
            };
            self.take(length);
        }
    }

    /// A word, or the string or quoted name whose prefix looks like one.
    fn word(&mut self) -> Token<'a> {
        let bytes = self.rest.as_bytes();
        let quoted = match bytes {
            [b'e' | b'E', b'\'', ..] => Some((Token::Text, 1 + escape_string_length(&bytes[1..]))),
            [b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', ..] => {
                Some((Token::Text, 1 + quoted_length(&bytes[1..])))
            }
            [b'u' | b'U', b'&', b'\'', ..] => Some((Token::Text, 2 + quoted_length(&bytes[2..]))),
            [b'u' | b'U', b'&', b'"', ..] => {
                let length = 2 + quoted_length(&bytes[2..]);
                return Token::Quoted(self.take(length));
            }
            _ => None,
        };
        if let Some((token, length)) = quoted {
            self.take(length);
            return token;
        }
        let length = bytes.iter().take_while(|byte| is_word_byte(**byte)).count();
        Token::Word(self.take(length))
    }

    /// `$1`, `$tag$ … $tag$`, or a lone dollar.
    fn dollar(&mut self) -> Token<'a> {
        let bytes = self.rest.as_bytes();
        let digits = count_digits(&bytes[1..]);
        if digits > 0 {
            self.take(1 + digits);
            return Token::Parameter;
        }
        let name = bytes[1..]
            .iter()
            .take_while(|byte| is_word_byte(**byte) && **byte != b'$');
        let tag_length = name.count() + 2;
        if bytes.get(tag_length - 1) != Some(&b'$') {
            self.take(1);
            return Token::Other('$');
        }
        let (tag, body) = self.rest.split_at(tag_length);
        let end = body
            .find(tag)
            .map_or(self.rest.len(), |at| tag_length + at + tag_length);
        self.take(end);
        Token::Text
    }

    fn colon(&mut self) -> Token<'a> {
        match self.rest.as_bytes() {
            [_, b':', ..] => {
                self.take(2);
                Token::Cast
            }
            [_, next, ..] if self.brackets == 0 && is_word_byte(*next) && *next != b'$' => {
                let name = self
                    .rest
                    .bytes()
                    .skip(1)
                    .take_while(|byte| is_word_byte(*byte));
                let length = 1 + name.count();
                self.take(length);
                Token::Parameter
            }
            [_, b'=', ..] => Token::Operator(self.take(2)),
            _ => Token::Operator(self.take(1)),
        }
    }

    /// A client's placeholder, or one of the operators on jsonb that begin with the same character.
    fn question(&mut self) -> Token<'a> {
        match self.rest.as_bytes() {
            // `?||` and `?&&` are a placeholder before a concatenation or an overlap.
            [_, b'|', b'|', ..] | [_, b'&', b'&', ..] => {}
            [_, b'|' | b'&', ..] => return Token::Operator(self.take(2)),
            _ => {}
        }
        self.take(1);
        Token::Parameter
    }

    fn operator(&mut self) -> Token<'a> {
        let bytes = self.rest.as_bytes();
        if bytes.starts_with(b"@?") {
            return Token::Operator(self.take(2));
        }
        let begins_comment =
            |at: usize| bytes[at..].starts_with(b"--") || bytes[at..].starts_with(b"/*");
        let longest = bytes.len().min(OPERATOR_BYTES_MAX);
        let mut length = 1;
        while length < longest && is_operator_byte(bytes[length]) && !begins_comment(length) {
            length += 1;
        }
        // The server's rule that makes `x=-1` a comparison with a negative number: an operator of
        // several characters ends in a sign only if it holds one of these.
        if !bytes[..length]
            .iter()
            .any(|byte| b"~!@#%^&|`".contains(byte))
        {
            while length > 1 && matches!(bytes[length - 1], b'+' | b'-') {
                length -= 1;
            }
        }
        Token::Operator(self.take(length))
    }

    fn single(&mut self, first: char) -> Token<'a> {
        self.take(first.len_utf8());
        match first {
            '(' => Token::Open(first),
            ')' => Token::Close(first),
            '[' => {
                self.brackets = self.brackets.saturating_add(1);
                Token::Open(first)
            }
            ']' => {
                self.brackets = self.brackets.saturating_sub(1);
                Token::Close(first)
            }
            ',' => Token::Comma,
            ';' => Token::Semicolon,
            '.' => Token::Dot,
            _ => Token::Other(first),
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space_and_comments();
        let first = self.rest.chars().next()?;
        let bytes = self.rest.as_bytes();
        let token = match first {
            '\'' => {
                let length = quoted_length(bytes);
                self.take(length);
                Token::Text
            }
            '"' => {
                let length = quoted_length(bytes);
                Token::Quoted(self.take(length))
            }
            '0'..='9' => {
                let length = number_length(bytes);
                self.take(length);
                Token::Number
            }
            '.' if bytes.get(1).is_some_and(u8::is_ascii_digit) => {
                let length = number_length(bytes);
                self.take(length);
                Token::Number
            }
            '$' => self.dollar(),
            ':' => self.colon(),
            '?' => self.question(),
            _ if is_word_byte(bytes[0]) => self.word(),
            _ if is_operator_byte(bytes[0]) => self.operator(),
            _ => self.single(first),
        };
        Some(token)
    }
}

/// All bytes of characters beyond ASCII belong to words, as in the server.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

fn is_operator_byte(byte: u8) -> bool {
    b"~!@#^&|`+-*/%<>=".contains(&byte)
}

fn count_digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'_')
        .count()
}

/// The length of a nested comment; of all that is left if it does not end.
fn comment_length(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (2, 1_u32);
    while depth > 0 && at < bytes.len() {
        match bytes[at..] {
            [b'/', b'*', ..] => (at, depth) = (at + 2, depth + 1),
            [b'*', b'/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    at
}

/// The length of what stands between quotes, which double to stand for themselves.
fn quoted_length(bytes: &[u8]) -> usize {
    let quote = bytes[0];
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    bytes.len()
}

/// The same for `E'…'`, where a backslash takes the next byte's meaning.
fn escape_string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at..] {
            [b'\\', ..] | [b'\'', b'\'', ..] => at += 2,
            [b'\'', ..] => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn number_length(bytes: &[u8]) -> usize {
    if let [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', next, ..] = bytes
        && next.is_ascii_hexdigit()
    {
        let digits = bytes[2..]
            .iter()
            .take_while(|b| b.is_ascii_hexdigit() || **b == b'_');
        return 2 + digits.count();
    }
    let mut at = count_digits(bytes);
    if bytes.get(at) == Some(&b'.') {
        at += 1 + count_digits(&bytes[at + 1..]);
    }
    if let [b'e' | b'E', after @ ..] = &bytes[at..] {
        let sign = usize::from(matches!(after.first(), Some(b'+' | b'-')));
        let digits = count_digits(&after[sign..]);
        if digits > 0 {
            at += 1 + sign + digits;
        }
    }
    at
}
