use super::*;

fn record(kind: u8, content: &[u8], padding: u8) -> Vec<u8> {
    let mut bytes = vec![VERSION, kind, 0, 1];
    bytes.extend_from_slice(&u16::try_from(content.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(&[padding, 0]);
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len() + usize::from(padding), 0);
    bytes
}

fn whole(head: &str, body: &str) -> Vec<u8> {
    [
        record(STDOUT, format!("{head}\r\n\r\n").as_bytes(), 3),
        record(STDERR, b"complaint", 0),
        record(STDOUT, body.as_bytes(), 7),
        record(STDOUT, b"", 0),
        record(END_REQUEST, &[0; 8], 0),
    ]
    .concat()
}

#[test]
fn an_answer_is_read_however_its_bytes_come() {
    let bytes = whole("Content-type: application/json", "{\"pool\":\"www\"}");
    for step in [1, 5, bytes.len()] {
        let mut answer = Answer::default();
        let mut chunks = bytes.chunks(step).peekable();
        while let Some(chunk) = chunks.next() {
            assert_eq!(answer.push(chunk), Ok(chunks.peek().is_none()));
        }
        assert_eq!(answer.body(), Ok(b"{\"pool\":\"www\"}".as_slice()));
    }
}

#[test]
fn what_is_no_good_answer_says_why() {
    let body = |bytes: &[u8]| {
        let mut answer = Answer::default();
        assert_eq!(answer.push(bytes), Ok(true));
        answer.body().map(<[u8]>::to_vec)
    };
    assert_eq!(
        body(&whole("Status: 404 Not Found", "File not found.")),
        Err(FastCgiError::Refused {
            status: "404 Not Found".to_owned(),
            text: "complaint".to_owned()
        })
    );
    assert_eq!(
        body(&record(END_REQUEST, &[0; 8], 0)),
        Err(FastCgiError::Headers)
    );
    let overloaded = record(END_REQUEST, &[0, 0, 0, 0, 2, 0, 0, 0], 0);
    assert_eq!(
        Answer::default().push(&overloaded),
        Err(FastCgiError::Status(2))
    );
    assert_eq!(
        Answer::default().push(b"HTTP/1.1 400"),
        Err(FastCgiError::Version)
    );
    let flood = record(STDOUT, &vec![b'x'; 60_000], 0);
    let mut answer = Answer::default();
    let outcome = (0..100).find_map(|_| answer.push(&flood).err());
    assert_eq!(outcome, Some(FastCgiError::Length));
}

#[test]
fn a_question_has_its_parts_in_their_order() {
    let long = "v".repeat(300);
    let bytes = encode(&[("NAME", "value"), ("LONG", &long)]);
    let mut expected = record(BEGIN_REQUEST, &BEGIN_BODY, 0);
    let mut pairs = vec![4, 5];
    pairs.extend_from_slice(b"NAMEvalue");
    pairs.extend_from_slice(&[4, 0x80, 0, 1, 0x2c]);
    pairs.extend_from_slice(b"LONG");
    pairs.extend_from_slice(long.as_bytes());
    expected.extend(record(PARAMS, &pairs, 0));
    expected.extend(record(PARAMS, &[], 0));
    expected.extend(record(STDIN, &[], 0));
    assert_eq!(bytes, expected);
}
