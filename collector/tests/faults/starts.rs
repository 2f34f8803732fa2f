//! What a collector checks before it opens anything.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use wire::frame::ACK;

use crate::bench::{Bench, framed};

fn run(bench: &Bench, flags: &[&str]) -> Output {
    bench.command().args(flags).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn wrong_settings_end_it_with_78_before_anything_is_opened() {
    let bench = Bench::new();
    bench.write_settings("socket_mode = 0999\nspeed = 9");
    for flags in [&[][..], &["--check-config"]] {
        let output = run(&bench, flags);
        assert_eq!(output.status.code(), Some(78));
        let path = bench.settings().display().to_string();
        let lines: Vec<String> = stderr(&output).lines().map(str::to_owned).collect();
        assert_eq!(
            lines[0],
            format!(
                "{path}:15: [collector] socket_mode: an octal mode from 0000 to 0777 is allowed, got \"0999\""
            )
        );
        assert!(lines[1].starts_with(&format!("{path}:16: unknown key speed in [collector]")));
        assert!(!bench.socket().exists() && !bench.journal().exists());
    }
}

#[test]
fn a_settings_file_that_is_missing_ends_it_with_78_and_is_named() {
    let bench = Bench::new();
    fs::remove_file(bench.settings()).unwrap();
    let output = run(&bench, &[]);
    assert_eq!(output.status.code(), Some(78));
    let path = bench.settings().display().to_string();
    assert!(stderr(&output).starts_with(&format!("settings file {path} can't be read: ")));
}

#[test]
fn a_token_that_everybody_can_read_ends_it_with_78_and_is_not_shown() {
    let bench = Bench::new();
    fs::write(bench.token(), "s3cret").unwrap();
    fs::set_permissions(bench.token(), fs::Permissions::from_mode(0o644)).unwrap();
    let output = run(&bench, &["--check-config"]);
    assert_eq!(output.status.code(), Some(78));
    let text = stderr(&output);
    assert!(
        text.contains("open to everybody (mode 0644)") && !text.contains("s3cret"),
        "{text}"
    );
}

#[test]
fn settings_in_order_are_said_to_be_and_nothing_is_opened() {
    let bench = Bench::new();
    let output = run(&bench, &["--check-config"]);
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (Some(0), "")
    );
    assert!(!bench.socket().exists() && !bench.journal().exists());
}

#[test]
fn a_second_collector_ends_and_the_first_goes_on() {
    let bench = Bench::new();
    let _first = bench.start();
    let output = run(&bench, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("belongs to another daemon that runs"));
    assert_eq!(bench.connect().exchange(&framed(1, 10)), Some(ACK));
}

#[test]
fn a_socket_that_another_program_listens_at_is_left_to_it() {
    let bench = Bench::new();
    fs::create_dir_all(bench.socket().parent().unwrap()).unwrap();
    let _other = std::os::unix::net::UnixListener::bind(bench.socket()).unwrap();
    let output = run(&bench, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("somebody listens at"));
    assert!(bench.socket().exists());
}

#[test]
fn a_file_in_the_socket_s_place_is_left_alone() {
    let bench = Bench::new();
    fs::create_dir_all(bench.socket().parent().unwrap()).unwrap();
    fs::write(bench.socket(), "precious").unwrap();
    let output = run(&bench, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(bench.socket()).unwrap(), "precious");
}

#[test]
fn the_socket_has_its_mode_and_replaces_a_stale_one() {
    let bench = Bench::new();
    bench.write_settings("socket_mode = 0620");
    bench.start().kill();
    assert!(bench.socket().exists());
    let _collector = bench.start();
    let mode = fs::metadata(bench.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o620);
    assert_eq!(bench.connect().exchange(&framed(1, 10)), Some(ACK));
}
