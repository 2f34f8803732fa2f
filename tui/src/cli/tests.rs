//! The command line as operators type it.

use super::*;

#[test]
fn a_span_has_a_unit_and_bounds() {
    assert_eq!(parse_span("1h"), Ok(Micros::from_seconds(3_600)));
    for wrong in ["60", "1s", "90d", "", "-1h", "1h30m"] {
        assert!(parse_span(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_report_is_about_the_newest_spike_unless_it_is_told_otherwise() {
    let spike_of = |words: &[&str]| {
        let cli = Cli::try_parse_from(words).expect("the command line is sound");
        match cli.command {
            Some(Command::Report { spike, .. }) => spike,
            other => panic!("expected a report, got {other:?}"),
        }
    };
    assert_eq!(spike_of(&["bitville-tui", "report"]), Which::Newest);
    let three = ["bitville-tui", "report", "--spike", "3"];
    assert_eq!(spike_of(&three), Which::Number(SpikeId(3)));
    assert!(Cli::try_parse_from(["bitville-tui", "report", "--spike", "x"]).is_err());
}

#[test]
fn the_help_tells_the_exit_codes() {
    use clap::CommandFactory as _;
    insta::assert_snapshot!(Cli::command().term_width(100).render_long_help());
}

#[test]
fn a_misspelt_command_is_told_the_commands() {
    let said = misspelt(Path::new("reqests")).unwrap();
    assert!(said.contains("\"reqests\" is neither"), "{said}");
    assert!(said.contains("requests"), "{said}");
    for file in ["incident.bvz", "./reqests", "/tmp/reqests"] {
        assert_eq!(misspelt(Path::new(file)), None, "{file} is meant as a file");
    }
}
