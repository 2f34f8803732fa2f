//! Finding a line by some letters of it, in their order: `nb` finds `next-baseline`.

/// A letter right behind the one before it.
const RUN: u32 = 3;
/// A letter that begins a word, and one that begins the text.
const EDGE: u32 = 4;
const BEGIN: u32 = 6;

/// How well the letters fit the text: the greater, the better; nothing if they are not all in it.
///
/// Letters are looked for from left to right, each at the next word's begin if it begins one, so that initials
/// win over letters in the midst of words.
pub fn score(wanted: &str, text: &str) -> Option<u32> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut score = 0;
    let mut from = 0;
    for letter in wanted.to_lowercase().chars() {
        if letter.is_whitespace() {
            continue;
        }
        let is_it = |index: &usize| text[*index] == letter;
        let is_run = from > 0 && from < text.len() && is_it(&from);
        let found = if is_run {
            score += RUN;
            from
        } else {
            let edge = (from..text.len()).find(|index| is_it(index) && begins_word(&text, *index));
            score += edge.map_or(0, |index| if index == 0 { BEGIN } else { EDGE });
            edge.or_else(|| (from..text.len()).find(is_it))?
        };
        score += 1;
        from = found + 1;
    }
    Some(score)
}

fn begins_word(text: &[char], index: usize) -> bool {
    index == 0 || !text[index - 1].is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_found_in_their_order_alone() {
        assert_eq!(score("", "anything"), Some(0));
        assert!(score("nb", "next-baseline").is_some());
        assert!(score("NEXT", "next-baseline").is_some());
        assert_eq!(score("bn", "next-b"), None);
        assert_eq!(score("é", "next"), None);
        assert!(score("e", "É e").is_some());
    }

    #[test]
    fn words_and_initials_win_over_scattered_letters() {
        let best = |wanted: &str, texts: &[&'static str]| {
            let scored = texts.iter().max_by_key(|text| score(wanted, text));
            *scored.expect("some text")
        };
        assert_eq!(best("loc", &["clear-filter off icicle", "locks"]), "locks");
        assert_eq!(best("zi", &["horizontal sign", "zoom-in"]), "zoom-in");
        assert_eq!(
            best("spike", &["older-spike", "spike", "fit-spike"]),
            "spike"
        );
    }
}
