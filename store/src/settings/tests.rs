use super::*;

fn read(text: &str) -> Result<Store, SettingsError> {
    let mut reader = Reader::from_text(Path::new("settings.ini"), text);
    let settings = Store::read(&mut reader);
    reader.finish().map(|()| settings)
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let settings = read("").unwrap();
    assert_eq!(settings.ingest_listen.to_string(), "127.0.0.1:7801");
    assert_eq!(settings.query_listen.to_string(), "127.0.0.1:7802");
    assert_eq!(settings.retention, Duration::from_secs(7 * 86_400));
    assert_eq!(settings.durability, Durability::Full);
}

#[test]
fn a_bad_value_is_told_with_its_line_key_and_what_is_allowed() {
    let cases = [
        (
            "ingest_listen = localhost",
            "settings.ini:2: [store] ingest_listen",
            "127.0.0.1:7801",
        ),
        (
            "retention = 5m",
            "settings.ini:2: [store] retention",
            "1h to",
        ),
        (
            "durability = fast",
            "settings.ini:2: [store] durability",
            "full or normal",
        ),
        (
            "data_dir = here",
            "settings.ini:2: [store] data_dir",
            "absolute path",
        ),
        (
            "datadir = /here",
            "settings.ini:2: unknown key datadir",
            "data_dir",
        ),
    ];
    for (line, place, allowed) in cases {
        let error = read(&format!("[store]\n{line}\n")).unwrap_err().to_string();
        assert!(
            error.contains(place) && error.contains(allowed),
            "{line}: {error}"
        );
    }
}

#[test]
fn the_template_is_equal_to_the_defaults() {
    let template = include_str!("../../../config/settings.ini");
    let mut reader = Reader::from_text(Path::new("settings.ini"), template);
    Store::read(&mut reader);
    for section in ["store", "graylog", "notify"] {
        let given = reader.given(section);
        let defaults = &reader.defaults()[section];
        assert!(
            given.iter().eq(defaults.iter()),
            "{given:?} is not {defaults:?}"
        );
    }
    reader.finish().unwrap();
}
