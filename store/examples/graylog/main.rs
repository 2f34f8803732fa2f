//! A stand-in for Graylog's GELF inputs, as strict as its documentation and its source: what the real one
//! would drop, cut or silently change, this one tells.
//!
//! ```text
//! graylog --out FILE [--listen ADDRESS] [--http] [--tls CERT KEY [--client-ca CA]]
//!         [--max-message-size BYTES] [--bytes-per-s N] [--reset-after FRAMES] [--poison TEXT]
//!         [--discard --until FRAMES]
//! ```
//!
//! Each message that was read to its delimiter is a line of FILE, written before the next is read; what the
//! real server would object to is a line of FILE.violations. `--reset-after` resets each connection after so
//! many frames, `--poison` on each frame with that text. `--discard` finds frames and throws them away, and ends
//! after so many with how many there were a second.

mod discard;
mod http;
mod input;
mod options;
mod strict;
mod tcp;

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use anyhow::Context;

use crate::input::Input;
use crate::options::Options;

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let listener = TcpListener::bind(options.listen).context("--listen")?;
    println!("listening at {}", listener.local_addr()?);
    if options.is_discarding {
        return discard::run(listener, &options);
    }
    let tls = options.tls.as_ref().map(tcp::server_config).transpose()?;
    let input = Arc::new(Mutex::new(Input::create(&options.out)?));
    let options = Arc::new(options);
    for stream in listener.incoming() {
        let (stream, input, options, tls) = (
            stream?,
            Arc::clone(&input),
            Arc::clone(&options),
            tls.clone(),
        );
        std::thread::spawn(move || {
            let served = if options.is_http {
                http::serve(stream, tls, &options, &input)
            } else {
                tcp::serve(stream, tls, &options, &input)
            };
            // A peer that resets is the peer's business.
            if let Err(error) = served {
                eprintln!("connection ended: {error:#}");
            }
        });
    }
    Ok(())
}
