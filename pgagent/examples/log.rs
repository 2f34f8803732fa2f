//! Reads a server's log as the agent does, and tells how fast: parsing and classification, one thread.
//!
//! ```sh
//! cargo run --release -p pgagent --example log -- FILE [PREFIX]
//! ```
//!
//! Prints the entries of each class, what was not understood, and bytes a second of CPU time.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use anyhow::Context;
use pgagent::serverlog::class;
use pgagent::serverlog::parser::{Ending, Format, Parser};
use pgagent::serverlog::prefix::Prefix;
use pgagent::serverlog::stamp::Stamps;

/// As the agent reads.
const READ_BYTES: usize = 256 * 1024;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("a file is needed")?;
    let prefix = arguments
        .next()
        .map(|text| Prefix::compile(&text))
        .transpose()?;
    let mut file = std::fs::File::open(&path).with_context(|| format!("{path} can't be opened"))?;
    let mut parser = Parser::new(Format::of_name(&path), prefix, Stamps::new("UTC")?);
    let mut classes: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut bytes = vec![0; READ_BYTES];
    let mut read = 0_u64;
    let began = cpu_time();
    loop {
        let count = file.read(&mut bytes)?;
        read += count as u64;
        parser.push(&bytes[..count]);
        let ending = if count == 0 {
            Ending::File
        } else {
            Ending::Next
        };
        while let Some((entry, _)) = parser.next(ending) {
            *classes
                .entry(class::classify(&entry).event.class())
                .or_default() += 1;
        }
        if count == 0 {
            break;
        }
    }
    let took = cpu_time().saturating_sub(began);
    for (class, count) in &classes {
        println!("{class} {count}");
    }
    let entries: u64 = classes.values().sum();
    let seconds = took.as_secs_f64();
    println!(
        "total {entries} entries, {read} bytes, {seconds:.3} s of CPU, {:.1} MB/s",
        read as f64 / 1e6 / seconds
    );
    Ok(())
}

/// CPU time of this process, which has one thread.
fn cpu_time() -> Duration {
    let stat = procfs::process::Process::myself().and_then(|process| process.schedstat());
    Duration::from_nanos(stat.expect("the kernel tells its times").sum_exec_runtime)
}
