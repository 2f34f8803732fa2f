//! A small record on its way to the store by UDP: signed, never answered.
//!
//! ```text
//! offset  size  field                                         example
//!      0     4  magic and version                             b v u 1
//!      4     1  length n of the token's name, 1 to 64         04
//!      5     n  the token's name                              web1
//!    5+n     8  when it was sent: µs since the epoch, signed   00 06 61 3f …
//!   13+n     m  the record, one line of a batch               {"v":1,…}
//!    end    32  HMAC-SHA-256 of all before, see docs/protocol.md
//! ```
//!
//! Numbers are big-endian. Sans-I/O, and without the cryptography: who has the key signs and checks.

use thiserror::Error;

use crate::time::Instant;

/// The first bytes.
const MAGIC: [u8; 4] = *b"bvu1";

/// The signature at the end.
pub const MAC_BYTES: usize = 32;

/// Larger records belong into a batch: each further packet doubles what is lost with one of them.
pub const DATAGRAM_BYTES_MAX: usize = 8 * 1024;

/// A token's name is at most this long.
const NAME_BYTES_MAX: usize = 64;

/// What is no datagram of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DatagramError {
    #[error("datagram: at most {DATAGRAM_BYTES_MAX} bytes are allowed, got {given}")]
    Length { given: usize },
    #[error("datagram: it does not begin with bvu1")]
    Magic,
    #[error("datagram: the token's name is 1 to {NAME_BYTES_MAX} bytes of text")]
    Name,
    #[error("datagram: it ends before its record")]
    Short,
}

/// A datagram's parts. Nothing of them is to be believed before the signature is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'d> {
    pub token: &'d str,
    pub sent_at_us: Instant,
    pub line: &'d [u8],
    /// What the signature is of.
    pub signed: &'d [u8],
    pub mac: &'d [u8; MAC_BYTES],
}

/// Everything but the signature, which goes behind it.
pub fn encode_unsigned(
    token: &str,
    sent_at_us: Instant,
    line: &[u8],
) -> Result<Vec<u8>, DatagramError> {
    let name_bytes = u8::try_from(token.len()).map_err(|_| DatagramError::Name)?;
    if name_bytes == 0 || token.len() > NAME_BYTES_MAX {
        return Err(DatagramError::Name);
    }
    let mut bytes = Vec::with_capacity(line.len() + 128);
    bytes.extend_from_slice(&MAGIC);
    bytes.push(name_bytes);
    bytes.extend_from_slice(token.as_bytes());
    bytes.extend_from_slice(&sent_at_us.0.to_be_bytes());
    bytes.extend_from_slice(line);
    let given = bytes.len() + MAC_BYTES;
    if given > DATAGRAM_BYTES_MAX {
        return Err(DatagramError::Length { given });
    }
    Ok(bytes)
}

// === impl Datagram ===

impl<'d> Datagram<'d> {
    pub fn parse(bytes: &'d [u8]) -> Result<Self, DatagramError> {
        if bytes.len() > DATAGRAM_BYTES_MAX {
            return Err(DatagramError::Length { given: bytes.len() });
        }
        let (signed, mac) = bytes.split_last_chunk().ok_or(DatagramError::Short)?;
        let rest = signed.strip_prefix(&MAGIC).ok_or(DatagramError::Magic)?;
        let (name_bytes, rest) = rest.split_first().ok_or(DatagramError::Short)?;
        let name_bytes = usize::from(*name_bytes);
        if !(1..=NAME_BYTES_MAX).contains(&name_bytes) {
            return Err(DatagramError::Name);
        }
        let (token, rest) = rest
            .split_at_checked(name_bytes)
            .ok_or(DatagramError::Short)?;
        let token = std::str::from_utf8(token).map_err(|_| DatagramError::Name)?;
        let (sent, line) = rest.split_first_chunk().ok_or(DatagramError::Short)?;
        if line.is_empty() {
            return Err(DatagramError::Short);
        }
        Ok(Self {
            token,
            sent_at_us: Instant(i64::from_be_bytes(*sent)),
            line,
            signed,
            mac,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(line: &[u8]) -> Vec<u8> {
        let mut bytes = encode_unsigned("web1", Instant(-5), line).unwrap();
        bytes.extend_from_slice(&[7; MAC_BYTES]);
        bytes
    }

    #[test]
    fn a_datagram_is_read_back() {
        let bytes = signed(b"{}");
        let datagram = Datagram::parse(&bytes).unwrap();
        assert_eq!(
            (datagram.token, datagram.sent_at_us, datagram.line),
            ("web1", Instant(-5), &b"{}"[..])
        );
        assert_eq!(datagram.signed, &bytes[..bytes.len() - MAC_BYTES]);
        assert_eq!(datagram.mac, &[7; MAC_BYTES]);
    }

    #[test]
    fn whatever_comes_is_refused_with_its_reason() {
        let whole = signed(b"{}");
        // With a byte less it is another datagram, whose signature is wrong.
        for length in 0..whole.len() - 1 {
            assert!(Datagram::parse(&whole[..length]).is_err(), "{length}");
        }
        let mut other = whole.clone();
        other[3] = b'2';
        assert_eq!(Datagram::parse(&other), Err(DatagramError::Magic));
        for length in [0, 65, 255] {
            let mut other = whole.clone();
            other[4] = length;
            assert_eq!(Datagram::parse(&other), Err(DatagramError::Name));
        }
        let given = DATAGRAM_BYTES_MAX + 1;
        assert_eq!(
            Datagram::parse(&vec![0; given]),
            Err(DatagramError::Length { given })
        );
        assert!(encode_unsigned("web1", Instant(0), &[0; DATAGRAM_BYTES_MAX]).is_err());
        assert_eq!(
            encode_unsigned("", Instant(0), b"x"),
            Err(DatagramError::Name)
        );
    }
}
