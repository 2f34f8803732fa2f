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
fn a_link_opens_the_console_by_itself_or_in_a_bundle() {
    const LINK: &str = "bitville://logs?range=2026-11-23T14:00:00Z..2026-11-23T14:10:00Z";
    let spot = |words: &[&str]| {
        let words = ["bitville-tui"].iter().chain(words);
        let mut cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
        cli.take_spot().map(|spot| {
            let file = cli.file.map(|file| file.display().to_string());
            (spot.map(|spot| spot.words()), file)
        })
    };
    let logs = Some("logs".to_owned());
    assert_eq!(spot(&[LINK]), Ok((logs.clone(), None)));
    let bundle = "incident.bvz".to_owned();
    assert_eq!(spot(&[&bundle, LINK]), Ok((logs, Some(bundle.clone()))));
    assert_eq!(spot(&[&bundle]), Ok((None, Some(bundle))));
    let refused = [
        (vec![LINK, LINK], "one link is allowed, behind a bundle"),
        (
            vec!["--spike", "3", LINK],
            "without --range, --spike and --request",
        ),
        (vec![LINK, "spikes"], "goes with no command"),
        (
            vec!["bitville://locks"],
            "the link, at its end: the link has no range=BEGIN..END",
        ),
        (
            vec!["bitville://locks?range=1&spike=2"],
            "the link, at \"range=1&spike=2\": range \"1\": 2026-11-23T14:00:00Z..",
        ),
    ];
    for (words, told) in refused {
        let error = spot(&words).expect_err(told);
        assert!(error.contains(told), "{words:?}: {error}");
    }
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
