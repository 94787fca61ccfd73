//! The sender of a mail, and who gets the answers.

use std::fmt::{self, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use mails::EmailAddress;

/// How much text an encoded word has, in bytes: with base64, `=?UTF-8?B?` and `?=`, less than the 75
/// characters of RFC 2047 section 2.
const ENCODED_WORD: usize = 45;

/// An address with or without a name (RFC 5322 section 3.4, `mailbox`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correspondent {
    /// The name that mail clients show.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

impl Correspondent {
    /// Parses `name@example.com`, `Name <name@example.com>` or `"Name" <name@example.com>`.
    pub fn parse(text: &str) -> Option<Self> {
        let Some((name, address)) = text.trim().strip_suffix('>').and_then(|text| text.split_once('<'))
        else {
            return Some(Self { name: None, address: EmailAddress::parse(text)? });
        };
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        let is_readable = !name.chars().any(char::is_control) && !name.contains(['<', '>', '"', '\\']);
        let name = (!name.is_empty()).then(|| name.to_owned());
        Some(Self { name, address: EmailAddress::parse(address)? }).filter(|_| is_readable)
    }

    /// The value of a header, in ASCII: other names become encoded words (RFC 2047).
    pub fn header(&self) -> String {
        let address = self.address.as_str();
        match &self.name {
            None => address.to_owned(),
            Some(name) if name.is_ascii() => format!("\"{name}\" <{address}>"),
            Some(name) => format!("{} <{address}>", encoded_words(name)),
        }
    }
}

/// Writes the form that [`Correspondent::parse`] reads, with the name as it is.
impl fmt::Display for Correspondent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.as_str();
        match &self.name {
            None => f.write_str(address),
            Some(name) => write!(f, "{name} <{address}>"),
        }
    }
}

/// The text as encoded words, each of whole characters.
fn encoded_words(text: &str) -> String {
    let mut words = vec![String::new()];
    for c in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= ENCODED_WORD => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words.iter().fold(String::new(), |mut line, word| {
        let separator = if line.is_empty() { "" } else { " " };
        let _ = write!(line, "{separator}=?UTF-8?B?{}?=", STANDARD.encode(word));
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Correspondent {
        Correspondent::parse(text).unwrap()
    }

    #[test]
    fn a_correspondent_is_an_address_with_or_without_a_name() {
        assert_eq!(parse("a@example.com").name, None);
        for text in ["Acme, Inc. <a@example.com>", "\"Acme, Inc.\" <a@example.com>"] {
            assert_eq!(parse(text).name.as_deref(), Some("Acme, Inc."), "{text}");
            assert_eq!(parse(text).address.as_str(), "a@example.com");
            assert_eq!(parse(text).to_string(), "Acme, Inc. <a@example.com>");
        }
        assert_eq!(parse("<a@example.com>").name, None);
        for bad in
            ["", "Acme", "Acme <>", "Acme <a>", "A\r\nBcc: b@x.org <a@example.com>", "A\"B <a@example.com>"]
        {
            assert_eq!(Correspondent::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_header_is_ascii() {
        assert_eq!(parse("a@example.com").header(), "a@example.com");
        assert_eq!(parse("Acme, Inc. <a@example.com>").header(), "\"Acme, Inc.\" <a@example.com>");
        assert_eq!(
            parse("Cửa hàng <a@example.com>").header(),
            "=?UTF-8?B?Q+G7rWEgaMOgbmc=?= <a@example.com>"
        );
        let long = parse(&format!("{} <a@example.com>", "ử".repeat(40))).header();
        let words: Vec<&str> = long.split(' ').collect();
        assert_eq!(words.len(), 4, "three words and the address");
        assert!(words.iter().all(|word| word.len() <= 75), "{long}");
    }
}
