//! Finds frames and throws them away: the least that a receiver can do, for benches.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::time::Instant;

use anyhow::Context;

use crate::options::Options;

/// Takes connections until there were enough frames, and prints how many a second there were from the
/// first bytes on.
pub(crate) fn run(listener: TcpListener, options: &Options) -> anyhow::Result<()> {
    let until = options.until.context("--until is needed")?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tell = tell.clone();
            std::thread::spawn(move || count_frames(stream, &tell));
        }
    });
    let mut frames = told.recv()?;
    let begun = Instant::now();
    while frames < until {
        frames += told.recv()?;
    }
    println!(
        "frames_per_s {:.0}",
        frames as f64 / begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn count_frames(mut stream: TcpStream, tell: &Sender<u64>) {
    let mut buffer = vec![0; 256 * 1024];
    // An error is an end, too.
    while let Ok(read) = stream.read(&mut buffer) {
        if read == 0 {
            return;
        }
        let ends = memchr::memchr_iter(0, &buffer[..read]).count();
        if tell.send(ends as u64).is_err() {
            return;
        }
    }
}
