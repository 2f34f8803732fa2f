use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::*;

/// Reads `[pgagent]` with these lines in it.
fn read(lines: &str) -> Result<Settings, String> {
    let text = format!("[project]\nname = shop\n[pgagent]\n{lines}\n");
    let mut reader = Reader::from_text(Path::new("settings.ini"), &text);
    let settings = Settings::read(&mut reader);
    reader
        .finish()
        .map(|()| settings)
        .map_err(|error| error.to_string())
}

#[test]
fn the_template_is_equal_to_the_defaults() {
    let template = include_str!("../../../config/settings.ini");
    let mut reader = Reader::from_text(Path::new("settings.ini"), template);
    Settings::read(&mut reader);
    let given = reader.given(Settings::SECTION);
    let defaults = &reader.defaults()[Settings::SECTION];
    assert!(
        given.iter().eq(defaults.iter()),
        "{given:?} is not {defaults:?}"
    );
    reader.finish().unwrap();
}

#[test]
fn an_empty_section_gives_the_defaults() {
    let settings = read("").unwrap();
    assert_eq!(settings.database.config.get_user(), Some("pgagent"));
    assert_eq!(settings.sampling.interval, Duration::from_secs(1));
    assert_eq!(settings.sampling.prefix, "bv:");
    assert_eq!(settings.sampling.budget_permille, 10);
    assert!(settings.database.password.is_none());
}

#[test]
fn the_host_is_the_projects_unless_the_agent_has_its_own() {
    assert_eq!(read("host = db1").unwrap().project.host.as_str(), "db1");
    assert!(!read("").unwrap().project.host.as_str().is_empty());
}

#[test]
fn a_bad_value_is_told_with_its_line_and_what_is_allowed() {
    for (line, told) in [
        ("dsn = \"host=a,b user=x\"", "with one host, got 2"),
        (
            "dsn = \"host=a sslmode=require\"",
            "sslmode=require is not allowed",
        ),
        ("dsn = \"hots=a\"", "key=value pairs such as host="),
        ("interval = 10ms", "interval"),
        ("budget = 1", "0.1% to 100% of one core are allowed"),
        ("projects = blog", "a rule such as"),
        (
            "log_line_prefix = \"%Z\"",
            "an escape of the manual is allowed",
        ),
        ("log_timezone = Europe/Atlantis", "a name such as UTC"),
        ("application_name_prefix = \"\"", "1 to 27 characters"),
        (
            "password_file = /nowhere/password",
            "secret file /nowhere/password can't be read",
        ),
        ("pasword_file = /x", "unknown key pasword_file"),
    ] {
        let error = read(line).unwrap_err();
        assert!(error.starts_with("settings.ini:4: "), "{error}");
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_password_in_the_dsn_is_refused_and_not_repeated() {
    let error = read("dsn = \"host=/run user=x password=hunter2\"").unwrap_err();
    assert!(error.contains("password_file"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_password_file_is_read_if_nobody_else_can() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("password");
    std::fs::write(&path, "hunter2\n").unwrap();
    let line = format!("password_file = {}", path.display());

    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let error = read(&line).unwrap_err();
    assert!(error.contains("mode 0644"), "{error}");

    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let settings = read(&line).unwrap();
    assert_eq!(
        settings.database.password.as_ref().unwrap().reveal(),
        "hunter2"
    );
    assert!(!format!("{settings:?}").contains("hunter2"));
}
