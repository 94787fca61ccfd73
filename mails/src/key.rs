//! The key of links, codes and request tokens.
//!
//! ```text
//! "lgm1_" base64url( ticket[57]  HMAC-SHA-256[32] )   the link's token, in the mail
//! "lgq1_" base64url( ticket[57]  HMAC-SHA-256[32] )   the request's token, for the client that asked
//! 6 digits of HMAC-SHA-256                            the code, in the mail
//! ```
//!
//! Each HMAC covers its own label and the ticket. So the request's token tells nothing about the link
//! and the code, and junk is refused before anything is read.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use shared::clock::Timestamp;

use crate::{Purpose, Ticket, TicketError, ticket};

/// The shortest key, in bytes: as long as the hash (RFC 2104 section 3).
const MIN_LEN: usize = 32;
/// The whole of HMAC-SHA-256.
const TAG_LEN: usize = 32;
/// How many codes there are.
const CODES: u64 = 1_000_000;
const CODE_LABEL: &[u8] = b"latchgate mail code 1";

/// A kind of token: its prefix, which secret scanners recognise and which contains the version, and the label
/// that separates its HMACs from other uses of the key.
struct Kind {
    prefix: &'static str,
    label: &'static [u8],
}

const LINK: Kind = Kind { prefix: "lgm1_", label: b"latchgate mail link 1" };
const REQUEST: Kind = Kind { prefix: "lgq1_", label: b"latchgate mail request 1" };

/// The key of links, codes and request tokens. It signs nothing else.
pub struct MailKey(hmac::Key);

impl MailKey {
    /// The key of this secret text. `None`, if it has less than 32 bytes.
    pub(crate) fn new(text: &str) -> Option<Self> {
        (text.len() >= MIN_LEN).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes())))
    }

    /// The token of the mail's link.
    pub fn link(&self, ticket: &Ticket) -> SecretString {
        self.token(&LINK, ticket)
    }

    /// The token that names the request, for the client that asked. It opens nothing without the code.
    pub fn request(&self, ticket: &Ticket) -> SecretString {
        self.token(&REQUEST, ticket)
    }

    /// The mail's code: six digits. It works only with the request's token, and few wrong ones are allowed
    /// ([`crate::Mails::count_guess`]).
    pub fn code(&self, ticket: &Ticket) -> SecretString {
        let tag = hmac::sign(&self.0, &message(CODE_LABEL, &ticket.to_bytes()));
        let first = tag.as_ref().first_chunk().copied().map_or(0, u64::from_be_bytes);
        format!("{:06}", first % CODES).into()
    }

    /// The ticket of a link, if it is for one of these purposes and its time isn't over.
    ///
    /// # Errors
    ///
    /// [`TicketError`], if it isn't.
    pub fn verify_link(
        &self,
        text: &str,
        accepted: &[Purpose],
        now: Timestamp,
    ) -> Result<Ticket, TicketError> {
        let ticket = self.verify(&LINK, text).filter(|ticket| accepted.contains(&ticket.purpose));
        live(ticket, now)
    }

    /// The ticket of a request's token, if its time isn't over.
    ///
    /// # Errors
    ///
    /// [`TicketError`], if the token isn't valid.
    pub fn verify_request(&self, text: &str, now: Timestamp) -> Result<Ticket, TicketError> {
        live(self.verify(&REQUEST, text), now)
    }

    /// Whether this is the code of the ticket. The time taken doesn't tell how much of it is right.
    pub fn is_code(&self, ticket: &Ticket, code: &str) -> bool {
        let right = self.code(ticket);
        constant_time::verify_slices_are_equal(right.expose_secret().as_bytes(), code.as_bytes()).is_ok()
    }

    fn token(&self, kind: &Kind, ticket: &Ticket) -> SecretString {
        let ticket = ticket.to_bytes();
        let tag = hmac::sign(&self.0, &message(kind.label, &ticket));
        format!("{}{}", kind.prefix, URL_SAFE_NO_PAD.encode([&ticket[..], tag.as_ref()].concat())).into()
    }

    fn verify(&self, kind: &Kind, text: &str) -> Option<Ticket> {
        let mut bytes = [0; ticket::LEN + TAG_LEN];
        let decoded = URL_SAFE_NO_PAD.decode_slice(text.strip_prefix(kind.prefix)?, &mut bytes).ok()?;
        let (ticket, tag) = bytes[..decoded].split_first_chunk()?;
        hmac::verify(&self.0, &message(kind.label, ticket), tag).ok()?;
        Ticket::from_bytes(ticket)
    }
}

/// The input of the HMAC. No label is the beginning of another, and tickets have a fixed length.
fn message(label: &[u8], ticket: &[u8; ticket::LEN]) -> Vec<u8> {
    [label, ticket].concat()
}

fn live(ticket: Option<Ticket>, now: Timestamp) -> Result<Ticket, TicketError> {
    let ticket = ticket.ok_or(TicketError::Forged)?;
    if now < ticket.expires_at { Ok(ticket) } else { Err(TicketError::Expired) }
}

/// Shows nothing: the key is secret.
impl fmt::Debug for MailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailKey")
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use shared::random::SystemRandom;

    use super::*;
    use crate::{EmailAddress, MailId};

    const NOW: Timestamp = Timestamp::from_unix(1_790_000_000);

    fn key(letter: &str) -> MailKey {
        MailKey::new(&letter.repeat(32)).unwrap()
    }

    fn ticket(purpose: Purpose) -> Ticket {
        let address = EmailAddress::parse("ada@example.com").unwrap();
        Ticket::new(purpose, &address, MailId::new(&SystemRandom::new()), NOW)
    }

    #[test]
    fn a_link_is_valid_for_its_purpose_until_it_expires() {
        for purpose in Purpose::ALL {
            let ticket = ticket(purpose);
            let end = ticket.expires_at;
            let link = key("k").link(&ticket);
            let verify = |accepted: &[_], now| key("k").verify_link(link.expose_secret(), accepted, now);
            assert_eq!(verify(&[purpose], NOW), Ok(ticket.clone()));
            assert_eq!(verify(&[purpose], end - Duration::from_secs(1)), Ok(ticket.clone()));
            assert_eq!(verify(&[purpose], end), Err(TicketError::Expired));
            assert_eq!(verify(&Purpose::ALL, NOW), Ok(ticket));
            let others: Vec<_> = Purpose::ALL.into_iter().filter(|other| *other != purpose).collect();
            assert_eq!(verify(&others, NOW), Err(TicketError::Forged));
            assert_eq!(verify(&[], NOW), Err(TicketError::Forged));
        }
    }

    #[test]
    fn a_link_and_a_request_token_do_not_pass_for_each_other() {
        let (key, ticket) = (key("k"), ticket(Purpose::SignUp));
        let (link, request) = (key.link(&ticket), key.request(&ticket));
        let (link, request) = (link.expose_secret(), request.expose_secret());
        assert_eq!(key.verify_request(request, NOW), Ok(ticket));
        let dressed = |text: &str, prefix| format!("{prefix}{}", &text[LINK.prefix.len()..]);
        for bad in [link.to_owned(), dressed(link, REQUEST.prefix)] {
            assert_eq!(key.verify_request(&bad, NOW), Err(TicketError::Forged));
        }
        for bad in [request.to_owned(), dressed(request, LINK.prefix)] {
            assert_eq!(key.verify_link(&bad, &[Purpose::SignUp], NOW), Err(TicketError::Forged));
        }
    }

    #[test]
    fn no_character_of_a_token_can_be_altered() {
        let (key, other) = (key("k"), key("o"));
        let ticket = ticket(Purpose::Reset);
        let link = key.link(&ticket);
        let link = link.expose_secret();
        assert_eq!(link.len(), 5 + 119);
        let is_forged = |key: &MailKey, text: &str| {
            key.verify_link(text, &[Purpose::Reset], NOW) == Err(TicketError::Forged)
        };
        assert!(is_forged(&other, link));
        for i in 0..link.len() {
            let replaced = if &link[i..=i] == "A" { "B" } else { "A" };
            let altered = format!("{}{replaced}{}", &link[..i], &link[i + 1..]);
            assert!(is_forged(&key, &altered), "{i}");
        }
        for bad in
            ["", "lgm1_", &link[..link.len() - 1], &format!("{link}A"), &format!("{link}="), "lgm1_\u{e4}"]
        {
            assert!(is_forged(&key, bad), "{bad}");
        }
    }

    #[test]
    fn a_code_has_six_digits_and_belongs_to_its_request() {
        let key = key("k");
        let codes: HashSet<String> = (0..100)
            .map(|_| {
                let ticket = ticket(Purpose::Reset);
                let code = key.code(&ticket).expose_secret().to_owned();
                assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
                assert!(key.is_code(&ticket, &code));
                for wrong in ["", "12345", &format!("{code}0"), &code[1..]] {
                    assert!(!key.is_code(&ticket, wrong), "{wrong}");
                }
                code
            })
            .collect();
        assert!(codes.len() > 90, "{}", codes.len());
        let ticket = ticket(Purpose::Reset);
        let code = key.code(&ticket);
        let others = [
            Ticket { purpose: Purpose::SignUp, ..ticket.clone() },
            Ticket { expires_at: NOW, ..ticket.clone() },
            Ticket { id: MailId::new(&SystemRandom::new()), ..ticket },
        ];
        let same = others.iter().filter(|other| key.is_code(other, code.expose_secret())).count();
        assert!(same < 2, "three tickets with one code");
    }

    #[test]
    fn tokens_and_codes_never_change() {
        let ticket = Ticket {
            purpose: Purpose::SignUp,
            mailbox: EmailAddress::parse("ada@example.com").unwrap().mailbox(Purpose::SignUp),
            id: MailId::from_bytes([7; 16]),
            expires_at: NOW,
        };
        let key = key("k");
        let link = "lgm1_AT0wd6YpJXeu9p9GO-UPahsn62eaTExAf9t4axkPU-qlBwcHBwcHBwcHBwcHBwcHBwAAAABqsTuA\
             452LJbXmvHGY97OqKhwTT9y5qelbStc0JoxpQxGYOik";
        let request = "lgq1_AT0wd6YpJXeu9p9GO-UPahsn62eaTExAf9t4axkPU-qlBwcHBwcHBwcHBwcHBwcHBwAAAABqsTuA\
             Ie98Mt7N5JiJ21D4mb1FjyCzq3RUXNhaQz_lLItSmnM";
        assert_eq!(key.link(&ticket).expose_secret(), link);
        assert_eq!(key.request(&ticket).expose_secret(), request);
        assert_eq!(key.code(&ticket).expose_secret(), "969960");
    }

    #[test]
    fn a_key_has_at_least_32_bytes_and_is_not_shown() {
        assert!(MailKey::new(&"k".repeat(31)).is_none());
        assert_eq!(format!("{:?}", key("k")), "MailKey");
    }
}
