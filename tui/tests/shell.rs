//! What a shell asks the program: completions and the manual, without settings and without a store.

use std::process::Command;

fn printed(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_bitville-tui"))
        .args(words)
        .env_clear()
        .env("BITVILLE_SETTINGS", "/no/such/file")
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{words:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn every_shell_gets_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for command in ["report", "functions", "completions"] {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
    }
}

#[test]
fn the_manual_has_every_command_and_the_exit_codes() {
    let page = printed(&["man"]);
    for wanted in ["Exit codes", ".SH REQUESTS", ".SH PROFILE", "speedscope"] {
        assert!(page.contains(wanted), "{wanted:?} is missing");
    }
}
