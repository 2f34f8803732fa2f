//! Statements by shape: what requests asked their databases.

use wire::query::{StatementDetail, StatementPlan, StatementRow, Statements};

use super::page::{Cell, Column, Page, Table};
use super::range::Stretch;
use super::{Parameters, write};
use crate::ask::Trouble;
use crate::cli::commands::SqlArgs;
use crate::client::Client;
use crate::format;

pub(super) async fn answer(
    client: &Client,
    args: &SqlArgs,
    project: Parameters,
) -> Result<String, Trouble> {
    let mut parameters = Stretch::of(client, &args.when).await?.with(project);
    parameters.extend(args.route.clone().map(|route| ("route", route)));
    let fingerprint = args.fingerprint.map(|it| it.to_string());
    parameters.extend(fingerprint.map(|it| ("fingerprint", it)));
    if args.loops {
        parameters.push(("loops", "yes".to_owned()));
    }
    parameters.push(("sort", args.sort.parameter().to_owned()));
    parameters.push(("limit", args.limit.to_string()));
    let statements: Statements = client.question("/v1/statements", &parameters).await?;
    Ok(write(&statements, args.printing.format, page))
}

pub(crate) fn page(answer: &Statements) -> Page {
    let mut page = Page::default();
    page.fact("range", format::range(answer.range));
    page.fact(
        "statements",
        format!(
            "{} in {}",
            format::count(answer.count),
            format::duration(answer.total_us)
        ),
    );
    page.tables.push(Table {
        columns: vec![
            Column::figure("time", "total_us"),
            Column::figure("share", "share"),
            Column::figure("times", "count"),
            Column::figure("longest", "longest_us"),
            Column::figure("requests", "requests"),
            Column::figure("most in one", "most_in_one"),
            Column::figure("N+1", "loops"),
            Column::figure("failed", "failed"),
            Column::words("fingerprint", "fingerprint"),
            Column::words("route", "route"),
            Column::words("statement", "sql"),
        ],
        rows: answer.statements.iter().map(row).collect(),
        empty: "No captured request issued a statement that matches.",
        ..Table::default()
    });
    if answer.omitted > 0 {
        page.notes.push(format!(
            "{} more shapes; --limit shows them.",
            format::count(answer.omitted)
        ));
    }
    page.notes.push("N+1: requests that issued it ten times or more. The route is the one with the most time in it.".to_owned());
    page
}

fn row(row: &StatementRow) -> Vec<Cell> {
    vec![
        Cell::duration(row.total_us),
        Cell::share(row.share),
        Cell::count(row.count),
        Cell::duration(row.longest_us),
        Cell::count(row.requests),
        Cell::count(row.most_in_one),
        Cell::count(row.loops),
        Cell::count(row.failed),
        Cell::words(&row.fingerprint.to_string()),
        Cell::maybe(row.routes.first().map(|route| &*route.label)),
        Cell::words(&row.sql),
    ]
}

/// One statement: who issues it, what it waits for, how the database carries it out.
pub(crate) fn one(row: &StatementRow, detail: &StatementDetail) -> Page {
    let mut page = Page {
        title: row.sql.clone(),
        ..Page::default()
    };
    page.fact("range", format::range(detail.range));
    page.fact("fingerprint", detail.fingerprint.to_string());
    page.fact("requests", format::count(row.requests));
    let callers = detail.callers.iter().map(|caller| {
        vec![
            Cell::duration(caller.total_us),
            Cell::count(caller.count),
            Cell::maybe(caller.name.as_deref()),
            Cell::maybe(caller.place.as_deref()),
        ]
    });
    page.tables.push(Table {
        title: "Issued by".to_owned(),
        columns: vec![
            Column::figure("time", "total_us"),
            Column::figure("times", "count"),
            Column::words("function", "name"),
            Column::words("at", "place"),
        ],
        rows: callers.collect(),
        empty: "No captured request tells who issued it.",
    });
    let waits = detail.waits.iter();
    let waits = waits.map(|wait| vec![Cell::duration(wait.active_us), Cell::words(&wait.name)]);
    page.tables.push(Table {
        title: "What its sessions waited for".to_owned(),
        columns: vec![
            Column::figure("time", "active_us"),
            Column::words("wait", "name"),
        ],
        rows: waits.collect(),
        empty: "No sample shows it waiting.",
    });
    page.tables.extend(detail.plans.iter().map(plan));
    page
}

fn plan(plan: &StatementPlan) -> Table {
    let steps = plan.steps.iter().map(|step| vec![Cell::words(step)]);
    Table {
        title: format!(
            "Plan of {} {} UTC on {}, {}",
            format::date(plan.at_us),
            format::clock(plan.at_us),
            plan.host,
            format::duration(plan.duration_us)
        ),
        columns: vec![Column::words("step", "step")],
        rows: steps.collect(),
        empty: "The log had no step of it.",
    }
}
