//! What a shell and `man` want to know of the command line, made of its one definition.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::put_bytes;
use crate::cli::Cli;

const NAME: &str = "bitville-tui";

/// A script that completes the command line: `source <(bitville-tui completions bash)`.
pub(super) fn completions(shell: Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    put_bytes(&script)
}

/// The manual page, with all commands: `bitville-tui man | man -l -`.
pub(super) fn man() -> anyhow::Result<ExitCode> {
    let mut page = Vec::new();
    let root = Cli::command();
    let manual = clap_mangen::Man::new(root.clone());
    manual.render(&mut page).context("cannot write the page")?;
    for command in root.get_subcommands().filter(|it| it.get_name() != "help") {
        let named = command
            .clone()
            .bin_name(format!("{NAME} {}", command.get_name()));
        let manual = clap_mangen::Man::new(named);
        page.extend_from_slice(format!(".SH {}\n", command.get_name().to_uppercase()).as_bytes());
        for part in [
            clap_mangen::Man::render_synopsis_section,
            clap_mangen::Man::render_description_section,
            clap_mangen::Man::render_options_section,
        ] {
            let mut section = Vec::new();
            part(&manual, &mut section).context("cannot write the page")?;
            // Below a command's own heading they are subsections.
            let text = String::from_utf8_lossy(&section).replace("\n.SH ", "\n.SS ");
            let text = text
                .strip_prefix(".SH ")
                .map_or(text.clone(), |it| format!(".SS {it}"));
            page.extend_from_slice(text.as_bytes());
        }
    }
    put_bytes(&page)
}
