//! Batches: made and kept before the clock runs, then sent over some connections at once.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, ensure};

use crate::site::Random;

/// What an agent sends at once.
pub(crate) const BATCH_RECORDS: usize = 500;

/// Records of the last `span_s` seconds, the oldest first; `record` makes one of its time and id.
pub(crate) fn generate(
    dir: &Path,
    records: usize,
    span_s: i64,
    mut record: impl FnMut(i64, uuid::Uuid, &mut Random) -> String,
) -> anyhow::Result<()> {
    fs::create_dir_all(dir)?;
    // Ids that no earlier load has.
    let mut random = Random::new(
        u64::try_from(now_us())
            .unwrap_or(1)
            .wrapping_mul(0x9e37_79b9),
    );
    let begin_us = now_us() - span_s * 1_000_000;
    let (mut plain_bytes, mut packed_bytes) = (0, 0);
    for first in (0..records).step_by(BATCH_RECORDS) {
        let last = records.min(first + BATCH_RECORDS);
        let mut plain = String::new();
        for number in first..last {
            let share = number as f64 / records as f64;
            #[expect(clippy::cast_possible_truncation, reason = "microseconds of days")]
            let at_us = begin_us + (share * span_s as f64 * 1e6) as i64;
            let id = event_id(at_us, &mut random);
            plain.push_str(&record(at_us, id, &mut random));
            plain.push('\n');
        }
        let packed = zstd::bulk::compress(plain.as_bytes(), 1)?;
        plain_bytes += plain.len();
        packed_bytes += packed.len();
        fs::write(dir.join(format!("{first:09}.zst")), packed)?;
    }
    println!("records {records}");
    println!("plain_bytes_per_record {}", plain_bytes / records.max(1));
    println!("packed_bytes_per_record {}", packed_bytes / records.max(1));
    Ok(())
}

/// Sends all of it and tells how long that took.
pub(crate) fn send(url: &str, token: &str, dir: &Path, connections: usize) -> anyhow::Result<()> {
    let mut files: Vec<_> = fs::read_dir(dir)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    let files = Arc::new(files);
    let next = Arc::new(AtomicUsize::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let begun = Instant::now();
    let stored = runtime.block_on(async {
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let (files, next) = (Arc::clone(&files), Arc::clone(&next));
            let (url, token) = (format!("{url}/v1/records"), token.to_owned());
            senders.spawn(async move {
                let http = reqwest::Client::new();
                let mut stored = 0;
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    stored += send_one(&http, &url, &token, fs::read(path)?).await?;
                }
                anyhow::Ok(stored)
            });
        }
        let mut stored = 0;
        while let Some(sent) = senders.join_next().await {
            stored += sent??;
        }
        anyhow::Ok(stored)
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("stored {stored}");
    println!("records_per_s {:.0}", stored as f64 / seconds);
    Ok(())
}

pub(crate) async fn send_one(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    body: Vec<u8>,
) -> anyhow::Result<u64> {
    loop {
        let request = http.post(url).bearer_auth(token);
        let answer = request
            .header("content-encoding", "zstd")
            .body(body.clone())
            .send()
            .await?;
        let status = answer.status();
        if status.as_u16() == 503 {
            // The store asks for patience, as it may; the time counts.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        }
        let text = answer.text().await?;
        ensure!(status.is_success(), "{status}: {text}");
        let receipt: wire::batch::Receipt = serde_json::from_str(&text).context("receipt")?;
        ensure!(receipt.put_aside.is_empty(), "put aside: {text}");
        return Ok(receipt.stored);
    }
}

pub(crate) fn event_id(at_us: i64, random: &mut Random) -> uuid::Uuid {
    let millis = u64::try_from(at_us / 1_000).unwrap_or(0);
    let high = (millis << 16) | 0x7000 | (random.next() & 0xfff);
    let low = (1 << 63) | (random.next() >> 2);
    uuid::Uuid::from_u64_pair(high, low)
}

pub(crate) fn now_us() -> i64 {
    daemon::clock::Clock::system().now().0
}
