//! Spellings of paths that policies deny if there are scope rules, as far as wildcards can express them.
//!
//! For the current call, the authorizer checks the path itself. These denials are for other calls: API
//! Gateway evaluates a cached policy for any call with the token.

/// Parts of denied paths. A `*` before each matches the rest.
const PARTS: [&str; 84] = [
    // Empty segments, dots, and text after a semicolon.
    "//*", "/./*", "/../*", "/.", "/..", ";*", // Escapes with a lower-case digit.
    "%a*", "%b*", "%c*", "%d*", "%e*", "%f*", "%?a*", "%?b*", "%?c*", "%?d*", "%?e*", "%?f*",
    // Escapes of characters that need none: `-` and `.`, digits, letters, `_` and `~`. An escaped backtick is
    // never normal either.
    "%2D*", "%2E*", "%30*", "%31*", "%32*", "%33*", "%34*", "%35*", "%36*", "%37*", "%38*", "%39*", "%41*",
    "%42*", "%43*", "%44*", "%45*", "%46*", "%47*", "%48*", "%49*", "%4A*", "%4B*", "%4C*", "%4D*", "%4E*",
    "%4F*", "%50*", "%51*", "%52*", "%53*", "%54*", "%55*", "%56*", "%57*", "%58*", "%59*", "%5A*", "%5F*",
    "%6*", "%70*", "%71*", "%72*", "%73*", "%74*", "%75*", "%76*", "%77*", "%78*", "%79*", "%7A*", "%7E*",
    // Escapes of `# % / ; ? \`, and of control characters.
    "%23*", "%25*", "%2F*", "%3B*", "%3F*", "%5C*", "%0*", "%1*", "%7F*",
    // The first bytes of UTF-8 characters that are longer than necessary.
    "%C0*", "%C1*", "%E0%8*", "%E0%9*", "%F0%8*",
];

/// A path with a final slash, except the root: `API/STAGE/METHOD/PATH/`.
const SLASH_AT_THE_END: &str = "/*/*/*/";

/// The ends of the denied ARNs, after API and stage. If a rule has a final slash, paths with a final slash
/// aren't denied.
pub(crate) fn denied(have_slashes: bool) -> impl Iterator<Item = &'static str> {
    PARTS.into_iter().chain((!have_slashes).then_some(SLASH_AT_THE_END))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NormalPath;

    /// Whether any of them matches the ARN of this path; `?` is one character.
    fn is_denied(path: &str) -> bool {
        let arn = format!("arn:aws:execute-api:r:a:api/stage/GET{path}");
        denied(false).any(|part| glob(format!("arn:aws:execute-api:*:*:*{part}").as_bytes(), arn.as_bytes()))
    }

    fn glob(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| glob(rest, &text[at..])),
            ([b'?', pattern @ ..], [_, text @ ..]) => glob(pattern, text),
            ([p, pattern @ ..], [t, text @ ..]) if p == t => glob(pattern, text),
            _ => false,
        }
    }

    #[test]
    fn every_escape_of_ascii_is_denied_or_normal_and_never_both() {
        for byte in 0..=0x7f_u8 {
            for path in [format!("/a%{byte:02X}b"), format!("/a%{byte:02x}b")] {
                assert_eq!(is_denied(&path), NormalPath::parse(&path).is_none(), "{path}");
            }
        }
    }

    #[test]
    fn paths_outside_the_normal_form_are_denied_and_normal_ones_are_not() {
        for path in [
            "//a",
            "/a//b",
            "/a/",
            "/a/b/",
            "/./a",
            "/a/../b",
            "/a/.",
            "/a/..",
            "/a;x",
            "/a%c3%A9",
            "/a%C0%AFb",
            "/a%E0%81%B3",
            "/a%F0%80%81%B3",
            "/%2573essions",
        ] {
            assert!(is_denied(path), "{path}");
        }
        for path in [
            "/",
            "/a",
            "/a/b",
            "/a%20b",
            "/a%40b",
            "/a@b",
            "/a b",
            "/th%C3%A9",
            "/%E4%B8%96",
            "/.well-known/x",
            "/a.b",
        ] {
            assert!(!is_denied(path), "{path}");
        }
    }
}
