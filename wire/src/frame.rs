//! The framing between PHP and the collector: a 12-byte header, then one JSON record.
//!
//! ```text
//! offset  size  field
//!      0     4  length of the body in bytes, big-endian
//!      4     1  version, 1
//!      5     1  flags; bit 0: the checksum is given
//!      6     2  reserved, 0
//!      8     4  CRC-32 (IEEE) of the body, big-endian; 0 if not given
//!     12     n  body
//! ```
//!
//! A worked example stands in `wire/testdata/frame_minimal.bin`. Sans-I/O: [`Decoder`] is fed
//! whatever arrived and hands out whole bodies; it never holds more than one frame's bound.

use thiserror::Error;

use crate::limits;

/// The bytes before a body.
pub const HEADER_BYTES: usize = 12;
/// The answer to a frame that is in the journal.
pub const ACK: u8 = 0x06;
/// The answer to a frame that was refused.
pub const NAK: u8 = 0x15;

const VERSION: u8 = 1;
const FLAG_CHECKSUM: u8 = 0b0000_0001;

/// A frame's header, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub body_bytes: u32,
    /// CRC-32 of the body, if the sender gave one.
    pub checksum: Option<u32>,
}

/// Why a frame was refused. After a header error the stream has lost its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error(
        "frame length: 1 to {} bytes are allowed, got {given}",
        limits::FRAME_BODY_BYTES_MAX
    )]
    Length { given: u32 },
    #[error("frame version: 1 is allowed, got {given}")]
    Version { given: u8 },
    #[error("frame flags: only bit 0 is known, got {given:#010b}")]
    Flags { given: u8 },
    #[error("frame reserved bytes: 0 is allowed, got {given}")]
    Reserved { given: u16 },
    #[error("frame checksum: the header says {expected:#010x}, the body has {actual:#010x}")]
    Checksum { expected: u32, actual: u32 },
}

/// Cuts a stream of bytes into bodies.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where the first byte that is not yet handed out stands.
    start: usize,
}

// === impl Header ===

impl Header {
    /// Reads a header from its 12 bytes.
    pub fn try_from_bytes(bytes: [u8; HEADER_BYTES]) -> Result<Self, FrameError> {
        let [l0, l1, l2, l3, version, flags, r0, r1, c0, c1, c2, c3] = bytes;
        let body_bytes = u32::from_be_bytes([l0, l1, l2, l3]);
        let reserved = u16::from_be_bytes([r0, r1]);
        if version != VERSION {
            return Err(FrameError::Version { given: version });
        }
        if flags & !FLAG_CHECKSUM != 0 {
            return Err(FrameError::Flags { given: flags });
        }
        if reserved != 0 {
            return Err(FrameError::Reserved { given: reserved });
        }
        if body_bytes == 0 || body_bytes > limits::FRAME_BODY_BYTES_MAX {
            return Err(FrameError::Length { given: body_bytes });
        }
        let checksum = (flags & FLAG_CHECKSUM != 0).then(|| u32::from_be_bytes([c0, c1, c2, c3]));
        Ok(Self {
            body_bytes,
            checksum,
        })
    }

    /// Checks a whole body against what the header promised.
    pub fn check(self, body: &[u8]) -> Result<(), FrameError> {
        let Some(expected) = self.checksum else {
            return Ok(());
        };
        let actual = crc32fast::hash(body);
        if actual == expected {
            Ok(())
        } else {
            Err(FrameError::Checksum { expected, actual })
        }
    }
}

impl FrameError {
    /// Whether the next frame can still be found behind this one.
    pub fn keeps_place(self) -> bool {
        matches!(self, Self::Checksum { .. })
    }

    /// A short name for counters: `frames_refused_<reason>`.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Length { .. } => "length",
            Self::Version { .. } => "version",
            Self::Flags { .. } | Self::Reserved { .. } => "flags",
            Self::Checksum { .. } => "checksum",
        }
    }
}

/// Frames a body, with its checksum. The body must keep to [`limits::FRAME_BODY_BYTES_MAX`].
pub fn encode(body: &[u8]) -> Result<Vec<u8>, FrameError> {
    let given = u32::try_from(body.len()).unwrap_or(u32::MAX);
    if given == 0 || given > limits::FRAME_BODY_BYTES_MAX {
        return Err(FrameError::Length { given });
    }
    let mut frame = Vec::with_capacity(HEADER_BYTES + body.len());
    frame.extend_from_slice(&given.to_be_bytes());
    frame.extend_from_slice(&[VERSION, FLAG_CHECKSUM, 0, 0]);
    frame.extend_from_slice(&crc32fast::hash(body).to_be_bytes());
    frame.extend_from_slice(body);
    Ok(frame)
}

// === impl Decoder ===

impl Decoder {
    /// Adds what arrived. Call [`Decoder::next`] until it gives `Ok(None)` before adding more: then
    /// never more than one frame and one read are held.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole body, `None` if more bytes are needed. After an error that
    /// [`keeps_place`](FrameError::keeps_place), decoding goes on behind the bad frame.
    pub fn next_body(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let pending = &self.buffer[self.start..];
        let Some(head) = pending.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let header = Header::try_from_bytes(*head)?;
        let end = HEADER_BYTES + header.body_bytes as usize;
        let Some(body) = pending.get(HEADER_BYTES..end) else {
            return Ok(None);
        };
        self.start += end;
        header.check(body)?;
        Ok(Some(body.to_vec()))
    }

    /// Whether a frame has begun that is not yet whole.
    pub fn is_mid_frame(&self) -> bool {
        self.start < self.buffer.len()
    }
}

#[cfg(test)]
mod tests;
