use super::*;

const LOG: &str = "
[26-Nov-2026 17:01:08]  [pool www] pid 1234
script_filename = /var/www/index.php
[0x00007f1c2a0150c0] sleep() /var/www/index.php:5
[0x00007f1c2a015020] Shop\\Cart::total() /var/www/a b.php:9

[26-Nov-2026 17:01:09]  [pool api] pid 9
script_filename = /var/www/api.php
[0x00007f1c2a0150c0] [INCLUDE_OR_EVAL]() /var/www/api.php:1
";

fn expected() -> Vec<FpmSlow> {
    let frame = |function: &str, file: &str, line| Frame {
        function: function.to_owned(),
        file: file.to_owned(),
        line,
    };
    vec![
        FpmSlow {
            pool: "www".to_owned(),
            pid: 1234,
            logged: "26-Nov-2026 17:01:08".to_owned(),
            script: "/var/www/index.php".to_owned(),
            stack: vec![
                frame("sleep", "/var/www/index.php", 5),
                frame("Shop\\Cart::total", "/var/www/a b.php", 9),
            ],
            is_cut: false,
        },
        FpmSlow {
            pool: "api".to_owned(),
            pid: 9,
            logged: "26-Nov-2026 17:01:09".to_owned(),
            script: "/var/www/api.php".to_owned(),
            stack: vec![frame("[INCLUDE_OR_EVAL]", "/var/www/api.php", 1)],
            is_cut: false,
        },
    ]
}

#[test]
fn entries_are_read_however_their_bytes_come() {
    for step in [1, 7, LOG.len()] {
        let mut log = SlowLog::default();
        let chunks = LOG.as_bytes().chunks(step);
        let mut entries: Vec<FpmSlow> = chunks.flat_map(|bytes| log.push(bytes)).collect();
        entries.extend(log.settle());
        assert_eq!(entries, expected(), "{step} bytes at a time");
        assert_eq!((log.lines_unknown, log.unfinished_bytes()), (0, 0));
    }
}

#[test]
fn what_is_unfinished_can_be_read_again_from_where_it_begins() {
    for cut in 0..LOG.len() {
        let mut first = SlowLog::default();
        let mut entries = first.push(&LOG.as_bytes()[..cut]);
        let from = cut - usize::try_from(first.unfinished_bytes()).unwrap();
        let mut second = SlowLog::default();
        entries.extend(second.push(&LOG.as_bytes()[from..]));
        entries.extend(second.settle());
        assert_eq!(entries, expected(), "cut at {cut}");
    }
}

#[test]
fn a_line_that_has_not_ended_keeps_its_entry_open() {
    let mut log = SlowLog::default();
    assert_eq!(log.push(&LOG.as_bytes()[..LOG.len() - 3]).len(), 1);
    assert_eq!(log.settle(), None);
    assert_eq!(log.push(&LOG.as_bytes()[LOG.len() - 3..]), []);
    assert_eq!(log.settle().as_ref(), expected().last());
}

#[test]
fn nonsense_is_counted_and_long_stacks_are_cut() {
    let mut log = SlowLog::default();
    let endless = "x".repeat(1_000_000);
    for nonsense in [
        "garbage\n",
        "[0x00] f() /a:1\n",
        "[a] [pool x] pid y\n",
        &endless,
        "\n",
    ] {
        assert_eq!(log.push(nonsense.as_bytes()), []);
    }
    assert_eq!(log.lines_unknown, 4);
    log.push(b"[t] [pool www] pid 1\n\xff\xfe\n");
    for number in 0..FRAMES_MAX + 5 {
        log.push(format!("[0x00] f{number}() /a.php:{number}\n").as_bytes());
    }
    let entry = log.settle().unwrap();
    assert!(entry.is_cut && entry.stack.len() == FRAMES_MAX);
    assert_eq!(log.lines_unknown, 5);
}
