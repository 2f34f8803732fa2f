//! Folded stacks: a line per stack, functions with semicolons between, a blank, microseconds.

use std::fmt::Write as _;

use super::Paths;
use crate::text::Shown;

pub fn write(paths: &Paths) -> String {
    let names: Vec<String> = paths.names.iter().map(|name| frame(name)).collect();
    let mut text = String::new();
    for (stack, time_us) in &paths.stacks {
        let stack: Vec<&str> = stack.iter().map(|place| &*names[*place]).collect();
        // Writing to a string never fails.
        let _ = writeln!(text, "{} {time_us}", stack.join(";"));
    }
    text
}

/// A semicolon would begin another function.
fn frame(name: &str) -> String {
    Shown::new(name).as_str().replace(';', ":")
}
