//! Bytes of a log that no entry has been made of yet.

use std::borrow::Cow;
use std::ops::Range;

/// They are nearly always text, which is seen faster for all of them at once than line by line.
#[derive(Debug)]
pub(super) enum Buffer {
    Text(String),
    /// Something in them is in another encoding, or a character is not there as a whole yet.
    Bytes(Vec<u8>),
}

// === impl Buffer ===

impl Buffer {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Bytes(error.into_bytes()),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// A part of it. Encodings other than UTF-8 are legal; what can't be read of them is a replacement
    /// character.
    pub(super) fn text(&self, part: Range<usize>) -> Cow<'_, str> {
        if let Self::Text(text) = self
            && let Some(part) = text.get(part.clone())
        {
            return Cow::Borrowed(part);
        }
        let bytes = &self.as_bytes()[part];
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        }
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_is_what_its_bytes_alone_would_be(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "[a-zäß世]{0,20}".prop_map(String::into_bytes),
            ],
            from in 0_usize..40,
            length in 0_usize..40,
        ) {
            let from = from.min(bytes.len());
            let to = (from + length).min(bytes.len());
            let buffer = Buffer::new(bytes.clone());
            prop_assert_eq!(buffer.as_bytes(), &bytes);
            prop_assert_eq!(buffer.text(from..to), String::from_utf8_lossy(&bytes[from..to]));
            prop_assert_eq!(buffer.into_bytes(), bytes);
        }
    }
}
