//! Texts that callers choose, made fit for a terminal.
//!
//! A path may hold a line break, an escape sequence that moves the cursor or colours what follows, or a character that turns
//! the direction of writing round. Written as they are, they would let a caller forge lines.

use std::fmt::Write;

use serde_json::Value;

/// Characters of a path that are shown.
const MAX_PATH_LEN: usize = 120;
/// Characters of a segment that is shown whole: a UUID has 36. Tokens and client secrets are longer.
const MAX_SEGMENT_LEN: usize = 40;
/// Characters that are shown of a longer one, which are too few to be of use to anyone.
const SHOWN_OF_SEGMENT: usize = 6;
/// What tokens begin with, whatever their length: those are never shown whole.
const TOKEN_PREFIXES: [&str; 2] = ["lgr1_", "eyJ"];

/// Whether a terminal shows the character as itself, and does nothing else because of it.
fn is_printable(c: char) -> bool {
    c == ' ' || matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// The text, with escapes like `\u{1b}` for what isn't printable.
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

/// A path, without what may be a token in it: somebody may have put one there.
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

/// A line of JSON in which what isn't printable is escaped.
pub(super) fn json(value: &Value) -> String {
    let text = value.to_string();
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_printable(c) {
            line.push(c);
        } else {
            // Outside texts, JSON as it is written here has no such character.
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
    fn what_a_terminal_would_obey_is_escaped() {
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
        let secret = "S".repeat(43);
        assert!(!path(&format!("/login/{secret}")).contains(&secret[..10]));
        let uuid = "/orders/123e4567-e89b-12d3-a456-426614174000";
        assert_eq!(path(uuid), uuid);
        assert_eq!(path(&"/ab".repeat(10_000)).chars().count(), MAX_PATH_LEN + 1);
    }
}
