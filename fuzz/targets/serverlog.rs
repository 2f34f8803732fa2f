//! The server's log: whatever stands in it is read to its end, and told without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pgagent::serverlog::parser::{Ending, Format, Parser};
use pgagent::serverlog::prefix::Prefix;
use pgagent::serverlog::report::Reporter;
use pgagent::serverlog::stamp::Stamps;

fuzz_target!(|input: (&str, Vec<&[u8]>)| {
    let (prefix, pieces) = input;
    let reporter = Reporter {
        prefix: "bv:".to_owned(),
        projects: pgagent::projects::Projects::default(),
        with_values: false,
    };
    for format in Format::ALL {
        let prefix = Prefix::compile(prefix).ok();
        let mut parser = Parser::new(format, prefix, Stamps::new("Europe/Berlin").unwrap());
        let mut read = 0;
        for piece in &pieces {
            parser.push(piece);
            while let Some((entry, bytes)) = parser.next(Ending::Next) {
                reporter.log(&entry);
                read += bytes;
            }
        }
        while let Some((entry, bytes)) = parser.next(Ending::File) {
            reporter.log(&entry);
            read += bytes;
        }
        assert_eq!(
            read,
            pieces.iter().map(|piece| piece.len() as u64).sum::<u64>()
        );
    }
});
