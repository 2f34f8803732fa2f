use super::*;

fn read(text: &str) -> Result<Settings, String> {
    let mut reader = Reader::from_text(Path::new("settings.ini"), text);
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
    let given = reader.given(Collector::SECTION);
    let defaults = &reader.defaults()[Collector::SECTION];
    assert!(
        given.iter().eq(defaults.iter()),
        "{given:?} is not {defaults:?}"
    );
    reader.finish().unwrap();
}

#[test]
fn every_bad_value_is_told_with_what_is_allowed() {
    let text = "[project]\nname = shop\n[collector]\nsocket = run.sock\nsocket_mode = 0999\n\
                socket_owner = no-such-user\nsocket_group = no-such-group\nsocket_users = 33 nobody-here\nudp = 192.0.2.1:7800\nspool_dir = spool\nrole = mail\ndrain_timeout = 1h\n\
                worker_requests = 99\nworker_memory = 1MiB\nhealth_listen = 0.0.0.0:7803\n\
                fpm_status = /run/www.sock\nfpm_slowlog = slow.log\nhost_metrics_busy_load = -1\n";
    assert_eq!(
        read(text).unwrap_err().lines().collect::<Vec<_>>(),
        [
            "settings.ini:4: [collector] socket: an absolute path of up to 103 bytes is allowed, got \"run.sock\"",
            "settings.ini:5: [collector] socket_mode: an octal mode from 0000 to 0777 is allowed, got \"0999\"",
            "settings.ini:6: [collector] socket_owner: a user in /etc/passwd or a number is allowed, got \"no-such-user\"",
            "settings.ini:7: [collector] socket_group: a group in /etc/group or a number is allowed, got \"no-such-group\"",
            "settings.ini:8: [collector] socket_users: a user in /etc/passwd or a number is allowed, got \"nobody-here\"",
            "settings.ini:9: [collector] udp: a loopback address and a port is allowed, got \"192.0.2.1:7800\"",
            "settings.ini:10: [collector] spool_dir: an absolute path is allowed, got \"spool\"",
            "settings.ini:11: [collector] role: web or db is allowed, got \"mail\"",
            "settings.ini:12: [collector] drain_timeout: 0s to 5m are allowed, got \"1h\"",
            "settings.ini:13: [collector] worker_requests: 100 to 1000 are allowed, got \"99\"",
            "settings.ini:14: [collector] worker_memory: 64MiB to 16GiB are allowed, got \"1MiB\"",
            "settings.ini:15: [collector] health_listen: a loopback address and a port is allowed, got \"0.0.0.0:7803\"",
            "settings.ini:16: [collector] fpm_status: a pool's socket or HOST:PORT, a colon and its pm.status_path are allowed (/run/php/www.sock:/status), got \"/run/www.sock\"",
            "settings.ini:17: [collector] fpm_slowlog: an absolute path is allowed, got \"slow.log\"",
            "settings.ini:18: [collector] host_metrics_busy_load: a number from 0 to 1000 is allowed, got \"-1\"",
        ]
    );
}

#[test]
fn a_mode_is_octal() {
    assert_eq!(parse_mode("0660"), Ok(0o660));
    assert_eq!(parse_mode("600"), Ok(0o600));
    for bad in ["", "66", "4755", "00660", "0x1b", "+660", "-660"] {
        assert!(parse_mode(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_group_is_found_by_its_whole_name() {
    let groups = "root:x:0:\nwww-data:x:33:\nwww:x:1001:a,b\nbroken\n";
    assert_eq!(find_id(groups, "www"), Some(1001));
    assert_eq!(find_id(groups, "www-data"), Some(33));
    assert_eq!(find_id(groups, "broken"), None);
    assert_eq!(find_id(groups, "w"), None);
}

#[test]
fn a_journal_s_memory_leaves_room_for_the_worker_s() {
    let text =
        "[project]\nname = shop\n[collector]\njournal_memory = 64MiB\nworker_memory = 100MiB\n";
    assert_eq!(
        read(text).unwrap_err(),
        "settings.ini:4: [collector] journal_memory: at most half of worker_memory is allowed, which is 50MiB"
    );
    assert!(read(&text.replace("64MiB", "50MiB")).is_ok());
}
