//! Nobody's nonsense disturbs anybody else.

use std::collections::BTreeSet;
use std::io;

use wire::frame::{ACK, NAK, encode};

use crate::bench::{Bench, Client, body, framed};

#[test]
fn a_bad_body_is_refused_and_the_next_frame_taken() {
    let bench = Bench::new();
    let _collector = bench.start();
    let mut client = bench.connect();
    let mut bad_checksum = framed(1, 10);
    bad_checksum[8] ^= 1;
    assert_eq!(client.exchange(&bad_checksum), Some(NAK));
    assert_eq!(client.exchange(&encode(b"garbage").unwrap()), Some(NAK));
    let deep = ["[".repeat(10_000), "]".repeat(10_000)].concat();
    assert_eq!(
        client.exchange(&encode(deep.as_bytes()).unwrap()),
        Some(NAK)
    );
    let no_project = String::from_utf8(body(1, 1)).unwrap().replace("shop", "");
    assert_eq!(
        client.exchange(&encode(no_project.as_bytes()).unwrap()),
        Some(NAK)
    );
    assert_eq!(client.exchange(&framed(2, 10)), Some(ACK));
}

#[test]
fn a_bad_header_is_refused_and_the_connection_closed() {
    let bench = Bench::new();
    let _collector = bench.start();
    for at_fault in [(0, 0xff), (4, 9), (5, 0x80), (6, 1)] {
        let mut frame = framed(1, 10);
        frame[at_fault.0] = at_fault.1;
        let mut client = bench.connect();
        assert_eq!(client.exchange(&frame), Some(NAK), "{at_fault:?}");
        assert_eq!(client.answer(), None, "{at_fault:?}");
    }
}

#[test]
fn many_frames_of_one_write_are_answered_in_their_order() {
    let bench = Bench::new();
    let collector = bench.start();
    let mut client = bench.connect();
    let mut bytes = Vec::new();
    let mut expected = Vec::new();
    for number in 0..200 {
        if number % 7 == 3 {
            bytes.extend(encode(b"garbage").unwrap());
            expected.push(NAK);
        } else {
            bytes.extend(framed(number, 50));
            expected.push(ACK);
        }
    }
    client.send(&bytes).unwrap();
    let answers: Vec<u8> = expected.iter().map(|_| client.answer().unwrap()).collect();
    assert_eq!(answers, expected);
    collector.kill();
    let numbers: BTreeSet<u64> = (0..200).filter(|number| number % 7 != 3).collect();
    assert_eq!(bench.journaled().0, numbers);
}

#[test]
fn frames_of_any_size_up_to_the_limit_are_taken() {
    let bench = Bench::new();
    let _collector = bench.start();
    let mut client = bench.connect();
    let envelope = body(1, 0).len();
    let most = wire::limits::LINE_BYTES_MAX - envelope;
    for padding in [0, 65_536 - envelope, 65_536, 1_000_000, most] {
        assert_eq!(
            client.exchange(&framed(1, padding)),
            Some(ACK),
            "{padding} bytes"
        );
    }
}

/// Sends the same bytes as long as they are taken.
fn pour(mut client: Client, bytes: &[u8], times: usize) -> io::Result<()> {
    (0..times).try_for_each(|_| client.send(bytes))
}

#[test]
fn a_good_client_is_served_beside_every_kind_of_bad_one() {
    let bench = Bench::new();
    let _collector = bench.start();
    // Held open to the end: connections that say nothing, and frames that never get whole.
    let silent: Vec<Client> = (0..100).map(|_| bench.connect()).collect();
    let mut halves: Vec<Client> = (0..50).map(|_| bench.connect()).collect();
    for half in &mut halves {
        half.send(&framed(9, 3_000)[..1_500]).unwrap();
    }
    // More large ones than there are places for such frames.
    let mut large: Vec<Client> = (0..30).map(|_| bench.connect()).collect();
    for client in &mut large {
        client.send(&framed(9, 1_000_000)[..100_000]).unwrap();
    }
    for garbage in [&[0xff; 4096][..], &[0; 4096], b"GET / HTTP/1.1\r\n\r\n"] {
        let client = bench.connect();
        // More than the socket holds by itself, so that it was the collector who took no more.
        let poured = pour(client, garbage, 100_000);
        assert!(poured.is_err(), "garbage is not read for ever");
    }
    let mut good = bench.connect();
    for number in 100..200 {
        assert_eq!(good.exchange(&framed(number, 1_000)), Some(ACK));
    }
    drop((silent, halves, large));
}
