//! What nobody gets around who takes in such requests: they come compressed, and are made small and inserted. This
//! is how fast that alone is on this machine, and with a plain reading of each request's text.

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use anyhow::{Context, anyhow, ensure};
use rusqlite::Connection;
use rusqlite::types::Value;
use wire::record::{Body, Record};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe;

use crate::bare::{self, Row};

/// As many as send to the store.
const THREADS: usize = 2;

/// Batches that wait to be inserted.
const WAITING: usize = 4;

/// As the store's.
const LEVEL: i32 = 3;

/// A body is no longer.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is done to the requests.
struct Floor {
    files: Vec<PathBuf>,
    next: AtomicUsize,
    dictionary: Vec<u8>,
    /// Bodies as the store had them before it compressed them.
    packed: Vec<Vec<u8>>,
    is_read: bool,
}

/// Bodies that were compressed again: the place of the first one, and all of a batch.
type Bodies = (usize, Vec<Vec<u8>>);

/// Inserts what the store made of the batches of `dir` in `source`, each body compressed anew and, if `is_read`, its
/// line read.
pub(crate) fn run(
    source: &str,
    dir: &Path,
    target: &str,
    records: usize,
    is_read: bool,
) -> anyhow::Result<()> {
    let source = bare::open(source)?;
    let rows = bare::read(&source, records)?;
    let dictionaries = dictionaries(&source)?;
    let mut decompressors = HashMap::from([(None, Decompressor::new()?)]);
    for (id, dictionary) in &dictionaries {
        decompressors.insert(Some(*id), Decompressor::with_dictionary(dictionary)?);
    }
    let packed = rows.iter().map(|row| {
        let body = row.body()?;
        let decompressor = decompressors.get_mut(&dictionary_of(body));
        let decompressor = decompressor.context("a body's dictionary is not in its file")?;
        Ok(decompressor.decompress(body, BODY_BYTES_MAX)?)
    });
    // The newest one is what the store would go on with.
    let newest = rows.last().context("there are no requests")?.body()?;
    let newest = dictionary_of(newest).context("the store has trained no dictionary yet")?;
    let mut files: Vec<PathBuf> = fs::read_dir(dir)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    let floor = Floor {
        packed: packed.collect::<anyhow::Result<_>>()?,
        next: AtomicUsize::new(0),
        files,
        dictionary: dictionaries[&newest].clone(),
        is_read,
    };
    let target = bare::create(&source, target)?;
    let begun = Instant::now();
    let inserted = floor.run(&target, rows)?;
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(inserted == records, "{inserted} of {records} inserted");
    println!("records_per_s {:.0}", records as f64 / seconds);
    Ok(())
}

/// What requests are read with, by the numbers that their frames name.
fn dictionaries(source: &Connection) -> anyhow::Result<HashMap<u32, Vec<u8>>> {
    let sql = "SELECT id, bytes FROM dictionary WHERE kind = 'request'";
    let mut statement = source.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn dictionary_of(body: &[u8]) -> Option<u32> {
    zstd_safe::get_dict_id_from_frame(body).map(NonZeroU32::get)
}

// === impl Floor ===

impl Floor {
    fn run(&self, target: &Connection, rows: Vec<Row>) -> anyhow::Result<usize> {
        let (send, bodies) = mpsc::sync_channel(WAITING);
        thread::scope(|scope| {
            let threads: Vec<_> = std::iter::repeat_n(send, THREADS)
                .map(|send| scope.spawn(move || self.compress(&send)))
                .collect();
            let inserted = insert(target, rows, &bodies)?;
            for thread in threads {
                thread.join().map_err(|_| anyhow!("a thread panicked"))??;
            }
            Ok(inserted)
        })
    }

    fn compress(&self, send: &mpsc::SyncSender<Bodies>) -> anyhow::Result<()> {
        let mut compressor = Compressor::with_dictionary(LEVEL, &self.dictionary)?;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = self.files.get(number) else {
                return Ok(());
            };
            let batch = zstd::stream::decode_all(fs::File::open(path)?)?;
            let lines: Vec<&[u8]> = batch
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .collect();
            if self.is_read {
                for line in &lines {
                    read(line).with_context(|| path.display().to_string())?;
                }
            }
            let first = number * crate::batches::BATCH_RECORDS;
            let of_batch = self.packed.iter().skip(first).take(lines.len());
            let bodies = of_batch.map(|body| compressor.compress(body));
            let bodies = bodies.collect::<std::io::Result<_>>()?;
            send.send((first, bodies))
                .context("nobody inserts any more")?;
        }
    }
}

fn read(line: &[u8]) -> anyhow::Result<()> {
    let record = Record::try_from_line(line)?;
    let Body::Request(request) = record.body()? else {
        anyhow::bail!("a request is allowed");
    };
    std::hint::black_box(request);
    Ok(())
}

/// How many rows there were bodies for.
fn insert(
    target: &Connection,
    mut rows: Vec<Row>,
    bodies: &mpsc::Receiver<Bodies>,
) -> anyhow::Result<usize> {
    let mut inserted = 0;
    // As many batches at once as wait: so does the store.
    while let Ok(first) = bodies.recv() {
        let transaction = target.unchecked_transaction()?;
        for (place, bodies) in std::iter::once(first).chain(bodies.try_iter()) {
            for (row, body) in rows.iter_mut().skip(place).zip(bodies) {
                row.set_body(Value::Blob(body));
                row.insert(target)?;
                inserted += 1;
            }
        }
        transaction.commit()?;
    }
    Ok(inserted)
}
