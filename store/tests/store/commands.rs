//! Settings and tokens on the command line.

use std::os::unix::fs::PermissionsExt;

use crate::harness::Site;

#[test]
fn wrong_settings_end_with_78_and_say_where_and_what_is_allowed() {
    let site = Site::new();
    std::fs::write(
        site.path("settings.ini"),
        "[store]\nretention = 5 days\nport = 1\n",
    )
    .unwrap();
    for arguments in [&["--check-config"][..], &[], &["token", "list"]] {
        let output = site.run(arguments);
        assert_eq!(output.status.code(), Some(78), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        for part in [
            "settings.ini:2: [store] retention",
            "settings.ini:3: unknown key port",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}

#[test]
fn good_settings_are_confirmed_without_a_start() {
    let site = Site::new();
    let output = site.run(&["--check-config"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn tokens_are_listed_without_their_secret_and_a_name_is_taken_once() {
    let site = Site::new();
    let output = site.run(&["token", "list"]);
    let list = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(names, ["agent", "console"]);
    assert!(!list.contains(&site.ingest_token) && !list.contains("bvt_"));
    let again = site.run(&["token", "add", "agent", "--role", "read"]);
    assert!(!again.status.success());
    assert!(
        String::from_utf8(again.stderr)
            .unwrap()
            .contains("the name is taken")
    );
    let missing = site.run(&["token", "revoke", "nobody"]);
    assert!(
        String::from_utf8(missing.stderr)
            .unwrap()
            .contains("there is none")
    );
}

#[test]
fn no_token_is_on_the_disk_and_the_folder_is_its_owners_alone() {
    let site = Site::new();
    let mode = std::fs::metadata(site.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    for entry in std::fs::read_dir(site.data()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let token = site.ingest_token.as_bytes();
        assert!(!bytes.windows(token.len()).any(|window| window == token));
    }
}
