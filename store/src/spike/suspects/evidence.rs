//! One line of evidence per suspect, with figures.

use super::{Account, Holder, PartKey, RequestCost};

/// A statement's beginning says which one it is.
const STATEMENT_CHARS_MAX: usize = 80;

/// Why a lock holder is one. `holder` is the session behind which most was waited.
pub(super) fn of_holder(holder: &Holder, account: &Account) -> String {
    let on = holder
        .relation
        .as_deref()
        .map(|it| format!(" on {it}"))
        .unwrap_or_default();
    let idle = if holder.idle_share >= 0.005 {
        format!(
            " (idle in transaction in {:.0} % of samples)",
            holder.idle_share * 100.0
        )
    } else {
        String::new()
    };
    let mut text = format!(
        "pid {} held locks{on} for {}{idle}, {} waiting at worst, {} of waiting",
        holder.pid,
        seconds(holder.held_us),
        counted(u64::from(holder.waiters_peak), "session"),
        seconds(account.waited_us()),
    );
    match account.holders.len() {
        0 | 1 => {}
        count => text = format!("{text} behind {count} sessions like it"),
    }
    if let Some(statement) = &holder.statement {
        text = format!("{text}; its statement {}", shortened(statement));
        if let Some(caller) = &holder.caller {
            text = format!("{text}, issued by {caller}");
        }
    }
    text
}

/// Why a route is a suspect: how many requests it had, how long they took, and what is usual.
pub(super) fn of_route(account: &Account) -> String {
    if account.range_costs.is_empty() {
        return "database sessions without a captured request".to_owned();
    }
    let now = format!(
        "{} of {} on average, {:.0} % of it SQL",
        counted(account.range_costs.len() as u64, "request"),
        mean(&account.range_costs),
        sql_share(&account.range_costs) * 100.0,
    );
    if account.baseline_costs.is_empty() {
        return format!("{now}; none captured in the baseline");
    }
    format!(
        "{now}; in the baseline {} of {}",
        account.baseline_costs.len(),
        mean(&account.baseline_costs)
    )
}

/// A part of a lock holder's share.
pub(super) fn of_part(part: &PartKey, count: usize) -> String {
    match part {
        PartKey::OwnWork => "its own work".to_owned(),
        PartKey::Waited {
            label,
            statement: None,
        } => format!("{count} × {label} waited"),
        PartKey::Waited {
            label,
            statement: Some(statement),
        } => {
            format!("{count} × {label} waited  {}", shortened(statement))
        }
    }
}

fn mean(costs: &[RequestCost]) -> String {
    let sum: i64 = costs.iter().map(|cost| cost.wall_us).sum();
    seconds(sum / i64::try_from(costs.len().max(1)).unwrap_or(i64::MAX))
}

fn sql_share(costs: &[RequestCost]) -> f64 {
    let wall: i64 = costs.iter().map(|cost| cost.wall_us).sum();
    let sql: i64 = costs.iter().map(|cost| cost.sql_us).sum();
    (sql as f64 / wall.max(1) as f64).clamp(0.0, 1.0)
}

fn seconds(time_us: i64) -> String {
    let seconds = time_us as f64 / 1e6;
    match seconds {
        long if long >= 100.0 => format!("{long:.0} s"),
        medium if medium >= 1.0 => format!("{medium:.1} s"),
        short => format!("{short:.2} s"),
    }
}

fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

fn shortened(statement: &str) -> String {
    if statement.chars().count() <= STATEMENT_CHARS_MAX {
        return statement.to_owned();
    }
    let begin: String = statement.chars().take(STATEMENT_CHARS_MAX - 1).collect();
    format!("{begin}…")
}
