use super::*;

const FILE: &str = "settings.ini";

fn read<T>(text: &str, read: impl FnOnce(&mut Reader) -> T) -> Result<T, String> {
    let mut reader = Reader::from_text(Path::new(FILE), text);
    let value = read(&mut reader);
    reader
        .finish()
        .map(|()| value)
        .map_err(|error| error.to_string())
}

fn project(reader: &mut Reader) -> Project {
    reader.section(Project::SECTION, Project::read)
}

fn uplink(reader: &mut Reader) -> Uplink {
    reader.section(Uplink::SECTION, Uplink::read)
}

#[test]
fn the_template_is_equal_to_the_defaults() {
    let template = include_str!("../../../config/settings.ini");
    let mut reader = Reader::from_text(Path::new(FILE), template);
    project(&mut reader);
    uplink(&mut reader);
    for (section, defaults) in reader.defaults() {
        let defaults: BTreeMap<&str, String> = defaults
            .iter()
            .map(|(key, value)| (*key, value.clone()))
            .collect();
        assert_eq!(reader.given(section), defaults, "[{section}]");
    }
    reader.finish().unwrap();
}

#[test]
fn a_key_that_is_left_out_has_its_default() {
    let uplink = read("[project]\nname = shop\n", uplink).unwrap();
    assert_eq!(
        (uplink.batch_records_max, uplink.batch_bytes_max),
        (500, 4 << 20)
    );
    assert_eq!(uplink.timeout, Duration::from_secs(10));
}

#[test]
fn every_problem_is_told_with_file_line_key_and_what_is_allowed() {
    let text = "[project]\nname = my shop\n[uplink]\ntimeout = 10\nbatch_records_max = 0\nurl = ftp://x\nspeed = 9\n[nonsense]\n";
    let told = read(text, |reader| (project(reader), uplink(reader))).unwrap_err();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "settings.ini:2: [project] name: project: 1 to 64 of [A-Za-z0-9._-] is allowed, got \"my shop\"",
            "settings.ini:4: [uplink] timeout: a whole number with a unit of us, ms, s, m, h or d is allowed, got \"10\"",
            "settings.ini:5: [uplink] batch_records_max: 1 to 50000 are allowed, got \"0\"",
            "settings.ini:6: [uplink] url: http://host:port or https://host:port is allowed, got \"ftp://x\"",
            "settings.ini:7: unknown key speed in [uplink]: allowed are backoff_max batch_bytes_max batch_interval batch_records_max breaker_failures breaker_reset ca_file timeout token_file url",
            "settings.ini:8: unknown section [nonsense]: allowed are [project] [php] [collector] [uplink] [store] [graylog] [notify] [pgagent] [tui]",
        ]
    );
}

#[test]
fn a_missing_project_is_told_without_a_line() {
    assert_eq!(
        read("[uplink]\n", project).unwrap_err(),
        "settings.ini: [project] name is missing: 1 to 64 of [A-Za-z0-9._-] is allowed"
    );
}

#[test]
fn a_problem_of_form_is_told_even_in_a_section_that_nobody_reads() {
    let told = read("[project]\nname = shop\n[php]\nsocket = 'x'\n", project).unwrap_err();
    assert_eq!(
        told,
        "settings.ini:4: quote with \", since ' would be part of the value"
    );
}

#[test]
fn keys_of_other_parts_are_left_to_them() {
    let text = "[project]\nname = shop\n[php]\nwhatever = 1\n[tui]\nurl = x\n";
    assert!(read(text, project).is_ok());
}

#[test]
fn a_host_without_a_name_is_named_by_the_kernel() {
    let project = read("[project]\nname = shop\nhost =\n", project).unwrap();
    assert!(!project.host.as_str().is_empty());
}

#[test]
fn values_out_of_bounds_are_told_with_the_bounds() {
    let journal = |reader: &mut Reader| {
        reader.section("collector", |section| {
            Journal::read(section, "/j", "32MiB", "1GiB")
        })
    };
    let text = "[collector]\njournal_dir = j\njournal_disk = 1MiB\nfsync_interval = 2m\n";
    assert_eq!(
        read(text, journal).unwrap_err(),
        "settings.ini:2: [collector] journal_dir: an absolute path is allowed, got \"j\"\n\
         settings.ini:3: [collector] journal_disk: 16MiB to 1024GiB are allowed, got \"1MiB\"\n\
         settings.ini:4: [collector] fsync_interval: 10ms to 1m are allowed, got \"2m\""
    );
}

#[test]
fn a_file_that_is_missing_or_too_large_is_named() {
    let missing = Reader::open(Path::new("/nonexistent/settings.ini")).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "settings file /nonexistent/settings.ini can't be read"
    );
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join(FILE);
    std::fs::write(&large, vec![b'\n'; 1024 * 1024 + 1]).unwrap();
    assert!(matches!(
        Reader::open(&large),
        Err(SettingsError::Length {
            given: 1_048_577,
            ..
        })
    ));
}
