//! No time is lost, and what call pairs know stays exact.

use std::collections::HashMap;

use wire::profile::Profile;
use wire::time::Micros;

use super::*;

/// `main` calls `a` and `b`, each of which calls `slow`; `b` also calls itself.
fn pairs() -> Profile {
    Profile {
        shape: "call_pairs".to_owned(),
        metrics: vec!["calls".to_owned(), "wall_us".to_owned()],
        names: ["main()", "a", "b", "slow", "b@1"].into_iter().collect(),
        edges: [
            [-1, 0, 1, 1_000_000],
            [0, 1, 1, 300_000],
            [0, 2, 1, 600_000],
            [1, 3, 1, 200_000],
            [2, 3, 4, 400_000],
            [2, 4, 1, 50_000],
        ]
        .into_iter()
        .collect(),
        ..Profile::default()
    }
}

fn stacks() -> Profile {
    Profile {
        shape: "stacks".to_owned(),
        names: ["main", "f;g"].into_iter().collect(),
        period_us: Some(Micros(1_000)),
        nodes: vec![(-1, 0), (0, 1)],
        stacks: vec![(0, 2), (1, 5)],
        ..Profile::default()
    }
}

#[test]
fn the_time_of_call_pairs_flows_and_none_is_lost() {
    let profile = pairs();
    let paths = Paths::of("x".to_owned(), [&profile]);
    assert!(paths.has_estimates);
    let drift = (paths.total_us() - profile.total_us().0).abs();
    assert!(
        drift.unsigned_abs() <= paths.stacks.len() as u64,
        "{drift} µs are lost"
    );
    let mut own: HashMap<&str, i64> = HashMap::new();
    for (stack, time_us) in &paths.stacks {
        *own.entry(&*paths.names[*stack.last().expect("a function")])
            .or_default() += time_us;
    }
    for function in profile.functions() {
        let exported = own.get(&*function.name).copied().unwrap_or(0);
        let least = profile.total_us().0 / 1_000;
        assert!(
            (exported - function.exclusive_us.0).abs() <= least,
            "{function:?}: {exported}"
        );
    }
    assert!(folded::write(&paths).contains("main();a;slow 200000\n"));
}

#[test]
fn sampled_stacks_are_as_they_were_seen() {
    let paths = Paths::of("x".to_owned(), [&stacks(), &stacks()]);
    assert_eq!((paths.profiles, paths.caution()), (2, None));
    assert_eq!(folded::write(&paths), "main 4000\nmain;f:g 10000\n");
}

#[test]
fn nonsense_ends_and_gives_no_more_time_than_it_has() {
    let mut profile = pairs();
    // A ring that feeds itself, an edge that points nowhere, a time below zero.
    profile.edges.push(&[3, 1, 1, 900_000_000]);
    profile.edges.push(&[9, 9, 1, 5]);
    profile.edges.push(&[1, 2, 1, -7_000_000]);
    let paths = Paths::of("x".to_owned(), [&profile]);
    assert!(
        paths
            .stacks
            .iter()
            .all(|(stack, time_us)| *time_us > 0 && stack.len() <= 257)
    );
}

#[test]
fn speedscope_says_that_it_is_sums_and_estimates() {
    let paths = Paths::of("POST /x".to_owned(), [&pairs()]);
    let file: serde_json::Value = serde_json::from_str(&speedscope::write(&paths)).expect("JSON");
    let profile = &file["profiles"][0];
    let name = profile["name"].as_str().expect("a name");
    assert!(
        name.contains("not in order of time") && name.contains("estimates"),
        "{name}"
    );
    let weights = profile["weights"].as_array().expect("weights");
    let sum: i64 = weights.iter().filter_map(serde_json::Value::as_i64).sum();
    assert_eq!(profile["endValue"], sum);
    assert_eq!(
        profile["samples"].as_array().map(Vec::len),
        Some(weights.len())
    );
}

#[test]
fn pprof_is_gzip_with_its_strings() {
    use std::io::Read as _;
    let bytes = pprof::write(&Paths::of("POST /x".to_owned(), [&pairs()]));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&*bytes)
        .read_to_end(&mut plain)
        .expect("gzip");
    for wanted in ["microseconds", "slow", "POST /x", "estimates"] {
        let found = plain
            .windows(wanted.len())
            .any(|it| it == wanted.as_bytes());
        assert!(found, "{wanted}");
    }
}

#[test]
fn a_file_is_new_and_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x");
    file::write_new(&path, b"1").expect("a new file");
    let mode = path.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    file::write_new(&path, b"2").expect_err("it is there already");
    assert_eq!(std::fs::read(&path).expect("a file"), b"1");
}
