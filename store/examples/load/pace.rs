//! How long a small batch waits for its acknowledgement, one after the other at a steady pace.

use std::time::{Duration, Instant};

use crate::batches::{self, now_us};
use crate::entries;
use crate::site::Random;

/// An agent's usual batch.
const RECORDS: usize = 20;

/// Fifty batches a second.
const INTERVAL: Duration = Duration::from_millis(20);

pub(crate) fn run(url: &str, token: &str, seconds: u64) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut random = Random::new(u64::try_from(now_us()).unwrap_or(1));
    let mut waits = runtime.block_on(async {
        let http = reqwest::Client::new();
        let url = format!("{url}/v1/records");
        let mut ticks = tokio::time::interval(INTERVAL);
        let (begun, mut waits) = (Instant::now(), Vec::new());
        while begun.elapsed() < Duration::from_secs(seconds) {
            ticks.tick().await;
            let mut plain = String::new();
            for _ in 0..RECORDS {
                let at_us = now_us();
                let id = batches::event_id(at_us, &mut random);
                plain.push_str(&entries::record(at_us, id, &mut random));
                plain.push('\n');
            }
            let body = zstd::bulk::compress(plain.as_bytes(), 1)?;
            let sent = Instant::now();
            batches::send_one(&http, &url, token, body).await?;
            waits.push(sent.elapsed());
        }
        anyhow::Ok(waits)
    })?;
    waits.sort_unstable();
    for (name, share) in [("p50_ms", 0.5), ("p99_ms", 0.99), ("max_ms", 1.0)] {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a list"
        )]
        let at = ((waits.len() - 1) as f64 * share) as usize;
        println!("{name} {:.2}", waits[at].as_secs_f64() * 1e3);
    }
    Ok(())
}
