//! Makes texts from callers safe to print on a terminal.
//!
//! A path may contain a line break, an escape sequence that moves the cursor or changes colours, or a character that
//! reverses the writing direction. Printed unchanged, they would let a caller forge lines.

use std::fmt::Write;

use serde_json::Value;

/// The most characters shown of a path.
const MAX_PATH_LEN: usize = 120;
/// The longest segment shown whole, in characters. A UUID has 36; tokens and client secrets are longer.
const MAX_SEGMENT_LEN: usize = 40;
/// The characters shown of a longer segment, too few to be of use.
const SHOWN_OF_SEGMENT: usize = 6;
/// The prefixes of tokens and codes, which are never shown whole, whatever their length.
const TOKEN_PREFIXES: [&str; 6] = ["lgr1_", "lgr2_", "lgc1_", "lgm1_", "lgq1_", "eyJ"];

/// Whether a terminal shows the character as itself, with no other effect.
fn is_printable(c: char) -> bool {
    c == ' ' || matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// The text, with escapes like `\u{1b}` for unprintable characters.
pub(super) fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_printable(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

/// A path for display. A caller may have put a token in it, so long segments and tokens are cut.
pub(crate) fn path(path: &str) -> String {
    let shown = text(&path.split('/').map(segment).collect::<Vec<_>>().join("/"));
    if shown.chars().count() <= MAX_PATH_LEN {
        return shown;
    }
    shown.chars().take(MAX_PATH_LEN).chain(['…']).collect()
}

fn segment(segment: &str) -> String {
    let is_token = TOKEN_PREFIXES.iter().any(|prefix| segment.contains(prefix));
    if !is_token && segment.chars().count() <= MAX_SEGMENT_LEN {
        return segment.to_owned();
    }
    segment.chars().take(SHOWN_OF_SEGMENT).chain(['…']).collect()
}

/// A line of JSON with escapes for unprintable characters.
pub(super) fn json(value: &Value) -> String {
    let text = value.to_string();
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_printable(c) {
            line.push(c);
        } else {
            // Only texts within the JSON can contain such a character.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            assert_eq!(text(given), shown);
        }
    }

    #[test]
    fn a_json_line_stays_json_and_has_nothing_to_obey() {
        let value = json!({ "path": "/\u{1b}]0;x\u{7}\u{9b}\u{202e}\u{e0001}\n" });
        let line = json(&value);
        assert!(line.chars().all(is_printable), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }

    #[test]
    fn no_token_is_in_a_path_and_a_path_has_an_end() {
        let jwt = format!("eyJ{}", "a".repeat(300));
        assert_eq!(path(&format!("/x/{jwt}/y")), "/x/eyJaaa…/y");
        assert_eq!(path("/lgr1_short"), "/lgr1_s…");
        assert_eq!(path("/t=lgr1_short"), "/t=lgr1…");
        assert_eq!(path("/lgr2_short"), "/lgr2_s…");
        assert_eq!(path("/lgc1_short"), "/lgc1_s…");
        assert_eq!(path("/lgm1_short"), "/lgm1_s…");
        assert_eq!(path("/lgq1_short"), "/lgq1_s…");
        let secret = "S".repeat(43);
        assert!(!path(&format!("/login/{secret}")).contains(&secret[..10]));
        let uuid = "/orders/123e4567-e89b-12d3-a456-426614174000";
        assert_eq!(path(uuid), uuid);
        assert_eq!(path(&"/ab".repeat(10_000)).chars().count(), MAX_PATH_LEN + 1);
    }
}
