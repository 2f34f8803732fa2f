//! The request that proves it: where it came from, what it cost, which function ran which SQL.

use wire::query::RequestDetail;
use wire::time::Micros;

use super::LISTED_MAX;
use super::words::{block, code, put, text};
use crate::format;
use crate::report::incident::{Guilt, GuiltyStatement, Incident};

pub(super) fn culprit(page: &mut String, incident: &Incident) {
    let Some(detail) = &incident.culprit else {
        return;
    };
    let what = if detail.blocked.is_empty() {
        "The request that proves it"
    } else {
        "The blocking request"
    };
    put(page, format_args!("## {what}\n\n"));
    origin(page, detail);
    cost(page, detail);
    if let Some(guilty) = incident.guilty_statement() {
        statement(page, &guilty);
    }
    functions(page, detail);
}

fn origin(page: &mut String, detail: &RequestDetail) {
    let row = &detail.row;
    let url = code(&format!("{} {}", row.method, row.url));
    put(page, format_args!("- **URL:** {url}\n"));
    if let Some(action) = &detail.request.action {
        put(page, format_args!("- **Action:** {}\n", code(action)));
    }
    put(
        page,
        format_args!(
            "- **Request:** {} on {} at {} {} UTC\n",
            code(&row.correlation_id.to_string()),
            text(row.host.as_str()),
            format::date(row.at_us),
            format::clock(row.at_us),
        ),
    );
}

fn cost(page: &mut String, detail: &RequestDetail) {
    let row = &detail.row;
    put(
        page,
        format_args!(
            "- **Took:** {}{}; {} in {} statements{}\n",
            format::duration(row.wall_us),
            usual(detail),
            format::duration(row.sql_us),
            format::count(u64::from(row.sql_count)),
            waited(detail)
        ),
    );
    if row.blocked_us.0 > 0 {
        put(
            page,
            format_args!(
                "- **Others waited for it:** {} in {} waits\n",
                format::duration(row.blocked_us),
                format::count(detail.blocked.len() as u64)
            ),
        );
    }
}

fn statement(page: &mut String, guilty: &GuiltyStatement) {
    let caller = guilty.caller.as_deref().map_or("unknown".to_owned(), code);
    let place = guilty
        .caller_at
        .as_deref()
        .map(|at| format!(" at {}", code(at)))
        .unwrap_or_default();
    let what = match guilty.guilt {
        Guilt::TookLock { .. } => "Took the lock with this SQL",
        Guilt::LastOfHolder => "Its last SQL while others waited",
        Guilt::Longest => "Its longest SQL",
    };
    let longest = guilty.longest_us.map(format::duration);
    let figures = match (guilty.guilt, longest) {
        (Guilt::TookLock { count: count @ 2.. }, Some(longest)) => {
            let count = format::count(u64::from(count));
            format!(" (×{count} in its transaction, the longest {longest})")
        }
        (Guilt::TookLock { count: count @ 2.. }, None) => {
            format!(" (×{} in its transaction)", format::count(u64::from(count)))
        }
        (_, Some(longest)) => format!(" ({longest})"),
        (_, None) => String::new(),
    };
    put(
        page,
        format_args!(
            "- **Run by the function:** {caller}{place}\n- **{what}**{figures}:\n\n{}\n",
            block(&guilty.sql)
        ),
    );
}

fn usual(detail: &RequestDetail) -> String {
    let Some(usual) = &detail.baseline else {
        return String::new();
    };
    let ratio = format::times(detail.row.wall_us.0 as f64, usual.wall_avg_us.0 as f64);
    format!(
        " (usually {}, p95 {}, over {} captured{})",
        format::duration(usual.wall_avg_us),
        format::duration(usual.wall_p95_us),
        format::count(usual.count),
        ratio.map(|ratio| format!(": {ratio}")).unwrap_or_default(),
    )
}

fn waited(detail: &RequestDetail) -> String {
    if detail.row.lock_us.0 == 0 {
        return String::new();
    }
    format!(
        "; waited {} for locks itself",
        format::duration(detail.row.lock_us)
    )
}

fn functions(page: &mut String, detail: &RequestDetail) {
    let Some(profile) = &detail.request.profile else {
        return;
    };
    let functions = profile.functions();
    let total = profile.total_us();
    if functions.is_empty() {
        return;
    }
    put(
        page,
        format_args!(
            "Its functions by self time ({} in all):\n\n| self | share | incl | calls | function |\n|---:|---:|---:|---:|---|\n",
            format::duration(total)
        ),
    );
    for function in functions.iter().take(LISTED_MAX) {
        let share = if total.0 > 0 {
            function.exclusive_us.0 as f64 / total.0 as f64
        } else {
            0.0
        };
        put(
            page,
            format_args!(
                "| {} | {} | {} | {} | {} |\n",
                format::duration(function.exclusive_us),
                format::percent(share),
                format::duration(function.inclusive_us),
                function.calls,
                code(&function.name),
            ),
        );
    }
    let rest = functions.iter().skip(LISTED_MAX);
    let rest_us = rest
        .clone()
        .fold(Micros(0), |sum, function| sum + function.exclusive_us);
    let rest = rest.count() as u64;
    if rest > 0 {
        put(
            page,
            format_args!(
                "| {} | | | | {} more |\n",
                format::duration(rest_us),
                format::count(rest)
            ),
        );
    }
    page.push('\n');
}
