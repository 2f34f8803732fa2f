//! Settings files: never a panic, and every problem names a line that is there.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let document = wire::ini::parse(text);
    let lines = text.split('\n').count();
    for problem in &document.problems {
        assert!((1..=lines).contains(&problem.line));
        assert!(!problem.kind.to_string().is_empty());
    }
});
