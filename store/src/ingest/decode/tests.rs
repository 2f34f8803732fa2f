use tokio::sync::mpsc;
use wire::time::Instant;

use super::*;

const KEPT: Range = Range {
    from_at_us: Instant(0),
    to_at_us: Instant(i64::MAX),
};

/// A batch of unknown records, none of them new to anybody.
fn batch(records: usize) -> Vec<u8> {
    let line = r#"{"v":1,"kind":"x","event_id":"019ab1c2-0000-7000-8000-000000000000","project":"p","host":"h","at_us":1,"body":{}}"#;
    vec![line; records].join("\n").into_bytes()
}

/// Stands for the writer: takes portions and answers that all of them are stored.
fn answer_all(mut portions: mpsc::Receiver<Portion>) -> std::thread::JoinHandle<Vec<usize>> {
    std::thread::spawn(move || {
        let mut sizes = Vec::new();
        while let Some(portion) = portions.blocking_recv() {
            let stored = portion.records.len() as u64;
            sizes.push(portion.records.len());
            portion
                .answer
                .send(Ok(Written { stored, known: 0 }))
                .unwrap();
        }
        sizes
    })
}

#[test]
fn a_large_batch_goes_in_portions_and_is_answered_as_one() {
    let (sender, portions) = mpsc::channel(1);
    let (queue, writer) = (Queue(sender), answer_all(portions));
    let receipt = Decoder::new(&queue, "agent", KEPT)
        .run(&batch(2_500), Encoding::Identity)
        .unwrap();
    assert_eq!(
        receipt,
        Receipt {
            stored: 2_500,
            known: 0,
            put_aside: Vec::new()
        }
    );
    drop(queue);
    assert_eq!(writer.join().unwrap(), [1_000, 1_000, 500]);
}

#[test]
fn a_full_queue_tells_the_sender_to_come_back() {
    let (sender, _portions) = mpsc::channel(1);
    let queue = Queue(sender);
    let (answer, _) = oneshot::channel();
    let waiting = Portion {
        records: Vec::new(),
        put_aside: Vec::new(),
        token: "agent".to_owned(),
        answer,
    };
    queue.0.try_send(waiting).unwrap();
    let refusal = Decoder::new(&queue, "agent", KEPT)
        .run(&batch(1), Encoding::Identity)
        .unwrap_err();
    assert_eq!(refusal.status(), 503);
}

#[test]
fn a_writer_that_has_ended_tells_the_sender_to_come_back() {
    let (sender, portions) = mpsc::channel(1);
    drop(portions);
    let refusal = Decoder::new(&Queue(sender), "agent", KEPT)
        .run(&batch(1), Encoding::Identity)
        .unwrap_err();
    assert_eq!(refusal.status(), 503);
}

#[test]
fn a_line_may_be_as_long_as_allowed_and_no_longer() {
    let mut plain: &[u8] = &[vec![b'x'; LINE_BYTES_MAX], b"\n".to_vec(), b"end".to_vec()].concat();
    let mut line = Vec::new();
    assert!(matches!(
        read_line(&mut plain, &mut line).unwrap(),
        Line::Whole
    ));
    assert!(matches!(
        read_line(&mut plain, &mut line).unwrap(),
        Line::Whole
    ));
    assert_eq!(line, b"end");
    let mut plain: &[u8] = &[vec![b'x'; LINE_BYTES_MAX + 7], b"\nend".to_vec()].concat();
    let read = read_line(&mut plain, &mut line).unwrap();
    assert!(matches!(read, Line::TooLong { bytes } if bytes == LINE_BYTES_MAX + 7));
    assert!(matches!(
        read_line(&mut plain, &mut line).unwrap(),
        Line::Whole
    ));
    assert_eq!(line, b"end");
    assert!(matches!(
        read_line(&mut plain, &mut line).unwrap(),
        Line::End
    ));
}
