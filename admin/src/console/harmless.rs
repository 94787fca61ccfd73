//! Makes other people's texts safe for a terminal.
//!
//! Callers choose device names and user agents, and claims may be any text. An escape sequence moves the
//! cursor, a line break forges a line, and a character that reverses the text direction swaps columns.

/// The text, with escapes like `\u{1b}` for everything that a terminal doesn't show as itself: control and
/// format characters, which have no width or reverse the text, line separators, and unusual spaces. Accents
/// and vowel signs stay if they follow a letter.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let letter = if shown.is_empty() { "" } else { "x" };
        if is_printable(letter, c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

/// Whether a terminal shows this character after this letter as itself, without other effects.
fn is_printable(letter: &str, c: char) -> bool {
    if matches!(c, ' '..='~') {
        return true;
    }
    let text = format!("{letter}{c}");
    text.escape_debug().count() == text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        for (given, shown) in [
            ("a\u{1b}[31mred", r"a\u{1b}[31mred"),
            ("a\r\nb\tc", r"a\r\nb\tc"),
            ("\u{9b}31m\u{7f}\0", r"\u{9b}31m\u{7f}\u{0}"),
            ("\u{202e}txt\u{2066}\u{200b}\u{feff}\u{2028}", r"\u{202e}txt\u{2066}\u{200b}\u{feff}\u{2028}"),
            (r#"quote " ' and \ stay"#, r#"quote " ' and \ stay"#),
            ("grüße 東京", "grüße 東京"),
        ] {
            assert_eq!(harmless(given), shown);
        }
    }

    #[test]
    fn bidirectional_and_zero_width_characters_are_escaped() {
        let turning = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        let invisible =
            "\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}\u{2060}\u{feff}\u{ad}\u{e0001}";
        for c in turning.chain(invisible.chars()).chain('\u{80}'..='\u{9f}').chain('\0'..='\u{1f}') {
            let escaped: String = c.escape_default().collect();
            assert_eq!(harmless(&format!("a{c}b")), format!("a{escaped}b"));
        }
    }

    #[test]
    fn accents_and_vowel_signs_stay_on_their_letters() {
        for text in ["Jose\u{301}", "नमस्ते", "ภาษาไทย", "עִבְרִית", "❤\u{fe0f}", "Max’s iPhone 📱"]
        {
            assert_eq!(harmless(text), text);
        }
        assert_eq!(harmless("\u{301}a"), r"\u{301}a", "it would stand on the column before");
    }
}
