//! What PHP-FPM says: a pool's state, and an entry of its slow log.

use std::fmt::Write as _;

use wire::figure::duration;
use wire::fpm::{FpmSlow, FpmStatus, Pool};

use super::line;
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;

pub(in crate::gelf) fn status(messages: &mut Messages<'_>, status: &FpmStatus) {
    let Some(pool) = &status.pool else {
        let error = status.error.as_deref().unwrap_or("it does not answer");
        let short = format!("FPM pool at {}: {}", status.address, line(error));
        messages.record(Level::Error, &short, error, |out| {
            out.text(field::ADDRESS, status.address.as_str());
            out.text(field::LAST_ERROR, error);
        });
        return;
    };
    let waiting = pool.listen_queue.unwrap_or(0);
    let is_full = pool.idle == 0 && pool.total > 0;
    let level = if waiting > 0 || is_full {
        Level::Warning
    } else {
        Level::Informational
    };
    let mut short = format!(
        "FPM pool {}: {} of {} active",
        pool.pool, pool.active, pool.total
    );
    if waiting > 0 {
        let _ = write!(short, ", {waiting} wait for a worker");
    }
    let oldest_us = pool.requests.first().map(|it| it.age_us);
    if let Some(oldest_us) = oldest_us {
        let _ = write!(short, ", oldest request {}", duration(oldest_us));
    }
    messages.record(level, &short, &full(pool), |out| {
        out.text(field::ADDRESS, status.address.as_str());
        out.text(field::POOL, pool.pool.as_str());
        out.int(field::ACTIVE, pool.active);
        out.int(field::IDLE, pool.idle);
        out.int(field::WORKERS, pool.total);
        out.int(field::LISTEN_QUEUE, pool.listen_queue);
        out.int(field::CHILDREN_MAX_REACHED, pool.children_max_reached);
        out.int(field::OLDEST_US, oldest_us);
    });
}

fn full(pool: &Pool) -> String {
    let mut text = String::new();
    for request in &pool.requests {
        let age = duration(request.age_us);
        let _ = writeln!(
            text,
            "{age:>9} pid {} {} {}",
            request.pid, request.method, request.uri
        );
    }
    if pool.requests_more > 0 {
        let _ = writeln!(text, "and {} more", pool.requests_more);
    }
    text
}

pub(in crate::gelf) fn slow(messages: &mut Messages<'_>, entry: &FpmSlow) {
    let innermost = entry.stack.first();
    let top = innermost.map_or("an unknown place", |frame| frame.function.as_str());
    let short = format!("FPM pool {}: {} was in {top}", entry.pool, entry.script);
    let mut full = format!("{} at {}\n", entry.script, entry.logged);
    for frame in &entry.stack {
        let _ = writeln!(full, "{} {}:{}", frame.function, frame.file, frame.line);
    }
    messages.record(Level::Notice, &short, &full, |out| {
        out.text(field::POOL, entry.pool.as_str());
        out.int(field::PID, entry.pid);
        out.text(field::SCRIPT, entry.script.as_str());
        out.text(
            field::TOP_FUNCTION,
            innermost.map(|it| it.function.as_str()),
        );
    });
}
