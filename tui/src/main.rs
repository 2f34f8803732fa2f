//! `bitville-tui`: the operator's console. Everything is in the library; see its first page.

use std::process::ExitCode;

fn main() -> ExitCode {
    match tui::main() {
        Ok(code) => code,
        Err(error) => {
            // The whole chain, once, on one line: each part says a different thing.
            eprintln!("bitville-tui: {error:#}");
            ExitCode::from(tui::cli::EXIT_TROUBLE)
        }
    }
}
