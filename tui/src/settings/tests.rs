//! Flags, environment and file, and what is said when they are wrong.

use clap::Parser as _;
use std::os::unix::fs::OpenOptionsExt as _;

use super::*;

struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        Self { folder }
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        use std::io::Write as _;
        let path = self.folder.path().join(name);
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .mode(mode)
            .open(&path)
            .expect("a new file");
        file.write_all(text.as_bytes()).expect("written");
        path
    }

    fn load(&self, settings: &str, words: &[&str], url: Option<&str>) -> Result<Settings, String> {
        let path = self.write("settings.ini", settings, 0o644);
        let words = ["bitville-tui"].iter().chain(words);
        let environment = Environment {
            url: url.map(str::to_owned),
            settings: Some(path.into()),
        };
        let cli = Cli::try_parse_from(words).expect("a sound command line");
        Settings::load(&cli, environment).map_err(|error| error.to_string())
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = "[tui]\nurl = http://file:1\n";
    let flag = ["--url", "http://flag:1"];
    let url = |settings: &str, words: &[&str], url: Option<&str>| {
        Site::new()
            .load(settings, words, url)
            .expect("sound settings")
            .url
    };
    assert_eq!(url(file, &flag, Some("http://env:1")), "http://flag:1");
    assert_eq!(url(file, &[], Some("http://env:1")), "http://env:1");
    assert_eq!(url(file, &[], None), "http://file:1");
    assert_eq!(url("[store]\nanything = 1\n", &[], None), DEFAULT_URL);
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let wrong_key = Site::new()
        .load("[tui]\ntheme = dark\n", &[], None)
        .expect_err("a wrong key");
    assert!(wrong_key.ends_with(
        "settings.ini:2: [tui] theme: unknown; url, token_file, production, zone, requests_columns, vendor are allowed"
    ));
    let wrong_form = Site::new()
        .load("[tui]\nurl\n", &[], None)
        .expect_err("a wrong line");
    assert!(wrong_form.contains("settings.ini:2: "), "{wrong_form}");
}

#[test]
fn the_template_has_the_defaults() {
    let template = include_str!("../../../config/settings.ini");
    let settings = Site::new().load(template, &[], None).expect("it is sound");
    let bare = Site::new().load("", &[], None).expect("nothing is sound");
    assert_eq!(settings.url, bare.url);
    assert!(settings.token.is_none());
    assert_eq!(settings.production, bare.production);
    assert_eq!(settings.requests_columns, Columns::default());
    assert_eq!(settings.zone.unwrap_or_default(), Zone::default());
    assert_eq!(settings.vendors, bare.vendors);
    assert_eq!(settings.vendors, Vendors::default());
}

#[test]
fn projects_and_a_zone_are_names() {
    let load = |text: &str| Site::new().load(&format!("[tui]\n{text}\n"), &[], None);
    let settings = load("production = shop, blog,\nzone = europe/prague").expect("sound settings");
    let names: Vec<&str> = settings.production.iter().map(Project::as_str).collect();
    assert_eq!(names, ["shop", "blog"]);
    let zone = settings.zone.expect("a zone");
    assert_eq!(zone.name(), "Europe/Prague");
    let error = load("zone = Middle/Earth").expect_err("no zone");
    assert!(
        error.contains("settings.ini:2: [tui] zone: \"Middle/Earth\" is no time zone"),
        "{error}"
    );
    let columns = load("requests_columns = wall, client").expect("sound settings");
    assert_eq!(columns.requests_columns.write(), "wall,client");
    let error = load("requests_columns = wall, cpu").expect_err("no column");
    assert!(
        error.contains("[tui] requests_columns: \"cpu\" is no column; began"),
        "{error}"
    );
    let error = load("production = shop, two words").expect_err("no project");
    assert!(
        error.contains("settings.ini:2: [tui] production: "),
        "{error}"
    );
}

#[test]
fn libraries_are_named_or_none() {
    let load = |text: &str| Site::new().load(&format!("[tui]\n{text}\n"), &[], None);
    let settings = load("vendor = php, Acme\\Kit\\").expect("sound settings");
    assert!(settings.vendors.is_library("Acme\\Kit\\Http::get"));
    let none = load("vendor =").expect("sound settings");
    assert!(!none.vendors.is_library("strlen"));
    let error = load("vendor = 7up").expect_err("no name");
    assert!(
        error.contains("settings.ini:2: [tui] vendor: \"7up\" begins no PHP name"),
        "{error}"
    );
}

#[test]
fn a_token_file_that_others_may_read_is_refused() {
    let site = Site::new();
    let path = site.write("token", "secret-words\n", 0o640);
    let words = ["--token-file", path.to_str().expect("a plain path")];
    let error = site.load("", &words, None).expect_err("a shared token");
    assert!(
        error.contains("group or others may read it (mode 0640); chmod 600"),
        "{error}"
    );
    assert!(!error.contains("secret-words"));
}

#[test]
fn a_token_is_one_line_and_is_never_printed() {
    let site = Site::new();
    let good = site.write("good", "secret-words\n", 0o600);
    let bad = site.write("bad", "two\nlines\n", 0o600);
    let flag = |path: &PathBuf| ["--token-file".to_owned(), path.display().to_string()];
    let load = |words: [String; 2]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        site.load("", &words, None)
    };
    let settings = load(flag(&good)).expect("a good token");
    assert!(settings.token.is_some());
    assert!(!format!("{settings:?}").contains("secret-words"));
    let error = load(flag(&bad)).expect_err("a bad token");
    assert!(
        error.contains("one line of printable ASCII is allowed"),
        "{error}"
    );
    let error = load(flag(&site.folder.path().join("none"))).expect_err("no token");
    assert!(error.starts_with("cannot read "), "{error}");
}
