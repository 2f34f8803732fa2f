//! What the commands that print take: a range, a narrowing, an order, a form.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use wire::ids::{CorrelationId, Host, SpikeId};
use wire::query::BaselineKind;
use wire::sql::Fingerprint;
use wire::time::Micros;

use super::{Format, parse_request, parse_span, parse_spike, parse_zone};
use crate::ask::Sort;
use crate::export::Form;
use crate::when;
use crate::zone::Zone;

/// Rows of requests that one command prints at most: what a spreadsheet still opens.
const REQUESTS_MAX: i64 = 10_000;
/// Rows of other lists, which the store gives in one answer.
const ROWS_MAX: i64 = 1_000;
const _: () = assert!(wire::limits::ANSWER_ROWS_MAX == 1_000);

/// How a command prints.
#[derive(Clone, Copy, Debug, Args)]
pub struct Printing {
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// The time that is looked at; by default the last hour.
#[derive(Clone, Debug, Default, Args)]
pub struct When {
    /// From then on: 14:03, 2026-03-01, 2026-03-01T12:30:00Z, or a span before now such as -15m.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_end, conflicts_with_all = ["span", "of_spike"])]
    pub from: Option<String>,
    /// Up to then [default: now].
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_end, conflicts_with_all = ["span", "of_spike"])]
    pub to: Option<String>,
    /// The last 15m, 1h, 2d ….
    #[arg(id = "span", long = "range", value_name = "SPAN", value_parser = parse_span, conflicts_with = "of_spike")]
    pub span: Option<Micros>,
    /// From the beginning of this spike to its end.
    #[arg(id = "of_spike", long = "spike", value_name = "N", value_parser = parse_spike)]
    pub spike: Option<SpikeId>,
    /// The zone that times without one are in: UTC, local, Europe/Prague … [default: UTC].
    #[arg(id = "of_zone", long = "zone", value_name = "ZONE", value_parser = parse_zone)]
    pub zone: Option<Zone>,
}

/// Which requests are meant.
#[derive(Clone, Debug, Default, Args)]
pub struct Narrowed {
    /// Terms as docs/api.md has them: 'duration>2s status:5xx -client:10.0.0.7'.
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Only this route, as lists have it: "POST /checkout".
    #[arg(long, value_name = "LABEL")]
    pub route: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub struct RequestsArgs {
    #[command(flatten)]
    pub when: When,
    #[command(flatten)]
    pub narrowed: Narrowed,
    /// What to sort by, the greatest first.
    #[arg(long, value_enum, default_value_t = Sort::Wall)]
    pub sort: Sort,
    /// How many rows at most.
    #[arg(long, value_name = "ROWS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=REQUESTS_MAX))]
    pub limit: u32,
    #[command(flatten)]
    pub printing: Printing,
}

#[derive(Clone, Debug, Args)]
pub struct RequestArgs {
    /// Its correlation id.
    #[arg(value_name = "UUID", value_parser = parse_request)]
    pub id: CorrelationId,
    #[command(flatten)]
    pub printing: Printing,
}

#[derive(Clone, Debug, Args)]
pub struct FunctionsArgs {
    #[command(flatten)]
    pub when: When,
    #[command(flatten)]
    pub narrowed: Narrowed,
    /// Compare with the time before, four times as long, or with the baseline that is given.
    #[arg(long)]
    pub diff: bool,
    /// Compare with the time from then on.
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        value_parser = parse_end,
        requires = "diff"
    )]
    pub baseline_from: Option<String>,
    /// Compare with the time up to then.
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        value_parser = parse_end,
        requires = "diff"
    )]
    pub baseline_to: Option<String>,
    /// This function's callers and callees.
    #[arg(long, value_name = "NAME", conflicts_with = "diff")]
    pub function: Option<String>,
    #[arg(long, value_enum, default_value_t = FunctionSort::Exclusive, conflicts_with_all = ["diff", "function"])]
    pub sort: FunctionSort,
    /// How many rows at most.
    #[arg(long, value_name = "ROWS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=ROWS_MAX))]
    pub limit: u32,
    #[command(flatten)]
    pub printing: Printing,
}

#[derive(Clone, Debug, Args)]
pub struct ProfileArgs {
    /// Of this request alone.
    #[arg(value_name = "UUID", value_parser = parse_request)]
    pub id: Option<CorrelationId>,
    #[command(flatten)]
    pub when: When,
    #[command(flatten)]
    pub narrowed: Narrowed,
    /// Of how many of the slowest requests at most; each is asked for.
    #[arg(long, value_name = "REQUESTS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=ROWS_MAX))]
    pub limit: u32,
    #[arg(long, value_enum, default_value_t = Form::Folded)]
    pub format: Form,
    /// Into this file, which must not be there yet [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct SqlArgs {
    #[command(flatten)]
    pub when: When,
    /// Only of this route, as lists have it: "POST /checkout".
    #[arg(long, value_name = "LABEL")]
    pub route: Option<String>,
    /// Only statements of this shape.
    #[arg(long, value_name = "HEX")]
    pub fingerprint: Option<Fingerprint>,
    /// Only statements that one request issued ten times or more (N+1).
    #[arg(long)]
    pub loops: bool,
    #[arg(long, value_enum, default_value_t = SqlSort::Total)]
    pub sort: SqlSort,
    /// How many rows at most.
    #[arg(long, value_name = "ROWS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=ROWS_MAX))]
    pub limit: u32,
    #[command(flatten)]
    pub printing: Printing,
}

/// A command that takes a range and nothing else.
#[derive(Clone, Debug, Args)]
pub struct RangeArgs {
    #[command(flatten)]
    pub when: When,
    #[command(flatten)]
    pub printing: Printing,
}

/// Suspects of a spike or a range, and what it is compared with.
#[derive(Clone, Debug, Args)]
pub struct SuspectsArgs {
    #[command(flatten)]
    pub range: RangeArgs,
    /// Compare with the time `before`, the same time `yesterday`, or `last_week`.
    #[arg(long, value_name = "WHICH", default_value = "before", value_parser = parse_baseline)]
    pub baseline: BaselineKind,
}

#[derive(Clone, Debug, Args)]
pub struct LogsArgs {
    #[command(flatten)]
    pub when: When,
    /// Only from this host.
    #[arg(long, value_name = "HOST", value_parser = parse_host)]
    pub host: Option<Host>,
    /// Only this kind: `fpm_slow`, `mark`, `pg_log`, `pg_database`, `pg_statements`.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only what is about this request.
    #[arg(long, value_name = "UUID", value_parser = parse_request)]
    pub request: Option<CorrelationId>,
    /// How many rows at most.
    #[arg(long, value_name = "ROWS", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=ROWS_MAX))]
    pub limit: u32,
    #[command(flatten)]
    pub printing: Printing,
}

/// What functions are sorted by, the greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FunctionSort {
    Exclusive,
    Inclusive,
    Calls,
}

/// What statements are sorted by, the greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SqlSort {
    Total,
    Count,
    Longest,
    Loops,
}

// === impl FunctionSort ===

impl FunctionSort {
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Exclusive => "-exclusive_us",
            Self::Inclusive => "-inclusive_us",
            Self::Calls => "-calls",
        }
    }
}

// === impl SqlSort ===

impl SqlSort {
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Total => "-total_us",
            Self::Count => "-count",
            Self::Longest => "-longest_us",
            Self::Loops => "-loops",
        }
    }
}

/// Whether it is a time at all; what it means is told by its zone.
fn parse_end(text: &str) -> Result<String, String> {
    when::end(text, &Zone::utc(), crate::clock::now())
        .map(|_| text.to_owned())
        .map_err(|fault| fault.words)
}

fn parse_host(text: &str) -> Result<Host, String> {
    Host::try_new(text).map_err(|error| error.to_string())
}

fn parse_baseline(text: &str) -> Result<BaselineKind, String> {
    let found = BaselineKind::ALL.into_iter().find(|it| it.name() == text);
    found.ok_or_else(|| "before, yesterday or last_week is allowed".to_owned())
}
