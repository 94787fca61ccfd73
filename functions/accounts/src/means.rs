//! How a caller shows that the mail arrived.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use shared::network::Network;

/// The code of a mail, as typed.
#[derive(Clone)]
pub struct MailCode(SecretString);

impl MailCode {
    /// The digits of a code.
    const LEN: usize = 6;

    /// Parses six digits. Spaces don't count: people copy them along.
    pub fn parse(text: &SecretString) -> Option<Self> {
        let digits: String = text.expose_secret().chars().filter(|c| *c != ' ').collect();
        let fits = digits.len() == Self::LEN && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| Self(digits.into()))
    }

    /// The digits, to compare them.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Shows nothing: the code is a secret.
impl fmt::Debug for MailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailCode")
    }
}

/// A code and who tries it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guess<'a> {
    /// The code.
    pub(crate) code: &'a MailCode,
    /// The caller's network; `None`, if it isn't counted.
    pub(crate) network: Option<&'a Network>,
}

/// How a caller shows that the mail arrived.
#[derive(Clone, Debug)]
pub(crate) enum Means {
    /// The token of the mail's link.
    Link(SecretString),
    /// The mail's code, and the request token of the app that asked for the mail.
    Code {
        /// The request token.
        request: SecretString,
        /// The code.
        code: MailCode,
    },
}

impl Means {
    /// The guess of a caller from this network, unless it is a link, which isn't guessed.
    pub(crate) fn guess<'a>(&'a self, network: Option<&'a Network>) -> Option<Guess<'a>> {
        match self {
            Self::Link(_) => None,
            Self::Code { code, .. } => Some(Guess { code, network }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_digits_however_they_are_spaced() {
        for good in ["012345", "012 345", " 01 23 45 "] {
            assert_eq!(MailCode::parse(&good.into()).unwrap().expose(), "012345", "{good:?}");
        }
        for bad in ["", "01234", "0123456", "01234a", "-12345", "+12345", "٠١٢", "012\u{a0}345", "012-345"]
        {
            assert!(MailCode::parse(&bad.into()).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn no_code_is_shown() {
        let code = MailCode::parse(&"123456".into()).unwrap();
        let means = Means::Code { request: "lgq1_secret".into(), code };
        let shown = format!("{means:?} {:?}", Means::Link("lgm1_secret".into()));
        assert!(!shown.contains("123456") && !shown.contains("secret"), "{shown}");
    }
}
