//! What the server does for itself: checkpoints, autovacuum, temporary files.

use wire::pg::log::{Autovacuum, Checkpoint, Event};
use wire::time::Micros;

use crate::serverlog::scan::{Scan, rfind, split_once};

/// Reasons of a checkpoint that are kept; the server knows fewer.
const REASONS_MAX: usize = 16;

pub(super) fn classify(message: &str) -> Option<Event> {
    let mut scan = Scan(message);
    if scan.tag("temporary file: ").is_some() {
        scan.0 = &message[rfind(message, ", size ")?..];
        scan.tag(", size ")?;
        return Some(Event::TemporaryFile {
            bytes: scan.number()?,
        });
    }
    if scan
        .tag("checkpoints are occurring too frequently (")
        .is_some()
    {
        return Some(Event::CheckpointsTooFrequent {
            apart_us: Micros::from_seconds(scan.number()?),
        });
    }
    if scan.tag("automatic ").is_some() {
        return automatic(&mut scan);
    }
    let _ = scan.tag("checkpoint").or_else(|| scan.tag("restartpoint"));
    if scan.tag(" starting:").is_some() {
        let reasons = scan.0.split_ascii_whitespace().take(REASONS_MAX);
        return Some(Event::CheckpointStart {
            reasons: reasons.map(str::to_owned).collect(),
        });
    }
    scan.tag(" complete:")?;
    checkpoint(scan.0).map(Event::Checkpoint)
}

/// ` wrote 5035 buffers (30.7%); 0 WAL file(s) added, …; write=0.097 s, sync=1.137 s, total=1.318 s; …`
fn checkpoint(text: &str) -> Option<Checkpoint> {
    let after = |tag: &str| split_once(text, tag).map(|(_, rest)| Scan(rest));
    let seconds = |tag: &str| after(tag).and_then(|mut scan| scan.seconds());
    let kibibytes = |tag: &str| {
        let kibibytes: u64 = after(tag)?.number()?;
        kibibytes.checked_mul(1024)
    };
    Some(Checkpoint {
        buffers: after(" wrote ")?.number()?,
        write_us: seconds("write=")?,
        sync_us: seconds(" sync=")?,
        total_us: seconds("total=")?,
        sync_files: after("sync files=").and_then(|mut scan| scan.number()),
        sync_longest_us: seconds("longest="),
        distance_bytes: kibibytes("distance="),
        estimate_bytes: kibibytes("estimate="),
    })
}

/// `[aggressive ]vacuum [to prevent wraparound ]of table "shop.public.stock": index scans: 1` and lines
/// of figures, or `analyze of table "…"`.
fn automatic(scan: &mut Scan<'_>) -> Option<Event> {
    let is_aggressive = scan.tag("aggressive ").is_some();
    let is_vacuum = scan.tag("vacuum ").is_some();
    if !is_vacuum {
        scan.tag("analyze ")?;
    }
    let to_prevent_wraparound = scan.tag("to prevent wraparound ").is_some();
    scan.tag("of table \"")?;
    let mut vacuum = Autovacuum {
        table: scan.until("\"")?.to_owned(),
        is_aggressive,
        to_prevent_wraparound,
        ..Autovacuum::default()
    };
    if scan.tag(": index scans: ").is_some() {
        vacuum.index_scans = scan.number();
    }
    for line in scan.0.lines() {
        read_line(&mut vacuum, Scan(line.trim_start()));
    }
    Some(if is_vacuum {
        Event::Autovacuum(vacuum)
    } else {
        Event::Autoanalyze(vacuum)
    })
}

/// One line of figures. What a version adds to a line stands behind what is read of it.
fn read_line(vacuum: &mut Autovacuum, mut scan: Scan<'_>) -> Option<()> {
    if scan.tag("pages: ").is_some() {
        vacuum.pages_removed = Some(scan.number()?);
        scan.tag(" removed, ")?;
        vacuum.pages_remain = Some(scan.number()?);
    } else if scan.tag("tuples: ").is_some() {
        vacuum.tuples_removed = Some(scan.number()?);
        scan.tag(" removed, ")?;
        vacuum.tuples_remain = Some(scan.number()?);
        scan.tag(" remain, ")?;
        vacuum.tuples_not_removable = Some(scan.number()?);
    } else if scan.tag("buffer usage: ").is_some() {
        vacuum.buffer_hits = Some(scan.number()?);
        scan.until(", ")?;
        vacuum.buffer_misses = Some(scan.number()?);
        scan.until(", ")?;
        vacuum.buffers_dirtied = Some(scan.number()?);
    } else if scan.tag("system usage: ").is_some() || scan.tag("CPU").is_some() {
        scan.0 = &scan.0[rfind(scan.0, "elapsed: ")?..];
        scan.tag("elapsed: ")?;
        vacuum.elapsed_us = scan.seconds();
    }
    Some(())
}
