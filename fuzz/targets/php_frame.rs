//! Frames from PHP: what comes out must not depend on how the bytes were cut on their way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::frame::{Decoder, FrameError, encode};

fuzz_target!(|input: (&[u8], u8)| {
    let (bytes, step) = input;
    let whole = decode(std::iter::once(bytes));
    let cut = decode(bytes.chunks(usize::from(step).max(1)));
    assert_eq!(whole, cut);
    if let Ok(frame) = encode(bytes) {
        assert_eq!(decode(std::iter::once(&*frame)), [Ok(bytes.to_vec())]);
    }
});

/// All bodies and refusals, up to the first that loses the place in the stream.
fn decode<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<Result<Vec<u8>, FrameError>> {
    let mut decoder = Decoder::default();
    let mut found = Vec::new();
    for part in parts {
        decoder.push(part);
        loop {
            match decoder.next_body() {
                Ok(None) => break,
                Ok(Some(body)) => found.push(Ok(body)),
                Err(error) => {
                    let goes_on = error.keeps_place();
                    found.push(Err(error));
                    if !goes_on {
                        return found;
                    }
                }
            }
        }
    }
    found
}
