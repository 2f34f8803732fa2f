//! The console's answers without a terminal: the incident, and the list of spikes.
//!
//! It asks the store in the order in which an operator would look: the spike, its suspects, the
//! request that proves the first of them, the locks, the worst requests, what is missing. What
//! comes together is an [`incident::Incident`]; [`markdown`] writes it down, [`text`] for a terminal.

pub mod incident;
pub mod markdown;
pub mod text;

use std::process::ExitCode;

use wire::ids::{CorrelationId, Project};
use wire::query::{Overview, RequestDetail, Spike};
use wire::time::Instant;

use crate::ask::{Answer, Ask, Sort, Suspected, Trouble};
use crate::cli::{EXIT_NOTHING, Format, Which};
use crate::client::Client;
use crate::command::{self, block_on, complain, page::Page};
use crate::state::SPIKES_SPAN;
use crate::state::window::Window;
use incident::Incident;

/// How many of the slowest requests a report lists.
const WORST_ROWS: u32 = 5;

/// Prints what is known about a spike.
pub fn print_report(
    client: &Client,
    which: Which,
    project: Option<Project>,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let asked = block_on(incident_of(client, which, project))?;
    match asked {
        Ok(Some(incident)) => print(&incident, format, markdown::incident, text::incident),
        Ok(None) => {
            let words = match which {
                Which::Newest => "no spike in the last 7 days".to_owned(),
                Which::Number(id) => format!("no spike {id} in the last 7 days"),
            };
            eprintln!("bitville-tui: {words}; `bitville-tui spikes` lists them");
            Ok(ExitCode::from(EXIT_NOTHING))
        }
        Err(trouble) => Ok(complain(&trouble)),
    }
}

/// All about a spike, if there is such a one.
pub async fn incident_of(
    client: &Client,
    which: Which,
    project: Option<Project>,
) -> Result<Option<Incident>, Trouble> {
    let (overview, spikes) = spikes(client, project.clone()).await?;
    let spike = match which {
        Which::Newest => spikes.first(),
        Which::Number(id) => spikes.iter().find(|spike| spike.id == id),
    };
    match spike {
        Some(spike) => gather(client, spike.clone(), overview.now_at_us, project)
            .await
            .map(Some),
        None => Ok(None),
    }
}

/// Prints the spikes of the last week.
pub fn print_spikes(
    client: &Client,
    project: Option<Project>,
    format: Format,
) -> anyhow::Result<ExitCode> {
    match block_on(spikes(client, project))? {
        Ok((_, spikes)) => {
            let write = |spikes: &Vec<Spike>| markdown::spikes(spikes);
            print(&spikes, format, write, |spikes| text::spikes(spikes))
        }
        Err(trouble) => Ok(complain(&trouble)),
    }
}

fn print<T: serde::Serialize>(
    value: &T,
    format: Format,
    write: impl FnOnce(&T) -> String,
    page: impl FnOnce(&T) -> Page,
) -> anyhow::Result<ExitCode> {
    command::put(&match format {
        Format::Md => write(value),
        Format::Json => command::json(value),
        Format::Text | Format::Csv => page(value).write(format),
    })
}

async fn spikes(
    client: &Client,
    project: Option<Project>,
) -> Result<(Overview, Vec<Spike>), Trouble> {
    let overview = fetch(client, Ask::Overview, |answer| match answer {
        Answer::Overview(overview) => Some(*overview),
        _ => None,
    });
    let overview = overview.await?;
    let range = Window::last(SPIKES_SPAN, overview.now_at_us).range;
    let spikes = fetch(
        client,
        Ask::Spikes { range, project },
        |answer| match answer {
            Answer::Spikes(spikes) => Some(spikes.spikes),
            _ => None,
        },
    );
    Ok((overview, spikes.await?))
}

async fn gather(
    client: &Client,
    spike: Spike,
    now: Instant,
    project: Option<Project>,
) -> Result<Incident, Trouble> {
    let ask = Ask::Suspects {
        of: Suspected::Spike(spike.id),
        baseline: wire::query::BaselineKind::default(),
    };
    let suspects = fetch(client, ask, |answer| match answer {
        Answer::Suspects(suspects) => Some(*suspects),
        _ => None,
    });
    let suspects = suspects.await?;
    let range = suspects.range;
    let locks = fetch(
        client,
        Ask::Locks {
            range,
            project: None,
        },
        |answer| match answer {
            Answer::Locks(locks) => Some(locks.episodes),
            _ => None,
        },
    );
    let worst = Ask::Requests {
        filter: None,
        range,
        project: project.clone(),
        route: None,
        sort: Sort::Wall,
        rows_max: WORST_ROWS,
        cursor: None,
    };
    let worst = fetch(client, worst, |answer| match answer {
        Answer::Requests(page) => Some(page.requests),
        _ => None,
    });
    let around = Ask::Timeline {
        range: Window::around(&spike, now).range,
        // Only the gaps are read.
        buckets: 1,
        project,
    };
    let gaps = fetch(client, around, |answer| match answer {
        Answer::Timeline(timeline) => Some(timeline.gaps),
        _ => None,
    });
    let proof = suspects
        .suspects
        .iter()
        .find_map(|suspect| suspect.correlation_id);
    Ok(Incident {
        culprit: match proof {
            Some(correlation_id) => culprit(client, correlation_id).await?,
            None => None,
        },
        locks: locks.await?,
        worst: worst.await?,
        gaps: gaps.await?,
        now_at_us: now,
        spike,
        suspects,
    })
}

/// The request, unless it was named by a lock sample but itself never captured: the rest of the
/// report stands without it.
async fn culprit(
    client: &Client,
    correlation_id: CorrelationId,
) -> Result<Option<RequestDetail>, Trouble> {
    let detail = fetch(
        client,
        Ask::Request { correlation_id },
        |answer| match answer {
            Answer::Request(detail) => Some(*detail),
            _ => None,
        },
    );
    match detail.await {
        Err(trouble) if trouble.is_not_found() => Ok(None),
        outcome => outcome.map(Some),
    }
}

async fn fetch<T>(
    client: &Client,
    ask: Ask,
    pick: impl FnOnce(Answer) -> Option<T>,
) -> Result<T, Trouble> {
    let answer = client.fetch(&ask).await?;
    Ok(pick(answer).expect("an ask is answered by its own kind"))
}
