use std::path::Path;

use daemon::settings::{Reader, SettingsError};

use super::*;

fn read(text: &str) -> Result<Graylog, SettingsError> {
    let text = format!("[graylog]\n{text}\n");
    let mut reader = Reader::from_text(Path::new("settings.ini"), &text);
    let graylog = reader.section(Graylog::SECTION, Graylog::read);
    reader.finish().map(|()| graylog)
}

#[test]
fn it_is_off_unless_the_site_wants_it() {
    let graylog = read("").unwrap();
    assert!(!graylog.is_on);
    assert_eq!(graylog.frame_bytes_max, 1 << 20);
    assert_eq!(graylog.order, Order::Oldest);
}

#[test]
fn servers_are_written_as_they_are_read() {
    let text = "tcp://graylog1:12201, tls://[::1]:12202, https://logs.example/gelf";
    let servers = read(&format!("servers = \"{text}\"")).unwrap().servers;
    let written: Vec<String> = servers.iter().map(ToString::to_string).collect();
    assert_eq!(written.join(", "), text);
}

#[test]
fn names_are_all_some_or_all_but_some() {
    let graylog = read("kinds = \"request, pg_log\"\nprojects = \"-blog\"").unwrap();
    assert!(graylog.kinds.has("request") && !graylog.kinds.has("traffic"));
    assert!(graylog.projects.has("shop") && !graylog.projects.has("blog"));
}

#[test]
fn a_bad_value_is_told_with_what_is_allowed() {
    let cases = [
        ("servers = udp://graylog:12201", "tcp://host:port"),
        ("servers = tcp://graylog", "tcp://host:port"),
        (
            "servers = https://user:pass@graylog/gelf",
            "tcp://host:port",
        ),
        ("servers = http://graylog", "http://host:port/gelf"),
        ("enabled = on\nservers =", "one at least"),
        (
            "client_cert = /etc/bitville/gelf.pem",
            "together or not at all",
        ),
        ("frame_max = 1KiB", "16KiB to"),
        ("kinds = \"Request\"", "[a-z0-9_]"),
        ("sample = \"traffic 0%\"", "1% to 100%"),
        ("order = newest", "oldest or live"),
        ("http_header = \"X: y\"", "header's name"),
    ];
    for (text, allowed) in cases {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(allowed), "{text}: {error}");
    }
}
