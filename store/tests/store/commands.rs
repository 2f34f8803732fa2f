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

#[test]
fn a_certificate_is_made_once_per_call_and_its_authority_once() {
    let site = Site::new();
    let dir = site.path("tls");
    let make = |name: &str| {
        let dir = dir.to_str().unwrap();
        let output = site.run(&["cert", "--dir", dir, "--name", name, "--name", "127.0.0.1"]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(make("store.internal").starts_with("authority made; copy "));
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    let (authority, first) = (read("ca.pem"), read("store.pem"));
    assert!(make("store.internal").starts_with("signed by the authority "));
    assert_eq!(read("ca.pem"), authority);
    assert_ne!(read("store.pem"), first);
    for (name, mode) in [
        ("ca.key", 0o600),
        ("store.key", 0o600),
        ("store.pem", 0o644),
    ] {
        let given = std::fs::metadata(dir.join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(given & 0o7777, mode, "{name}");
    }
    let output = site.run(&["cert", "--dir", "/proc/nowhere", "--name", "x"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && told.contains("folder /proc/nowhere can't be made"),
        "{told}"
    );
}

#[test]
fn half_of_an_identity_or_one_that_does_not_fit_ends_with_78() {
    let site = Site::new();
    let settings = std::fs::read_to_string(site.path("settings.ini")).unwrap();
    let write = |more: &str| std::fs::write(site.path("settings.ini"), format!("{settings}{more}"));
    let check = || {
        let output = site.run(&["--check-config"]);
        assert_eq!(output.status.code(), Some(78), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    write("tls_cert = /etc/store.pem\n").unwrap();
    assert!(check().contains("tls_cert and tls_key are allowed together or not at all"));
    let dir = site.path("tls");
    for name in ["one", "two"] {
        let folder = dir.join(name);
        site.run(&[
            "cert",
            "--dir",
            folder.to_str().unwrap(),
            "--name",
            "localhost",
        ]);
    }
    let files = |certificate: &str, key: &str| {
        let (certificate, key) = (dir.join(certificate), dir.join(key));
        format!(
            "tls_cert = {}\ntls_key = {}\n",
            certificate.display(),
            key.display()
        )
    };
    write("").unwrap();
    site.run(&[
        "cert",
        "--dir",
        dir.join("one").to_str().unwrap(),
        "--name",
        "localhost",
    ]);
    site.run(&[
        "cert",
        "--dir",
        dir.join("two").to_str().unwrap(),
        "--name",
        "localhost",
    ]);
    write(&files("one/store.pem", "two/store.key")).unwrap();
    assert!(check().contains("can't be used"));
    write(&files("one/store.key", "one/store.key")).unwrap();
    assert!(check().contains("holds no certificate"));
    let key = dir.join("one/store.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    write(&files("one/store.pem", "one/store.key")).unwrap();
    assert!(check().contains("open to everybody (mode 0644)"));
}
