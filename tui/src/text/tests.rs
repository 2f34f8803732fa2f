//! What hostile text looks like once it is shown.

use proptest::prelude::*;

use super::*;

#[test]
fn harmless_text_stays_as_it_is() {
    for text in ["", "POST /checkout", "SELECT 'naïve'", "価格", "a  b"] {
        assert_eq!(Shown::new(text).as_str(), text);
    }
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let cases = [
        ("\x1b[2Jgone", "^[[2Jgone"),
        ("a\nb\r\tc", "a b  c"),
        ("bell\x07", "bell^G"),
        ("\x7f", "^?"),
        ("\u{9b}31m", "<009B>31m"),
        ("/cart\u{202e}gpj.exe", "/cart<202E>gpj.exe"),
        ("a\u{200d}b", "a<200D>b"),
        ("e\u{301}", "e\u{301}"),
        ("e\u{301}\u{301}\u{301}\u{301}x", "e\u{301}\u{301}x"),
        ("\u{301}x", "x"),
    ];
    for (raw, shown) in cases {
        assert_eq!(Shown::new(raw).as_str(), shown, "{raw:?}");
    }
}

#[test]
fn a_statement_over_many_lines_becomes_one() {
    let sql = "SELECT *\n\t FROM stock\n   WHERE sku = ?";
    assert_eq!(
        Shown::squeezed(sql).as_str(),
        "SELECT * FROM stock WHERE sku = ?"
    );
}

#[test]
fn a_cut_is_seen_and_counts_columns_not_bytes() {
    assert_eq!(Shown::new("checkout").fit(5).as_str(), "chec…");
    assert_eq!(Shown::new("価格表").fit(4).as_str(), "価…");
    assert_eq!(Shown::new("abc").fit(0).as_str(), "");
    assert_eq!(
        Shown::new("Shop\\Rule::match").fit_end(12).as_str(),
        "…Rule::match"
    );
    assert_eq!(Shown::new("価格表").fit_end(4).as_str(), "…表");
}

#[test]
fn lines_break_at_blanks_and_the_last_one_says_that_it_was_cut() {
    let lines = Shown::new("UPDATE stock SET price = price * 2").wrap(14, 2);
    let lines: Vec<&str> = lines.iter().map(Shown::as_str).collect();
    assert_eq!(lines, ["UPDATE stock", "SET price = p…"]);
}

proptest! {
    #[test]
    fn nothing_hidden_survives_and_nothing_is_wider_than_asked(raw in "\\PC*|.*", columns in 0usize..40) {
        let shown = Shown::new(&raw).fit(columns);
        prop_assert!(shown.width() <= columns);
        prop_assert!(Shown::new(&raw).fit_end(columns).width() <= columns);
        prop_assert!(!shown.as_str().chars().any(is_hidden));
    }

    #[test]
    fn wrapping_ends_and_fits(raw in ".*", columns in 1usize..40, lines_max in 0usize..6) {
        let lines = Shown::new(&raw).wrap(columns, lines_max);
        prop_assert!(lines.len() <= lines_max);
        for line in lines {
            prop_assert!(line.width() <= columns);
        }
    }
}
