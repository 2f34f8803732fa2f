//! Functions of a range: added up, compared with a baseline, or one with its callers and callees.

use wire::query::{
    CallRow, FunctionChange, FunctionDetail, FunctionGraph, FunctionRow, Functions, FunctionsDiff,
};

use super::page::{Cell, Column, Page, Table};
use super::range::Stretch;
use super::requests::narrowed;
use super::{Parameters, write};
use crate::ask::Trouble;
use crate::callgraph::Line;
use crate::cli::commands::FunctionsArgs;
use crate::client::Client;
use crate::format;

pub(super) async fn answer(
    client: &Client,
    args: &FunctionsArgs,
    project: Parameters,
) -> Result<String, Trouble> {
    let stretch = Stretch::of(client, &args.when).await?;
    let mut parameters = stretch.with(project);
    parameters.extend(narrowed(&args.narrowed));
    let format = args.printing.format;
    if let Some(name) = &args.function {
        parameters.push(("name", name.clone()));
        let one: FunctionDetail = client.question("/v1/function", &parameters).await?;
        return Ok(write(&one, format, sandwich));
    }
    parameters.push(("limit", args.limit.to_string()));
    if args.diff {
        let read = |end: &Option<String>| Some(super::range::end(end.as_deref()?, &args.when));
        let (from, to) = (read(&args.baseline_from), read(&args.baseline_to));
        parameters.extend(from.map(|from| ("baseline_from_at_us", from)));
        parameters.extend(to.map(|to| ("baseline_to_at_us", to)));
        let diff: FunctionsDiff = client.question("/v1/functions/diff", &parameters).await?;
        return Ok(write(&diff, format, changes));
    }
    parameters.push(("sort", args.sort.parameter().to_owned()));
    let sums: Functions = client.question("/v1/functions", &parameters).await?;
    Ok(write(&sums, format, added_up))
}

fn added_up(answer: &Functions) -> Page {
    let mut page = Page::default();
    page.fact("range", format::range(answer.range));
    page.fact("profiles", profiles(answer.profiles, answer.sampled_of));
    page.fact("time", format::duration(answer.total_us));
    page.tables.push(Table {
        columns: vec![
            Column::figure("self", "exclusive_us"),
            Column::figure("share", "share"),
            Column::figure("incl", "inclusive_us"),
            Column::figure("calls", "calls"),
            Column::figure("profiles", "profiles"),
            Column::words("function", "name"),
        ],
        rows: answer.functions.iter().map(row).collect(),
        empty: "No request with a function profile was captured that matches.",
        ..Table::default()
    });
    more(&mut page, answer.omitted);
    page
}

/// The functions as the console lists them, beside the baseline's if they are compared.
pub(crate) fn listed(answer: &FunctionGraph, lines: &[Line], is_compared: bool) -> Page {
    let mut page = Page::default();
    page.fact("range", format::range(answer.range));
    page.fact("profiles", format::count(answer.profiles));
    let mut columns = vec![
        Column::figure("self", "exclusive_us"),
        Column::figure("incl", "inclusive_us"),
        Column::figure("calls", "calls"),
    ];
    if is_compared {
        columns.push(Column::figure("self before", "exclusive_before_us"));
        columns.push(Column::figure("change", "change_us"));
    }
    columns.push(Column::words("function", "name"));
    let rows = lines.iter().map(|line| {
        let (now, before) = (
            line.now.unwrap_or_default(),
            line.before.unwrap_or_default(),
        );
        let mut cells = vec![
            Cell::mean_us(now.self_us),
            Cell::mean_us(now.inclusive_us),
            Cell::of(format::load(now.calls), now.calls),
        ];
        if is_compared {
            cells.push(Cell::mean_us(before.self_us));
            cells.push(Cell::change(now.self_us - before.self_us));
        }
        cells.push(Cell::words(&line.name));
        cells
    });
    page.tables.push(Table {
        columns,
        rows: rows.collect(),
        empty: "No request with a function profile was captured.",
        ..Table::default()
    });
    if is_compared {
        let words = "Times and calls are of one request, on average.";
        page.notes.push(words.to_owned());
    }
    page
}

fn row(function: &FunctionRow) -> Vec<Cell> {
    vec![
        Cell::duration(function.exclusive_us),
        Cell::share(function.share),
        Cell::duration(function.inclusive_us),
        Cell::calls(function.calls),
        Cell::count(function.profiles),
        Cell::words(&function.name),
    ]
}

fn changes(answer: &FunctionsDiff) -> Page {
    let mut page = Page::default();
    page.fact(
        "range",
        format!(
            "{}, {} profiles",
            format::range(answer.range),
            format::count(answer.profiles)
        ),
    );
    page.fact(
        "baseline",
        format!(
            "{}, {} profiles",
            format::range(answer.baseline),
            format::count(answer.baseline_profiles)
        ),
    );
    page.fact(
        "a request",
        format!(
            "{} on average, {} before",
            Cell::mean_us(answer.mean_us).shown(),
            Cell::mean_us(answer.baseline_mean_us).shown()
        ),
    );
    page.tables.push(Table {
        columns: vec![
            Column::figure("Δself", "exclusive_change_us"),
            Column::figure("self", "exclusive_us"),
            Column::figure("before", "baseline_exclusive_us"),
            Column::figure("incl", "inclusive_us"),
            Column::figure("before", "baseline_inclusive_us"),
            Column::figure("calls", "calls"),
            Column::figure("before", "baseline_calls"),
            Column::words("new", "is_new"),
            Column::words("function", "name"),
        ],
        rows: answer.functions.iter().map(change).collect(),
        empty: "No request with a function profile was captured that matches.",
        ..Table::default()
    });
    more(&mut page, answer.omitted);
    page.notes.push(
        "Averages per profile; all changes of self time add up to that of the mean.".to_owned(),
    );
    page
}

fn change(function: &FunctionChange) -> Vec<Cell> {
    let calls = |calls: f64| Cell::of(format::load(calls), calls);
    vec![
        Cell::change(function.exclusive_change_us),
        Cell::mean_us(function.exclusive_us),
        Cell::mean_us(function.baseline_exclusive_us),
        Cell::mean_us(function.inclusive_us),
        Cell::mean_us(function.baseline_inclusive_us),
        calls(function.calls),
        calls(function.baseline_calls),
        Cell::words(if function.is_new { "new" } else { "" }),
        Cell::words(&function.name),
    ]
}

fn sandwich(answer: &FunctionDetail) -> Page {
    let mut page = Page::default();
    let function = &answer.function;
    page.fact("function", function.name.clone());
    page.fact("range", format::range(answer.range));
    page.fact("profiles", profiles(answer.profiles, answer.sampled_of));
    page.fact(
        "time",
        format!(
            "{} itself ({}), {} with callees, {} calls",
            format::duration(function.exclusive_us),
            format::percent(function.share),
            format::duration(function.inclusive_us),
            function.calls
        ),
    );
    page.tables.push(calls("Callers", &answer.callers));
    page.tables.push(calls("Callees", &answer.callees));
    page
}

fn calls(title: &str, rows: &[CallRow]) -> Table {
    Table {
        title: title.to_owned(),
        columns: vec![
            Column::figure("incl", "inclusive_us"),
            Column::figure("calls", "calls"),
            Column::words("function", "name"),
        ],
        rows: rows
            .iter()
            .map(|row| {
                vec![
                    Cell::duration(row.inclusive_us),
                    Cell::calls(row.calls),
                    Cell::words(&row.name),
                ]
            })
            .collect(),
        empty: "none",
    }
}

fn profiles(count: u64, sampled_of: Option<u64>) -> String {
    match sampled_of {
        None => format::count(count),
        Some(of) => format!(
            "{}, the newest of at least {}",
            format::count(count),
            format::count(of)
        ),
    }
}

fn more(page: &mut Page, omitted: u64) {
    if omitted > 0 {
        page.notes.push(format!(
            "{} more functions; --limit shows them.",
            format::count(omitted)
        ));
    }
}
