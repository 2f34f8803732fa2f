use tokio::sync::mpsc;
use wire::ids::Project;
use wire::time::Instant;

use crate::token::{Role, Scope, TokenHash};

use super::*;

const KEPT: Range = Range {
    from_at_us: Instant(0),
    to_at_us: Instant(i64::MAX),
};

/// A token that is bound to that project.
fn grant(project: Option<&str>) -> Grant {
    let project = project.map(|name| Project::try_new(name).unwrap());
    Grant {
        name: "agent".to_owned(),
        role: Role::Ingest,
        scope: Scope {
            project,
            networks: Vec::new(),
        },
        hash: TokenHash::of("bvt_x"),
    }
}

/// A batch of unknown records, none of them new to anybody.
fn batch(records: usize) -> Vec<u8> {
    let line = r#"{"v":1,"kind":"x","event_id":"019ab1c2-0000-7000-8000-000000000000","project":"p","host":"h","at_us":1,"body":{}}"#;
    vec![line; records].join("\n").into_bytes()
}

/// The answer to a batch, once all of it is committed.
fn answer_to(decoder: Decoder<'_>, body: &[u8], encoding: Encoding) -> Result<Receipt, Refusal> {
    let decoded = decoder.run(body, encoding)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(decoded.committed())
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
    let (queue, writer) = (Queue::new(sender), answer_all(portions));
    let receipt = answer_to(
        Decoder::new(&queue, &grant(None), KEPT),
        &batch(2_500),
        Encoding::Identity,
    )
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
    let queue = Queue::new(sender);
    let (answer, _) = oneshot::channel();
    let waiting = Portion {
        records: Vec::new(),
        put_aside: Vec::new(),
        names: queue.names.get(),
        behind: None,
        token: "agent".to_owned(),
        answer,
    };
    queue.portions.try_send(waiting).unwrap();
    let refusal = answer_to(
        Decoder::new(&queue, &grant(None), KEPT),
        &batch(1),
        Encoding::Identity,
    )
    .unwrap_err();
    assert_eq!(refusal.status(), 503);
}

#[test]
fn a_writer_that_has_ended_tells_the_sender_to_come_back() {
    let (sender, portions) = mpsc::channel(1);
    drop(portions);
    let refusal = answer_to(
        Decoder::new(&Queue::new(sender), &grant(None), KEPT),
        &batch(1),
        Encoding::Identity,
    )
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

#[test]
fn a_token_of_one_project_writes_no_other() {
    let (sender, portions) = mpsc::channel(1);
    let (queue, writer) = (Queue::new(sender), answer_all(portions));
    let mut text = batch(2);
    text.push(b'\n');
    text.extend(
        String::from_utf8(batch(1))
            .unwrap()
            .replace("\"p\"", "\"q\"")
            .into_bytes(),
    );
    let receipt = answer_to(
        Decoder::new(&queue, &grant(Some("p")), KEPT),
        &text,
        Encoding::Identity,
    )
    .unwrap();
    drop(queue);
    assert_eq!(writer.join().unwrap(), [2]);
    let expected = PutAside {
        line: 3,
        reason: "project: the token agent is for p, got q".to_owned(),
    };
    assert_eq!((receipt.stored, receipt.put_aside), (2, vec![expected]));
}

#[test]
fn gzip_is_read_in_all_its_members_and_a_bomb_ends_at_the_bound() {
    use std::io::Write;
    let pack = |plain: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    };
    let run = |body: &[u8]| {
        let (sender, portions) = mpsc::channel(1);
        let (queue, writer) = (Queue::new(sender), answer_all(portions));
        let outcome = answer_to(
            Decoder::new(&queue, &grant(None), KEPT),
            body,
            Encoding::Gzip,
        );
        drop(queue);
        writer.join().unwrap();
        outcome
    };
    let mut first = batch(1);
    first.push(b'\n');
    let two = [pack(&first), pack(&batch(1))].concat();
    assert_eq!(run(&two).unwrap().stored, 2);
    let bomb = pack(&vec![b'\n'; BATCH_PLAIN_BYTES_MAX + 2]);
    assert!(bomb.len() < 1_000_000);
    assert_eq!(run(&bomb).unwrap_err().status(), 413);
    assert_eq!(run(&two[..two.len() - 9]).unwrap_err().status(), 400);
}
