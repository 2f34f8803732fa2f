//! The function profile of a request, or of the slowest requests of a range, for another tool.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Context as _;
use wire::query::{RequestDetail, Requests};

use super::range::Stretch;
use super::requests::narrowed;
use super::{Parameters, block_on, complain};
use crate::ask::Trouble;
use crate::cli::commands::ProfileArgs;
use crate::cli::{EXIT_NOTHING, EXIT_USAGE};
use crate::client::Client;
use crate::export::{Form, Paths, file};

/// Writes it, and says on standard error what it is made of.
pub(super) fn run(
    client: &Client,
    args: &ProfileArgs,
    project: Parameters,
) -> anyhow::Result<ExitCode> {
    let is_seen = args.output.is_none() && std::io::stdout().is_terminal();
    if args.format == Form::Pprof && is_seen {
        eprintln!("bitville-tui: pprof is not for a terminal; name a file with --output");
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    let paths = match block_on(gather(client, args, project))? {
        Ok(paths) => paths,
        Err(trouble) => return Ok(complain(&trouble)),
    };
    if paths.stacks.is_empty() {
        eprintln!("bitville-tui: no function profile was captured that matches");
        return Ok(ExitCode::from(EXIT_NOTHING));
    }
    let bytes = args.format.write(&paths);
    let code = match &args.output {
        Some(path) => {
            let written = file::write_new(path, &bytes);
            written.with_context(|| format!("cannot write {}", path.display()))?;
            ExitCode::SUCCESS
        }
        None => super::put_bytes(&bytes)?,
    };
    let caution = paths.caution().map(|it| format!("; {it}"));
    eprintln!(
        "bitville-tui: {} profiles{}",
        paths.profiles,
        caution.unwrap_or_default()
    );
    Ok(code)
}

async fn gather(
    client: &Client,
    args: &ProfileArgs,
    project: Parameters,
) -> Result<Paths, Trouble> {
    let mut details = Vec::new();
    let title = if let Some(id) = args.id {
        let detail: RequestDetail = client.question(&format!("/v1/requests/{id}"), &[]).await?;
        let title = format!("{}, request {id}", detail.row.label);
        details.push(detail);
        title
    } else {
        let stretch = Stretch::of(client, &args.when).await?;
        let mut parameters = stretch.with(project);
        parameters.extend(narrowed(&args.narrowed));
        parameters.push(("limit", args.limit.to_string()));
        let page: Requests = client.question("/v1/requests", &parameters).await?;
        for row in page.requests {
            let path = format!("/v1/requests/{}", row.correlation_id);
            match client.question(&path, &[]).await {
                Ok(detail) => details.push(detail),
                // Retention may have taken it meanwhile.
                Err(trouble) if trouble.is_not_found() => {}
                Err(trouble) => return Err(trouble),
            }
        }
        format!("the {} slowest requests, {}", details.len(), stretch.words)
    };
    let profiles = details.iter().filter_map(|it| it.request.profile.as_ref());
    Ok(Paths::of(title, profiles))
}
