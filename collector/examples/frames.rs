//! Load for `scripts/bench collector`: the same frames sent to a collector, sent to a syslog daemon, or
//! merely written to a file.
//!
//! ```text
//! frames flood SOCKET FRAMES         acknowledged frames per second, over as many connections as PHP workers
//! frames paced SOCKET RATE SECONDS   p50 and p99 of an acknowledgement in ms, a connection a frame as PHP does
//! frames write FILE FRAMES           frames per second
//! frames syslog SOCKET FRAMES        messages per second, octet-counted on a unix stream socket
//! ```
//!
//! Prints numbers alone, one a line.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use wire::frame;

/// A usual record: a request with its profile and its statements.
const FRAME_BYTES: usize = 10 * 1024;

/// PHP-FPM pools are of this size.
const CONNECTIONS: usize = 32;

/// Different frames; sending the same ones again and again costs the sender nothing.
const FRAMES_MADE: usize = 256;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["flood", socket, frames] => println!("{:.0}", flood(socket, number(frames))?),
        ["paced", socket, rate, seconds] => {
            let (p50, p99) = paced(socket, number(rate), number(seconds))?;
            println!("{p50:.3}\n{p99:.3}");
        }
        ["write", file, frames] => println!("{:.0}", write(file, number(frames))?),
        ["syslog", socket, frames] => println!("{:.0}", syslog(socket, number(frames))?),
        _ => panic!("usage: frames flood|paced|write|syslog ..., see its source"),
    }
    Ok(())
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// Frames whose bodies are what a request with some hundred functions looks like.
fn frames() -> Vec<Vec<u8>> {
    let made = (0..FRAMES_MADE).map(|number| {
        let head = format!(
            r#"{{"v":1,"kind":"request","event_id":"019ab1c2-0000-7000-8000-{number:012x}","project":"shop","host":"web1","at_us":1764176400000000,"body":{{"method":"GET","route":"/product/{{sku}}","edges":["#
        );
        let mut body = head;
        let mut edge = number;
        while body.len() < FRAME_BYTES - 120 {
            edge = (edge * 48_271 + 7) % 65_521;
            let (service, model) = (edge % 97, edge % 89);
            let (calls, wall_us) = (edge % 50 + 1, edge * 13);
            let _ = write!(
                body,
                r#"["Shop\\Catalog\\Service{service}::load","Shop\\Model\\Product{model}::find",{calls},{wall_us},0],"#
            );
        }
        body.push_str("[\"main()\",null,1,900000,0]]}}");
        frame::encode(body.as_bytes()).expect("a body of a usual size")
    });
    made.collect()
}

fn flood(socket: &str, count: usize) -> io::Result<f64> {
    let frames = frames();
    all_senders(count, |sender, each| {
        let mut stream = UnixStream::connect(socket)?;
        for number in 0..each {
            let frame = &frames[(sender * 7 + number) % FRAMES_MADE];
            // A worker that is replaced closes its connections: the next one takes the frame.
            while exchange(&mut stream, frame).is_err() {
                stream = UnixStream::connect(socket)?;
            }
        }
        Ok(())
    })
}

/// Lets every sender send its part; gives how many were sent a second.
fn all_senders(
    count: usize,
    send: impl Fn(usize, usize) -> io::Result<()> + Sync,
) -> io::Result<f64> {
    let each = count / CONNECTIONS;
    let send = &send;
    let began = Instant::now();
    thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|sender| scope.spawn(move || send(sender, each)))
            .collect();
        let mut outcomes = senders.into_iter().map(thread::ScopedJoinHandle::join);
        outcomes.try_for_each(|outcome| outcome.expect("a sender does not panic"))
    })?;
    Ok((each * CONNECTIONS) as f64 / began.elapsed().as_secs_f64())
}

fn exchange(stream: &mut UnixStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    if answer[0] == frame::ACK {
        return Ok(());
    }
    Err(io::Error::other("a good frame was refused"))
}

fn paced(socket: &str, rate: usize, seconds: usize) -> io::Result<(f64, f64)> {
    let frames = frames();
    let step = Duration::from_secs(1) / u32::try_from(rate).expect("a rate");
    let mut spans = Vec::with_capacity(rate * seconds);
    let mut due = Instant::now();
    for number in 0..rate * seconds {
        due += step;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let began = Instant::now();
        exchange(
            &mut UnixStream::connect(socket)?,
            &frames[number % FRAMES_MADE],
        )?;
        spans.push(began.elapsed());
    }
    spans.sort();
    let at = |percent: usize| spans[(spans.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    Ok((at(50), at(99)))
}

fn write(path: &str, count: usize) -> io::Result<f64> {
    let frames = frames();
    let mut file = File::create(path)?;
    let began = Instant::now();
    for number in 0..count {
        file.write_all(&frames[number % FRAMES_MADE])?;
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

/// RFC 6587's octet counting, with the least of a header that RFC 3164 wants.
fn syslog(socket: &str, count: usize) -> io::Result<f64> {
    let messages: Vec<Vec<u8>> = frames()
        .iter()
        .map(|bytes| {
            let body = &bytes[frame::HEADER_BYTES..];
            let mut message = b"<14>Nov 26 12:00:00 web1 shop: ".to_vec();
            message.extend_from_slice(body);
            let mut framed = format!("{} ", message.len()).into_bytes();
            framed.extend_from_slice(&message);
            framed
        })
        .collect();
    all_senders(count, |sender, each| {
        let mut stream = UnixStream::connect(socket)?;
        (0..each)
            .try_for_each(|number| stream.write_all(&messages[(sender * 7 + number) % FRAMES_MADE]))
    })
}
