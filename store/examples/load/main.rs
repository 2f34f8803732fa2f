//! Load for `scripts/bench store`: realistic requests, sent as agents do, the same rows in a bare loop,
//! and the questions that a console asks.

mod age;
mod ask;
mod bare;
mod batches;
mod entries;
mod floor;
mod pace;
mod site;

use std::path::PathBuf;

use anyhow::Context;

const USAGE: &str = "load generate DIR RECORDS SPAN_S | entries DIR RECORDS | pace URL TOKEN_FILE SECONDS | send URL TOKEN_FILE DIR CONNECTIONS | \
                     age SOURCE_DB TARGET_DB DAYS | bare SOURCE_DB TARGET_DB RECORDS | \
                     floor SOURCE_DB DIR TARGET_DB RECORDS unread|read | ask URL TOKEN_FILE ROUNDS SPAN_S";

fn main() -> anyhow::Result<()> {
    // The HTTP client asks for a TLS provider, even for plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["generate", dir, records, span_s] => {
            let mut site = site::Site::new();
            let dir = PathBuf::from(dir);
            batches::generate(&dir, number(records)?, number(span_s)?, |at_us, id, _| {
                site.record(at_us, id)
            })
        }
        ["entries", dir, records] => {
            batches::generate(&PathBuf::from(dir), number(records)?, 20, entries::record)
        }
        ["pace", url, token_file, seconds] => {
            let token = std::fs::read_to_string(token_file)?;
            pace::run(url, token.trim(), number(seconds)?)
        }
        ["send", url, token_file, dir, connections] => {
            let token = std::fs::read_to_string(token_file)?;
            batches::send(url, token.trim(), &PathBuf::from(dir), number(connections)?)
        }
        ["age", source, target, days] => age::run(source, target, number(days)?),
        ["bare", source, target, records] => bare::run(source, target, number(records)?),
        [
            "floor",
            source,
            dir,
            target,
            records,
            how @ ("unread" | "read"),
        ] => {
            let (dir, records) = (PathBuf::from(dir), number(records)?);
            floor::run(source, &dir, target, records, *how == "read")
        }
        ["ask", url, token_file, rounds, span_s] => {
            let token = std::fs::read_to_string(token_file)?;
            ask::run(url, token.trim(), number(rounds)?, number(span_s)?)
        }
        _ => anyhow::bail!(USAGE),
    }
}

fn number<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    text: &str,
) -> anyhow::Result<T> {
    text.parse()
        .with_context(|| format!("{text:?} is no number; {USAGE}"))
}
