//! `application/x-www-form-urlencoded`, strictly: text that is not UTF-8 is refused, not repaired.

use percent_encoding::percent_decode_str;

/// Decodes one name or value of a form, or one half of Basic credentials (RFC 6749 section 2.3.1).
pub(crate) fn decode_component(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(Into::into)
}

/// The pairs of a form, in order. A pair that can't be decoded is `None`.
pub(super) fn pairs(body: &str) -> impl Iterator<Item = Option<(String, String)>> {
    body.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode_component(name)?, decode_component(value)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_or_refused() {
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        let all = |body| pairs(body).collect::<Vec<_>>();
        assert_eq!(all("a=1+2&b=%C3%A4&&c"), [pair("a", "1 2"), pair("b", "ä"), pair("c", "")]);
        assert_eq!(all("a=%FF"), [None]);
    }
}
