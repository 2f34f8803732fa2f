//! Text for the clipboard of the operator's own machine, sent through his terminal (OSC 52).
//!
//! It works over SSH, where no program can reach that clipboard otherwise, but no terminal says whether it took
//! the text. tmux takes it for the terminal's clipboard where its `set-clipboard` is `on`, and passes on what is
//! wrapped for that where its `allow-passthrough` is: it gets both, and the same text twice does no harm.

/// What is sent at most, encoded: the least that terminals are known to take.
const ENCODED_BYTES_MAX: usize = 74_994;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What to write to the terminal; nothing if the text is too long for a clipboard.
pub fn sequence(text: &str, is_in_tmux: bool) -> Option<String> {
    let encoded = base64(text.as_bytes());
    if encoded.len() > ENCODED_BYTES_MAX {
        return None;
    }
    let plain = format!("\x1b]52;c;{encoded}\x07");
    if !is_in_tmux {
        return Some(plain);
    }
    let doubled = plain.replace('\x1b', "\x1b\x1b");
    Some(format!("{plain}\x1bPtmux;{doubled}\x1b\\"))
}

fn base64(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let six = (bits >> (18 - 6 * place)) & 0x3f;
            encoded.push(if place <= three.len() {
                char::from(LETTERS[six as usize])
            } else {
                '='
            });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_rfc_4648() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("ÿ>?", "w78+Pw=="),
        ];
        for (text, encoded) in cases {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn tmux_gets_it_for_itself_and_to_pass_on() {
        let plain = "\x1b]52;c;Zm9v\x07";
        assert_eq!(sequence("foo", false).as_deref(), Some(plain));
        let both = format!("{plain}\x1bPtmux;\x1b\x1b]52;c;Zm9v\x07\x1b\\");
        assert_eq!(sequence("foo", true), Some(both));
    }

    #[test]
    fn what_no_terminal_takes_is_not_sent() {
        assert!(sequence(&"x".repeat(56_244), false).is_some());
        assert_eq!(sequence(&"x".repeat(56_245), false), None);
    }
}
