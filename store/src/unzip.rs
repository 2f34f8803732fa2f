//! Decompresses zstd frames that this store wrote, in as much memory as they say that they hold.
//!
//! zstd's own call takes a bound and allocates all of it. The bound of a record is 4 MiB and most bodies are a
//! thousandth of that: each would be given fresh pages by the kernel, and give them back.

use std::cell::RefCell;
use std::io;

use zstd::bulk::Decompressor;
use zstd::zstd_safe;

thread_local! {
    /// To make one takes longer than what is read by it, mostly: it has 100 KiB to set up.
    static PLAIN: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The text of a frame that was compressed without a dictionary.
pub(crate) fn plain(frame: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    PLAIN.with_borrow_mut(|made| {
        let decompressor = match made {
            Some(made) => made,
            None => made.insert(Decompressor::new()?),
        };
        with(decompressor, frame, bytes_max)
    })
}

/// The text of a frame. One that holds more than the bound, or than it says, is an error.
pub(crate) fn with(
    decompressor: &mut Decompressor<'_>,
    frame: &[u8],
    bytes_max: usize,
) -> io::Result<Vec<u8>> {
    decompressor.decompress(frame, held_bytes(frame, bytes_max))
}

/// The same into a buffer, in the place of what it has.
pub(crate) fn into(
    decompressor: &mut Decompressor<'_>,
    frame: &[u8],
    bytes_max: usize,
    buffer: &mut Vec<u8>,
) -> io::Result<()> {
    buffer.clear();
    buffer.reserve(held_bytes(frame, bytes_max));
    decompressor.decompress_to_buffer(frame, buffer)?;
    // The buffer may have room for more than was asked for.
    if buffer.len() > bytes_max {
        return Err(io::Error::other("it holds more than is allowed"));
    }
    Ok(())
}

fn held_bytes(frame: &[u8], bytes_max: usize) -> usize {
    let told = zstd_safe::get_frame_content_size(frame).ok().flatten();
    let held = told.and_then(|bytes| usize::try_from(bytes).ok());
    held.map_or(bytes_max, |bytes| bytes.min(bytes_max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_in_no_more_than_it_takes() {
        for text in [Vec::new(), b"a".to_vec(), vec![7; 100_000]] {
            let frame = zstd::bulk::compress(&text, 3).unwrap();
            let read = plain(&frame, 8 << 20).unwrap();
            assert_eq!(read, text);
            assert_eq!(read.capacity(), text.len());
            let mut buffer = b"of before".to_vec();
            let mut decompressor = Decompressor::new().unwrap();
            into(&mut decompressor, &frame, 8 << 20, &mut buffer).unwrap();
            assert_eq!(buffer, text);
        }
    }

    #[test]
    fn more_than_the_bound_and_what_is_no_frame_are_errors() {
        let frame = zstd::bulk::compress(&[7; 1_000], 3).unwrap();
        assert_eq!(plain(&frame, 1_000).unwrap().len(), 1_000);
        assert!(plain(&frame, 999).is_err());
        assert!(plain(&frame[..frame.len() - 1], 1_000).is_err());
        assert!(plain(b"{}", 1_000).is_err());
        let mut buffer = Vec::with_capacity(4_000);
        let mut decompressor = Decompressor::new().unwrap();
        assert!(into(&mut decompressor, &frame, 999, &mut buffer).is_err());
        assert!(into(&mut decompressor, b"{}", 1_000, &mut buffer).is_err());
    }

    #[test]
    fn a_frame_that_does_not_say_what_it_holds_is_read_within_the_bound() {
        let frame = zstd::stream::encode_all(&b"some text"[..], 3).unwrap();
        assert_eq!(held_bytes(&frame, 500), 500);
        assert_eq!(plain(&frame, 500).unwrap(), b"some text");
    }
}
