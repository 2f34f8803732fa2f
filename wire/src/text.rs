//! Cutting texts to their bounds.

/// The end of the last whole character within so many bytes: what may stay of a text that is too long.
pub fn boundary_below(text: &str, bytes_max: usize) -> usize {
    (0..=bytes_max.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// As much of a text as fits so many bytes.
pub fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..boundary_below(text, bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (bytes_max, end) in [(0, 0), (1, 0), (2, 2), (3, 2), (4, 4), (5, 5), (9, 5)] {
            assert_eq!(boundary_below("äöx", bytes_max), end, "{bytes_max}");
        }
    }
}
