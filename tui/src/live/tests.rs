//! The stream, in pieces and from a server that answers as told.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use super::*;

const STREAM: &str = ": keep\n\nevent: stored\ndata: {\"records\":312,\"newest_at_us\":5}\n\n\
                      event: spikes\r\ndata: {}\r\n\r\nevent: later\ndata: x\n\n\
                      event: stored\ndata: nonsense\n\n";

#[test]
fn events_are_read_in_whatever_pieces_they_come() {
    for size in 1..STREAM.len() {
        let mut events = Events::default();
        let mut news = Vec::new();
        for piece in STREAM.as_bytes().chunks(size) {
            news.extend(events.feed(piece).expect("a stream of events"));
        }
        assert_eq!(
            news,
            [News::Stored { records: 312 }, News::Spikes],
            "{size}"
        );
    }
}

#[test]
fn what_never_ends_is_no_event() {
    let mut events = Events::default();
    let piece = vec![b'x'; LINE_BYTES_MAX + 1];
    assert_eq!(events.feed(&piece), None);
    let mut events = Events::default();
    let mut lines = (0..LINE_BYTES_MAX).map(|_| events.feed(b"data: 12345678\n"));
    assert!(lines.any(|news| news.is_none()), "data is bounded, too");
}

/// Answers connection after connection with these, and gives the requests' heads.
fn serve(answers: Vec<String>) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let served = thread::spawn(move || {
        let mut heads = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let reader = BufReader::new(stream.try_clone().expect("its other half"));
            let lines = reader.lines().map_while(Result::ok);
            heads.push(
                lines
                    .take_while(|line| !line.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
            stream.write_all(answer.as_bytes()).expect("an answer");
        }
        heads
    });
    (url, served)
}

#[test]
fn a_stream_that_ends_is_opened_again_with_the_token() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let answers = vec![
        format!("{head}{STREAM}"),
        busy.to_owned(),
        format!("{head}{STREAM}"),
    ];
    let (url, served) = serve(answers);
    let token = crate::client::Token::try_new("secret", "a test").expect("a token");
    let client = Client::try_new(&url, Some(token)).expect("a client");
    let told = RefCell::new(Vec::new());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(follow(&client, |news| {
        told.borrow_mut().push(news);
        told.borrow().len() < 6
    }));
    let one = [News::Open, News::Stored { records: 312 }, News::Spikes];
    assert_eq!(told.into_inner(), [one, one].concat());
    for head in served.join().expect("it served") {
        assert!(head.starts_with("GET /v1/live HTTP/1.1"), "{head}");
        assert!(head.contains("Bearer secret"), "{head}");
    }
}
