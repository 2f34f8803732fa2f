use proptest::prelude::*;

use super::*;

fn decode_all(decoder: &mut Decoder) -> Vec<Result<Vec<u8>, FrameError>> {
    let mut found = Vec::new();
    loop {
        match decoder.next_body() {
            Ok(None) => return found,
            Ok(Some(body)) => found.push(Ok(body)),
            Err(error) => {
                found.push(Err(error));
                if !error.keeps_place() {
                    return found;
                }
            }
        }
    }
}

#[test]
fn a_bad_checksum_harms_no_neighbour() {
    let mut stream = encode(b"{\"a\":1}").unwrap();
    let mut bad = encode(b"{\"b\":2}").unwrap();
    *bad.last_mut().unwrap() ^= 1;
    stream.extend(bad);
    stream.extend(encode(b"{\"c\":3}").unwrap());

    let mut decoder = Decoder::default();
    decoder.push(&stream);
    let found = decode_all(&mut decoder);

    assert_eq!(found[0].as_deref(), Ok(&b"{\"a\":1}"[..]));
    assert!(matches!(found[1], Err(FrameError::Checksum { .. })));
    assert_eq!(found[2].as_deref(), Ok(&b"{\"c\":3}"[..]));
    assert!(!decoder.is_mid_frame());
}

#[test]
fn an_oversize_length_is_refused_from_the_header_alone() {
    let mut header = encode(b"x").unwrap();
    header[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut decoder = Decoder::default();
    decoder.push(&header[..HEADER_BYTES]);
    assert_eq!(
        decoder.next_body(),
        Err(FrameError::Length { given: u32::MAX })
    );
}

#[test]
fn a_frame_without_checksum_is_taken() {
    let mut frame = encode(b"{}").unwrap();
    frame[5] = 0;
    frame[8..12].fill(0);
    let mut decoder = Decoder::default();
    decoder.push(&frame);
    assert_eq!(decoder.next_body(), Ok(Some(b"{}".to_vec())));
}

#[test]
fn the_error_says_what_is_allowed() {
    let error = FrameError::Version { given: 9 }.to_string();
    assert_eq!(error, "frame version: 1 is allowed, got 9");
}

proptest! {
    #[test]
    fn any_cut_of_the_stream_gives_the_same_bodies(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 1..8),
        piece_bytes in 1_usize..64,
    ) {
        let stream: Vec<u8> = bodies.iter().flat_map(|body| encode(body).unwrap()).collect();
        let mut decoder = Decoder::default();
        let mut found = Vec::new();
        for piece in stream.chunks(piece_bytes) {
            decoder.push(piece);
            found.extend(decode_all(&mut decoder).into_iter().map(Result::unwrap));
        }
        prop_assert_eq!(found, bodies);
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let mut decoder = Decoder::default();
        decoder.push(&bytes);
        decode_all(&mut decoder);
    }
}
