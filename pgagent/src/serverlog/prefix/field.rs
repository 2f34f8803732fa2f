//! The fields of a prefix: their escapes, and how far what stands for one goes.
//!
//! Some have a shape, by which their end is known; of names only the length is, that they have at the most.

/// What the server cuts names to (`NAMEDATALEN` less one).
pub(super) const NAME_BYTES_MAX: usize = 63;
/// The title of a process, and the name of a host.
const TITLE_BYTES_MAX: usize = 255;

/// What an escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Application,
    User,
    Database,
    /// `%r`: with the port. `%h`: without.
    Client,
    BackendType,
    Pid,
    LeaderPid,
    /// `%t` or `%m`.
    Time,
    /// `%n`
    Epoch,
    /// `%i`: the command, or the process's title.
    Title,
    SqlState,
    SessionId,
    SessionStart,
    QueryId,
    /// `%l`, `%x`, `%v`: read and left.
    Number,
    LocalAddress,
}

/// How many there are.
pub(super) const FIELDS: usize = Field::LocalAddress as usize + 1;

// === impl Field ===

impl Field {
    pub(super) fn of(escape: char) -> Option<Self> {
        Some(match escape {
            'a' => Self::Application,
            'u' => Self::User,
            'd' => Self::Database,
            'r' | 'h' => Self::Client,
            'b' => Self::BackendType,
            'p' => Self::Pid,
            'P' => Self::LeaderPid,
            't' | 'm' => Self::Time,
            'n' => Self::Epoch,
            'i' => Self::Title,
            'e' => Self::SqlState,
            'c' => Self::SessionId,
            's' => Self::SessionStart,
            'l' | 'x' | 'v' => Self::Number,
            'Q' => Self::QueryId,
            'L' => Self::LocalAddress,
            _ => return None,
        })
    }

    /// For a field whose end is not known by itself, how much of the text it may be at the most.
    pub(super) fn longest(self, text: &str) -> Option<usize> {
        let bytes = &text.as_bytes()[..text.len().min(TITLE_BYTES_MAX)];
        match self {
            Self::Application | Self::User | Self::Database => Some(NAME_BYTES_MAX),
            // An address or a name of a host, with a port in brackets, or `[local]`.
            Self::Client | Self::LocalAddress => Some(run(bytes, |byte| {
                byte.is_ascii_alphanumeric()
                    || matches!(
                        byte,
                        b'.' | b':' | b'-' | b'_' | b'%' | b'(' | b')' | b'[' | b']'
                    )
            })),
            Self::BackendType => Some(run(bytes, |byte| {
                byte.is_ascii_alphanumeric() || byte == b' '
            })),
            Self::Title => Some(TITLE_BYTES_MAX),
            _ => None,
        }
    }

    /// For a field that has a shape, how many bytes of the text are of it; each may be empty.
    pub(super) fn shape(self, text: &str) -> usize {
        let bytes = text.as_bytes();
        match self {
            Self::Time | Self::SessionStart => time_bytes(text),
            Self::Epoch => run(bytes, |byte| byte.is_ascii_digit() || byte == b'.'),
            Self::Pid | Self::LeaderPid => run(bytes, |byte| byte.is_ascii_digit()),
            Self::QueryId => run(bytes, |byte| byte.is_ascii_digit() || byte == b'-'),
            Self::SqlState => run(bytes, |byte| {
                byte.is_ascii_uppercase() || byte.is_ascii_digit()
            })
            .min(5),
            Self::SessionId => run(bytes, |byte| byte.is_ascii_hexdigit() || byte == b'.'),
            _ => run(bytes, |byte| byte.is_ascii_digit() || byte == b'/'),
        }
    }
}

/// How many bytes at the beginning are such.
pub(super) fn run(bytes: &[u8], is_one: impl Fn(u8) -> bool) -> usize {
    let end = bytes.iter().position(|byte| !is_one(*byte));
    end.unwrap_or(bytes.len())
}

/// `2026-11-23 08:33:17.635 UTC`: the zone's abbreviation is letters, or a sign and digits.
fn time_bytes(text: &str) -> usize {
    const SHAPE: &[u8; 19] = b"dddd-dd-dd dd:dd:dd";
    let bytes = text.as_bytes();
    let is_shape = bytes.first_chunk().is_some_and(|time: &[u8; 19]| {
        SHAPE.iter().zip(time).all(|(shape, byte)| match shape {
            b'd' => byte.is_ascii_digit(),
            other => other == byte,
        })
    });
    if !is_shape {
        return 0;
    }
    let seconds = SHAPE.len();
    let fraction = seconds
        + run(&bytes[seconds..], |byte| {
            byte.is_ascii_digit() || byte == b'.'
        });
    if bytes.get(fraction) != Some(&b' ') {
        return 0;
    }
    let zone = fraction + 1;
    match bytes.get(zone) {
        Some(b'+' | b'-') => {
            zone + 1
                + run(&bytes[zone + 1..], |byte| {
                    byte.is_ascii_digit() || byte == b':'
                })
        }
        _ => zone + run(&bytes[zone..], |byte| byte.is_ascii_alphabetic()),
    }
}
