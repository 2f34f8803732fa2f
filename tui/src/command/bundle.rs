//! An incident as one file, to be opened elsewhere.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use wire::ids::Project;

use super::{block_on, complain};
use crate::bundle::{Bundle, play};
use crate::cli::{EXIT_NOTHING, Which};
use crate::client::Client;
use crate::export::file;
use crate::report;

pub(super) fn run(
    client: &Client,
    which: Which,
    output: &Path,
    project: Option<Project>,
) -> anyhow::Result<ExitCode> {
    client.keep_answers();
    let asked = block_on(async {
        let incident = report::incident_of(client, which, project.clone()).await?;
        match incident {
            Some(incident) => play(client, incident.spike.id, project)
                .await
                .map(|()| Some(incident.spike.id)),
            None => Ok(None),
        }
    })?;
    let spike = match asked {
        Ok(Some(spike)) => spike,
        Ok(None) => {
            eprintln!(
                "bitville-tui: no such spike in the last 7 days; `bitville-tui spikes` lists them"
            );
            return Ok(ExitCode::from(EXIT_NOTHING));
        }
        Err(trouble) => return Ok(complain(&trouble)),
    };
    let bundle = Bundle::new(spike, client.kept_answers());
    let bytes = bundle.pack().context("cannot pack the bundle")?;
    file::write_new(output, &bytes)
        .with_context(|| format!("cannot write {}", output.display()))?;
    eprintln!(
        "bitville-tui: spike {spike}, {} answers, {}; `bitville-tui {}` opens it",
        bundle.answers(),
        crate::format::bytes(bytes.len() as u64),
        output.display()
    );
    Ok(ExitCode::SUCCESS)
}
