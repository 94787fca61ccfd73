//! Mail addresses.

use std::fmt;

use crate::{Mailbox, Purpose};

/// The longest address, in bytes (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const MAX_LEN: usize = 254;
/// The longest local part, in bytes (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_LEN: usize = 64;
/// The longest label of a domain, in bytes (RFC 1035 section 2.3.4).
const MAX_LABEL_LEN: usize = 63;

/// A mail address. Two that differ only in case are the same account: no provider of today tells them
/// apart, and people type both.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    normal: String,
}

impl EmailAddress {
    /// Parses an address as HTML does (section 4.10.5.1.5, `type=email`), and removes surrounding ASCII
    /// spaces. This form has no quotes, comments or characters outside ASCII, so that it can be written
    /// into a header as it is. `=?` is refused, since a header's reader might take it for the beginning of
    /// an encoded word (RFC 2047 section 2).
    pub fn parse(text: &str) -> Option<Self> {
        let typed = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let (local, domain) = typed.split_once('@').filter(|_| typed.len() <= MAX_LEN)?;
        let is_local = (1..=MAX_LOCAL_LEN).contains(&local.len())
            && local.bytes().all(is_of_local_part)
            && !local.contains("=?");
        let is_address = is_local && domain.split('.').all(is_label);
        is_address.then(|| Self { typed: typed.to_owned(), normal: typed.to_ascii_lowercase() })
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The address in lower case, which is the user name of its account.
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// The domain, in lower case.
    pub fn domain(&self) -> &str {
        self.normal.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The key of the address's row for this purpose.
    pub fn mailbox(&self, purpose: Purpose) -> Mailbox {
        Mailbox::of(&self.normal, purpose)
    }
}

/// `atext` of RFC 5322 section 3.2.3, and the dot.
fn is_of_local_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_LEN).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Hides the address, which logs must not have.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_case_and_has_a_normal_form() {
        let address = EmailAddress::parse(" \tAda.Lovelace+x@Mail.EXAMPLE.com\r\n").unwrap();
        assert_eq!(address.as_str(), "Ada.Lovelace+x@Mail.EXAMPLE.com");
        assert_eq!(address.normal(), "ada.lovelace+x@mail.example.com");
        assert_eq!(address.domain(), "mail.example.com");
        assert_eq!(format!("{address:?}"), "EmailAddress");
    }

    #[test]
    fn addresses_are_those_of_html() {
        let (local, label) = ("l".repeat(64), "d".repeat(63));
        for good in [
            "a@b",
            "a@localhost",
            "a.b@c.d",
            ".a.@b.c",
            "a!#$%&'*+/?=^_`{|}~-9@b-c.d0",
            &format!("{local}@{label}.{label}"),
            &format!("{local}@{label}.{label}.{}", "d".repeat(61)),
        ] {
            assert_eq!(EmailAddress::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "@",
            "a",
            "a@",
            "@b",
            "a@b@c",
            "a b@c",
            "a@b c",
            "a@-b",
            "a@b-",
            "a@b..c",
            "a@.b",
            "a@b.",
            "a@b_c",
            "\"a\"@b",
            "a@[127.0.0.1]",
            "Ada <a@b>",
            "<a@b>",
            "a,b@c",
            "a;b@c",
            "a(b)@c",
            "a\u{e4}@b",
            "a@b\u{fc}",
            "a@b\nBcc: c@d",
            "a\0@b",
            "=?utf-8?q?a?=@b",
            "a=?@b",
            "\u{a0}a@b",
            &format!("{local}l@b"),
            &format!("a@{label}d"),
            &format!("{local}@{label}.{label}.{}", "d".repeat(62)),
        ] {
            assert!(EmailAddress::parse(bad).is_none(), "{bad:?}");
        }
    }
}
