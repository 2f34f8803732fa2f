//! What the server does for itself: checkpoints, autovacuum, temporary files.

use std::str::FromStr;

use wire::pg::log::{Autovacuum, Checkpoint, Event};
use wire::time::Micros;

use crate::serverlog::scan::Scan;

/// Reasons of a checkpoint that are kept; the server knows fewer.
const REASONS_MAX: usize = 16;

pub(super) fn classify(message: &str) -> Option<Event> {
    let mut scan = Scan(message);
    if scan.tag("temporary file: ").is_some() {
        let (_, bytes) = message.rsplit_once(", size ")?;
        return Some(Event::TemporaryFile {
            bytes: Scan(bytes).number()?,
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
    let after = |tag: &str| text.split_once(tag).map(|(_, rest)| Scan(rest));
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
    let table = scan.until("\"")?.to_owned();
    let text = scan.0;
    let vacuum = Autovacuum {
        table,
        is_aggressive,
        to_prevent_wraparound,
        index_scans: figure(text, "index scans: ", ""),
        pages_removed: figure(text, "pages: ", " removed"),
        pages_remain: figure(text, " removed, ", " remain"),
        tuples_removed: figure(text, "tuples: ", " removed"),
        tuples_remain: line(text, "tuples: ")
            .and_then(|line| figure(line, " removed, ", " remain")),
        tuples_not_removable: line(text, "tuples: ")
            .and_then(|line| figure(line, " remain, ", " are dead but not yet removable")),
        buffer_hits: figure(text, "buffer usage: ", " hits"),
        buffer_misses: line(text, "buffer usage: ").and_then(|line| figure(line, " hits, ", "")),
        buffers_dirtied: line(text, "buffer usage: ").and_then(|line| {
            let (_, rest) = line.split_once(" hits, ")?;
            let (_, rest) = rest.split_once(", ")?;
            Scan(rest).number()
        }),
        elapsed_us: text
            .rsplit_once("elapsed: ")
            .and_then(|(_, rest)| Scan(rest).seconds()),
    };
    Some(if is_vacuum {
        Event::Autovacuum(vacuum)
    } else {
        Event::Autoanalyze(vacuum)
    })
}

/// The line that begins so.
fn line<'a>(text: &'a str, begin: &str) -> Option<&'a str> {
    text.lines()
        .find(|line| line.trim_start().starts_with(begin))
}

/// The number between two texts.
fn figure<T: FromStr>(text: &str, before: &str, after: &str) -> Option<T> {
    let (_, rest) = text.split_once(before)?;
    let mut scan = Scan(rest);
    let number = scan.number()?;
    scan.tag(after)?;
    Some(number)
}
