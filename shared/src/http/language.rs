//! The language of pages and mails.

use lambda_http::{Request, http::header};

/// A language of the pages and mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, which is also the default.
    English,
    /// Tiếng Việt.
    Vietnamese,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Vietnamese];

    /// The first supported language of `ui_locales` (OpenID Connect Core 1.0 section 3.1.2.1), otherwise the
    /// best of `Accept-Language`, otherwise English.
    pub fn chosen(ui_locales: Option<&str>, request: &Request) -> Self {
        let asked = || ui_locales?.split(' ').find_map(Self::of_tag);
        asked().or_else(|| Self::accepted(request)).unwrap_or(Self::English)
    }

    /// The language with the greatest weight in `Accept-Language` (RFC 9110 section 12.5.4), the first of
    /// equals.
    fn accepted(request: &Request) -> Option<Self> {
        let lines = request.headers().get_all(header::ACCEPT_LANGUAGE).iter();
        let ranges = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        let weighed = ranges.filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = thousandths(parameters.trim())?;
            Some((Self::of_tag(tag.trim())?, weight)).filter(|_| weight > 0)
        });
        // `max_by_key` would take the last of equals.
        weighed.min_by_key(|(_, weight)| std::cmp::Reverse(*weight)).map(|(language, _)| language)
    }

    /// The language of a tag such as `vi` or `en-GB` (RFC 5646), by its first part, in any case.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// Its tag (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Vietnamese => "vi",
        }
    }

    /// The language with exactly this tag.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// A weight like `q=0.8` (RFC 9110 section 12.4.2), in thousandths.
fn thousandths(parameter: &str) -> Option<u16> {
    let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let is_fraction = fraction.len() <= 3 && fraction.bytes().all(|b| b.is_ascii_digit());
    let fraction = format!("{fraction:0<3}").parse::<u16>().ok().filter(|_| is_fraction)?;
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(ui_locales: Option<&str>, accepted: &[&str]) -> Language {
        let mut request = Request::default();
        for line in accepted {
            request.headers_mut().append(header::ACCEPT_LANGUAGE, line.parse().unwrap());
        }
        Language::chosen(ui_locales, &request)
    }

    #[test]
    fn the_first_supported_language_of_ui_locales_is_chosen() {
        use Language::{English, Vietnamese};
        for (ui_locales, language) in [
            ("vi", Vietnamese),
            ("VI-vn", Vietnamese),
            ("fr vi en", Vietnamese),
            ("fr-CA en-GB vi", English),
            ("  vi", Vietnamese),
        ] {
            for accepted in ["en", "vi"] {
                assert_eq!(chosen(Some(ui_locales), &[accepted]), language, "{ui_locales}");
            }
        }
        for none in ["", "fr", "vietnamese", "en_US", "\u{0}"] {
            assert_eq!(chosen(Some(none), &["vi"]), Vietnamese, "{none}");
            assert_eq!(chosen(Some(none), &[]), English, "{none}");
        }
    }

    #[test]
    fn the_greatest_weight_of_accept_language_decides() {
        use Language::{English, Vietnamese};
        for (accepted, language) in [
            ("vi-VN,vi;q=0.9,en-US;q=0.8,en;q=0.7", Vietnamese),
            ("en-US,en;q=0.9,vi;q=0.8", English),
            ("en;q=0.5, vi;q=0.6", Vietnamese),
            ("en;q=0.5,vi;q=0.51", Vietnamese),
            ("fr,vi;q=0.1", Vietnamese),
            ("vi,en", Vietnamese),
            ("en,vi", English),
            ("vi;q=0", English),
            ("vi;q=0.000,en;q=0.001", English),
            ("vi ; Q=0.9", Vietnamese),
            ("*", English),
            ("", English),
            ("vi;q=2", English),
            ("vi;q=0.1234", English),
            ("vi;q=0.+12", English),
            ("vi;q=", English),
            ("vi;level=1", English),
        ] {
            assert_eq!(chosen(None, &[accepted]), language, "{accepted:?}");
        }
        assert_eq!(chosen(None, &["en;q=0.3", "vi;q=0.4"]), Vietnamese, "two lines are one list");
    }
}
