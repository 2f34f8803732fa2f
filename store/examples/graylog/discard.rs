//! Finds frames and throws them away: the least that a receiver can do, for benches.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::options::Options;

/// How often the count is written down.
const INTERVAL: Duration = Duration::from_millis(50);

pub(crate) fn run(listener: &TcpListener, options: &Options) -> anyhow::Result<()> {
    let frames = Arc::new(AtomicU64::new(0));
    let (count, out) = (Arc::clone(&frames), options.out.clone());
    std::thread::spawn(move || {
        loop {
            let _ = std::fs::write(&out, count.load(Ordering::Relaxed).to_string());
            std::thread::sleep(INTERVAL);
        }
    });
    for stream in listener.incoming() {
        let (stream, frames) = (stream?, Arc::clone(&frames));
        std::thread::spawn(move || count_frames(stream, &frames));
    }
    Ok(())
}

fn count_frames(mut stream: TcpStream, frames: &AtomicU64) {
    let mut buffer = vec![0; 256 * 1024];
    // An error is an end, too.
    while let Ok(read) = stream.read(&mut buffer) {
        if read == 0 {
            return;
        }
        let ends = memchr::memchr_iter(0, &buffer[..read]).count();
        frames.fetch_add(ends as u64, Ordering::Relaxed);
    }
}
