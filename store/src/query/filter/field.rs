//! What a filter can be about.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextField {
    Project,
    Host,
    Url,
    Route,
    Method,
    Client,
    Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberField {
    DurationUs,
    MemoryBytes,
    SqlCount,
    SqlUs,
    LockUs,
    BlockedUs,
    Time,
    Status,
}

/// All of them, for who names another.
pub(super) const FIELDS: &str = "project, host, url, route, method, client, reason, status, duration, memory, \
                      sql, sql_time, lock, blocked, time, error, function or fingerprint";

pub(super) fn text_field(name: &str) -> Option<TextField> {
    Some(match name {
        "project" => TextField::Project,
        "host" => TextField::Host,
        "url" => TextField::Url,
        "route" => TextField::Route,
        "method" => TextField::Method,
        "client" => TextField::Client,
        "reason" => TextField::Reason,
        _ => return None,
    })
}

pub(super) fn number_field(name: &str) -> Option<NumberField> {
    Some(match name {
        "duration" => NumberField::DurationUs,
        "memory" => NumberField::MemoryBytes,
        "sql" => NumberField::SqlCount,
        "sql_time" => NumberField::SqlUs,
        "lock" => NumberField::LockUs,
        "blocked" => NumberField::BlockedUs,
        "time" => NumberField::Time,
        "status" => NumberField::Status,
        _ => return None,
    })
}

/// `500` or `5xx`.
pub(super) fn status(text: &str) -> Option<(i64, i64)> {
    if let Some(class) = text.strip_suffix("xx") {
        let class: i64 = class.parse().ok().filter(|class| (1..=9).contains(class))?;
        return Some((class * 100, class * 100 + 99));
    }
    let code = text.parse().ok().filter(|code| (0..=999).contains(code))?;
    Some((code, code))
}
