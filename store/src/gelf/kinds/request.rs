//! A PHP request: its figures as fields, its functions and statements as text.

use std::fmt::Write as _;

use wire::figure::{bytes, duration};
use wire::profile::{Function, Profile};
use wire::request::{Query, Repeated, Request, Sql};
use wire::time::Micros;

use super::{LINES_MAX, correlation_id, line};
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;
use crate::gelf::message::Fields;

/// Functions that the text tells.
const FUNCTIONS_MAX: usize = 20;

/// What statements of a shape took together, in the order of the text.
struct Told<'r> {
    sql: &'r str,
    count: u32,
    total_us: Micros,
    caller: Option<&'r str>,
}

/// What fields repeat of the request's lists.
struct Worst<'r> {
    functions: Vec<Function>,
    statement: Option<Told<'r>>,
    fingerprint: Option<String>,
}

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, request: &Request) {
    let label = request.label();
    let functions = request.profile.as_ref().map(Profile::functions);
    let functions = functions.unwrap_or_default();
    let told = request.sql.as_ref().map(told).unwrap_or_default();
    let full = full(request, &functions, &told);
    let statement = told.into_iter().next();
    let worst = Worst {
        functions,
        fingerprint: statement.as_ref().map(|it| fingerprint(it.sql)),
        statement,
    };
    let short = short(request, &label);
    messages.record(level(request), &short, &full, |out| {
        fields(out, request, &label);
        worst_fields(out, request, &worst);
    });
    if let Some(sql) = &request.sql {
        statements(messages, request, sql, &label);
    }
}

fn is_error(request: &Request) -> bool {
    request.error.is_some() || request.status.is_some_and(|status| status >= 500)
}

fn level(request: &Request) -> Level {
    match request.reason.as_str() {
        _ if is_error(request) => Level::Error,
        "sampled" => Level::Informational,
        _ => Level::Notice,
    }
}

/// `POST /checkout 200 in 4.21 s, SQL 3.90 s in 120, 64.0 MiB`
fn short(request: &Request, label: &str) -> String {
    let mut text = label.to_owned();
    if let Some(status) = request.status {
        let _ = write!(text, " {status}");
    }
    let _ = write!(text, " in {}", duration(request.wall_us));
    if let Some(sql) = &request.sql {
        let _ = write!(text, ", SQL {} in {}", duration(sql.total_us), sql.count);
    }
    if let Some(memory) = &request.memory {
        let _ = write!(text, ", {}", bytes(memory.peak_used_bytes));
    }
    if let Some(error) = &request.error {
        let _ = write!(text, ": {}: {}", error.kind, line(&error.message));
    }
    text
}

fn fields(out: &mut Fields<'_>, request: &Request, label: &str) {
    correlation_id(out, Some(request.correlation_id));
    out.text(field::ROUTE, label);
    out.text(field::URL, request.url.as_str());
    out.text(field::METHOD, request.method.as_str());
    out.text(field::ACTION, request.action.as_deref());
    out.int(field::STATUS, request.status);
    out.text(field::REASON, request.reason.as_str());
    out.text(field::SAPI, request.sapi.as_str());
    out.text(field::CLIENT, request.client.as_deref());
    out.text(field::SESSION, request.session.as_deref());
    out.int(field::PID, request.pid);
    out.int(field::DURATION_US, request.wall_us);
    out.int(field::QUEUE_US, request.queue_us);
    out.int(field::CPU_USER_US, request.cpu_user_us);
    out.int(field::CPU_SYSTEM_US, request.cpu_system_us);
    out.int(field::REQUEST_BODY_BYTES, request.request_body_bytes);
    out.int(field::RESPONSE_BODY_BYTES, request.response_body_bytes);
    out.int(field::FILES, request.files);
    let memory = request.memory;
    out.int(
        field::MEMORY_PEAK_BYTES,
        memory.map(|it| it.peak_used_bytes),
    );
    out.int(
        field::MEMORY_ALLOCATED_BYTES,
        memory.map(|it| it.peak_allocated_bytes),
    );
    out.int(
        field::MEMORY_LIMIT_BYTES,
        memory.and_then(|it| it.limit_bytes),
    );
    out.flag(field::IS_ERROR, is_error(request));
    if let Some(error) = &request.error {
        out.text(field::ERROR_TYPE, error.kind.as_str());
        out.text(field::ERROR_MESSAGE, error.message.as_str());
        out.text(
            field::ERROR_AT,
            place(error.file.as_deref(), error.line).as_deref(),
        );
    }
    let runtime = request.runtime.as_ref();
    out.text(field::PHP_VERSION, runtime.map(|it| it.php.as_str()));
    let fpm = runtime.and_then(|it| it.fpm.as_ref());
    out.text(field::POOL, fpm.and_then(|it| it.pool.as_deref()));
    out.int(
        field::LISTENER_US,
        request.listener.as_ref().map(|it| it.self_us),
    );
}

fn worst_fields(out: &mut Fields<'_>, request: &Request, worst: &Worst<'_>) {
    if let Some(sql) = &request.sql {
        out.int(field::SQL_COUNT, sql.count);
        out.int(field::SQL_FAILED, sql.failed);
        out.int(field::SQL_US, sql.total_us);
        let pids = sql.connections.iter().filter_map(|it| it.backend_pid);
        out.int(field::BACKEND_PID, pids.into_iter().next());
    }
    if let Some(statement) = &worst.statement {
        out.text(field::FINGERPRINT, worst.fingerprint.as_deref());
        out.text(field::SLOWEST_STATEMENT, statement.sql);
        out.int(field::SLOWEST_STATEMENT_US, statement.total_us);
    }
    if let Some(profile) = &request.profile {
        out.text(field::PROFILER, profile.engine.as_str());
        let total_us: i64 = worst.functions.iter().map(|it| it.exclusive_us.0).sum();
        out.int(field::PROFILE_US, total_us);
    }
    if let Some(function) = worst.functions.first() {
        out.text(field::TOP_FUNCTION, function.name.as_str());
        out.int(field::TOP_FUNCTION_US, function.exclusive_us);
    }
}

fn place(file: Option<&str>, line: Option<u32>) -> Option<String> {
    file.map(|file| line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}")))
}

fn fingerprint(sql: &str) -> String {
    wire::sql::fingerprint(sql).to_string()
}

/// Its statements, those that took most first.
fn told(sql: &Sql) -> Vec<Told<'_>> {
    let single = sql.queries.iter().map(|query| Told {
        sql: &query.sql,
        count: 1,
        total_us: query.duration_us,
        caller: query.caller.as_deref(),
    });
    let repeated = sql.repeated.iter().map(|group| Told {
        sql: &group.sql,
        count: group.count,
        total_us: group.total_us,
        caller: None,
    });
    let mut told: Vec<Told<'_>> = single.chain(repeated).collect();
    told.sort_by_key(|it| std::cmp::Reverse(it.total_us));
    told
}

/// All that has no field: functions, statements, headers, variables.
fn full(request: &Request, functions: &[Function], told: &[Told<'_>]) -> String {
    let mut text = format!("{} {}\n", request.method, request.url);
    if let Some(error) = &request.error {
        let at = place(error.file.as_deref(), error.line).unwrap_or_default();
        let _ = writeln!(text, "{}: {} {at}", error.kind, error.message);
    }
    if !functions.is_empty() {
        text.push_str("\nFunctions by exclusive time\n");
        for function in functions.iter().take(FUNCTIONS_MAX) {
            let (own, all) = (function.exclusive_us, function.inclusive_us);
            let (own, all) = (duration(own), duration(all));
            let _ = writeln!(
                text,
                "{own:>9} {all:>9} {:>6}x {}",
                function.calls, function.name
            );
        }
    }
    if !told.is_empty() {
        text.push_str("\nSQL by time\n");
        for it in told.iter().take(LINES_MAX) {
            let (took, caller) = (duration(it.total_us), it.caller.unwrap_or_default());
            let _ = writeln!(text, "{took:>9} {:>6}x {} {caller}", it.count, it.sql);
        }
        if told.len() > LINES_MAX {
            let _ = writeln!(text, "and {} more", told.len() - LINES_MAX);
        }
    }
    let variables = request.variables.as_ref();
    let named = [
        ("Headers", Some(&request.headers)),
        ("GET", variables.map(|it| &it.get)),
        ("POST", variables.map(|it| &it.post)),
    ];
    for (name, values) in named {
        let Some(values) = values.filter(|it| !it.is_empty()) else {
            continue;
        };
        let _ = writeln!(text, "\n{name}");
        for (key, value) in values {
            let _ = writeln!(text, "{key}: {value}");
        }
    }
    text
}

/// Each statement as a message of its own.
fn statements(messages: &mut Messages<'_>, request: &Request, sql: &Sql, label: &str) {
    for query in &sql.queries {
        if messages.has_lists() {
            single(messages, request, query, label);
        }
    }
    for group in &sql.repeated {
        if messages.has_lists() {
            repeated(messages, request, group, label);
        }
    }
}

fn single(messages: &mut Messages<'_>, request: &Request, query: &Query, label: &str) {
    let short = format!("SQL {} {}", duration(query.duration_us), line(&query.sql));
    let at_us = messages.envelope().at_us + query.start_us;
    let fingerprint = fingerprint(&query.sql);
    let texts = (short.as_str(), query.sql.as_str());
    messages.member("sql", level_of(query.failed), at_us, texts, |out| {
        statement(out, request, label, (&query.sql, &fingerprint));
        out.int(field::COUNT, 1_i64);
        out.int(field::DURATION_US, query.duration_us);
        out.int(field::START_US, query.start_us);
        out.flag(field::IS_ERROR, query.failed);
        out.flag(field::IN_TRANSACTION, query.in_transaction);
        out.text(field::CALLER, query.caller.as_deref());
        out.text(field::CALLER_AT, query.caller_at.as_deref());
        out.int(field::BACKEND_PID, query.backend_pid);
    });
}

fn repeated(messages: &mut Messages<'_>, request: &Request, group: &Repeated, label: &str) {
    let took = duration(group.total_us);
    let short = format!("SQL {took} in {} {}", group.count, line(&group.sql));
    let at_us = messages.envelope().at_us + group.first_start_us;
    let fingerprint = fingerprint(&group.sql);
    let texts = (short.as_str(), group.sql.as_str());
    messages.member("sql", level_of(group.failed > 0), at_us, texts, |out| {
        statement(out, request, label, (&group.sql, &fingerprint));
        out.int(field::COUNT, group.count);
        out.int(field::DURATION_US, group.total_us);
        out.int(field::LONGEST_US, group.longest_us);
        out.int(field::START_US, group.first_start_us);
        out.flag(field::IS_ERROR, group.failed > 0);
    });
}

fn level_of(is_failed: bool) -> Level {
    if is_failed {
        Level::Error
    } else {
        Level::Informational
    }
}

fn statement(out: &mut Fields<'_>, request: &Request, label: &str, sql: (&str, &str)) {
    correlation_id(out, Some(request.correlation_id));
    out.text(field::ROUTE, label);
    out.text(field::STATEMENT, sql.0);
    out.text(field::FINGERPRINT, sql.1);
}
