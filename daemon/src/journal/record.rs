//! One record's bytes: a marker to find it by, its length, its number, a checksum, the payload.
//!
//! The layout stands in the [journal's doc](super). Sans-I/O.

use super::PAYLOAD_BYTES_MAX;

/// The bytes before a payload.
pub(super) const HEADER_BYTES: usize = 20;

/// Bytes that no UTF-8 text contains, so that no JSON payload can pass for a record.
pub(super) const MARKER: [u8; 4] = [0xff, b'b', b'v', 0xfe];

/// A header that may be one: its checksum is not yet compared with the payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) sequence: u64,
    pub(super) payload_bytes: usize,
    checksum: u32,
}

/// A record's bytes in a segment.
pub(super) fn size(payload_bytes: usize) -> u64 {
    (HEADER_BYTES + payload_bytes) as u64
}

/// Appends a record to `buffer`.
pub(super) fn encode(sequence: u64, payload: &[u8], buffer: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).expect("payloads are checked against their bound");
    buffer.extend_from_slice(&MARKER);
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(&sequence.to_be_bytes());
    buffer.extend_from_slice(&checksum(length, sequence, payload).to_be_bytes());
    buffer.extend_from_slice(payload);
}

// === impl Header ===

impl Header {
    /// Reads a header, if marker and length are those of one.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<HEADER_BYTES>()?;
        let (marker, rest) = bytes.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, checksum) = rest.split_first_chunk::<8>()?;
        let payload_bytes = u32::from_be_bytes(*length) as usize;
        (*marker == MARKER && (1..=PAYLOAD_BYTES_MAX).contains(&payload_bytes)).then_some(Self {
            sequence: u64::from_be_bytes(*sequence),
            payload_bytes,
            checksum: u32::from_be_bytes(*checksum.first_chunk()?),
        })
    }

    /// Whether this payload is the one that was written.
    pub(super) fn matches(self, payload: &[u8]) -> bool {
        // At the end of a segment there may be less than the header tells, were its length damaged.
        payload.len() == self.payload_bytes
            && u32::try_from(payload.len())
                .is_ok_and(|length| checksum(length, self.sequence, payload) == self.checksum)
    }
}

fn checksum(length: u32, sequence: u64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_be_bytes());
    hasher.update(&sequence.to_be_bytes());
    hasher.update(payload);
    hasher.finalize()
}
