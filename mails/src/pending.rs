//! Requests for mails, and their rows.

use serde_json::{Map, Value};
use shared::{
    clock::Timestamp,
    http::Language,
    ids::{ClientId, UserId},
    store::{Item, Row, StoreError, User, attribute},
};

use crate::{EmailAddress, MailId, Mailbox, Purpose, Ticket};

/// A request for a mail.
#[derive(Clone, Copy, Debug)]
pub struct NewRequest<'a> {
    /// The address that the mail goes to.
    pub address: &'a EmailAddress,
    /// The new ticket, which replaces the address's earlier ones for the same purpose.
    pub ticket: &'a Ticket,
    /// The client at which the user asked.
    pub client_id: &'a ClientId,
    /// The language of the mail.
    pub language: Language,
    /// The user that the mail is about: who asks for a new address, or whose account changed. `None` for
    /// sign-ups and forgotten passwords: their callers are strangers.
    pub user_id: Option<&'a UserId>,
    /// When the request began.
    pub now: Timestamp,
}

/// The latest request of an address for a purpose. It stays in the row after its use, so that nobody learns
/// of the use by asking for the mail again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMail {
    /// The address as typed.
    pub address: EmailAddress,
    /// The client at which the user asked.
    pub client_id: ClientId,
    /// The language of the mail.
    pub language: Language,
    /// The user that it is about. `None` for sign-ups, forgotten passwords and invitations.
    pub user_id: Option<UserId>,
    /// The claims of the user that an invitation creates, without those that only Latchgate sets. Empty for
    /// the other purposes.
    pub claims: Map<String, Value>,
    /// When the request began. If the row doesn't say, it is 1970, and the request counts as older than
    /// everything.
    pub asked_at: Timestamp,
    /// The identifier of its ticket; `None`, if that was used.
    pub id: Option<MailId>,
}

impl PendingMail {
    /// Reads the item of requests for this purpose.
    pub(crate) fn from_item(item: &Item, purpose: Purpose) -> Result<Self, StoreError> {
        let row = Row::new("Mails", item);
        Ok(Self {
            address: address_of(&row, purpose)?,
            client_id: row.parsed(attribute::CLIENT_ID, ClientId::parse)?,
            language: row.parsed(attribute::LANGUAGE, Language::parse)?,
            user_id: user_of(&row, purpose)?,
            claims: claims_of(&row, purpose)?,
            asked_at: row.optional_instant(attribute::ASKED_AT)?.unwrap_or_default(),
            id: row.optional_parsed(attribute::MAIL_ID, MailId::parse)?,
        })
    }
}

/// The address of a row, which its key has to be the hash of, with the purpose. Otherwise a writer of the
/// table could have the mail for one address sent to another, or another kind of mail.
pub(crate) fn address_of(row: &Row<'_>, purpose: Purpose) -> Result<EmailAddress, StoreError> {
    let mailbox = row.parsed(attribute::MAILBOX, Mailbox::parse)?;
    row.parsed(attribute::ADDRESS, |text| {
        EmailAddress::parse(text).filter(|address| address.mailbox(purpose) == mailbox)
    })
}

/// The user that a mail is about. A row without one is malformed, if its purpose has one.
pub(crate) fn user_of(row: &Row<'_>, purpose: Purpose) -> Result<Option<UserId>, StoreError> {
    purpose.names_user().then(|| row.parsed(attribute::USER_ID, UserId::parse)).transpose()
}

fn claims_of(row: &Row<'_>, purpose: Purpose) -> Result<Map<String, Value>, StoreError> {
    if purpose != Purpose::Invitation {
        return Ok(Map::new());
    }
    Ok(row.optional_parsed(attribute::CLAIMS, User::parse_claims)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    use shared::store::Notice;

    use super::*;

    fn item(attributes: &[(&str, &str)]) -> Item {
        item_of(Purpose::SignUp, attributes)
    }

    fn item_of(purpose: Purpose, attributes: &[(&str, &str)]) -> Item {
        let mailbox = EmailAddress::parse("ada@example.com").unwrap().mailbox(purpose);
        let key = [("mailbox", mailbox.as_str())];
        key.iter().chain(attributes).map(|(name, text)| ((*name).to_owned(), S((*text).to_owned()))).collect()
    }

    const USED: [(&str, &str); 3] =
        [("address", "Ada@example.com"), ("client_id", "shop"), ("language", "vi")];

    #[test]
    fn a_request_is_found_before_and_after_its_use() {
        let used = PendingMail::from_item(&item(&USED), Purpose::SignUp).unwrap();
        assert_eq!(used.address.as_str(), "Ada@example.com");
        assert_eq!((used.client_id.as_str(), used.language), ("shop", Language::Vietnamese));
        assert_eq!(used.id, None);
        let text = "AAAAAAAAAAAAAAAAAAAAAA";
        let pending = item(&[&USED[..], &[("mail_id", text)]].concat());
        let id = PendingMail::from_item(&pending, Purpose::SignUp).unwrap().id.unwrap();
        assert_eq!(id.to_text(), text);
    }

    #[test]
    fn a_row_is_only_of_the_purpose_in_its_key() {
        assert!(PendingMail::from_item(&item(&USED), Purpose::Reset).is_err());
    }

    #[test]
    fn a_malformed_row_is_an_error() {
        for (name, value) in [
            ("mailbox", "m"),
            ("address", "a"),
            ("address", "eve@example.com"),
            ("client_id", "a#b"),
            ("language", "fr"),
            ("mail_id", "A"),
        ] {
            let item = item(&[&USED[..], &[(name, value)]].concat());
            assert!(PendingMail::from_item(&item, Purpose::SignUp).is_err(), "{name}: {value}");
        }
    }

    #[test]
    fn a_mail_about_a_user_says_which_one() {
        let about = [
            Purpose::Email,
            Purpose::Undo,
            Purpose::Deleted,
            Purpose::Renamed,
            Purpose::Notice(Notice::Theft),
        ];
        for purpose in Purpose::ALL {
            let read =
                |more: &[_]| PendingMail::from_item(&item_of(purpose, &[&USED[..], more].concat()), purpose);
            let found = read(&[("user_id", "u1")]).unwrap().user_id;
            if about.contains(&purpose) || matches!(purpose, Purpose::Notice(_)) {
                assert_eq!(found.unwrap().as_str(), "u1", "{purpose:?}");
                assert!(read(&[]).is_err() && read(&[("user_id", "")]).is_err(), "{purpose:?}");
            } else {
                assert_eq!(found, None, "{purpose:?}");
            }
        }
    }

    #[test]
    fn only_an_invitation_has_claims_and_none_that_only_we_set() {
        let claims = r#"{"roles":["buyer"],"email":"eve@example.com","sub":"u2"}"#;
        for purpose in Purpose::ALL {
            let attributes = [&USED[..], &[("claims", claims), ("user_id", "u1")]].concat();
            let pending = PendingMail::from_item(&item_of(purpose, &attributes), purpose).unwrap();
            let names: Vec<_> = pending.claims.keys().map(String::as_str).collect();
            let expected: &[&str] = if purpose == Purpose::Invitation { &["email", "roles"] } else { &[] };
            assert_eq!(names, expected, "{purpose:?}");
        }
        for bad in ["", "[]", "{", r#"{"a":1,"a":2}"#] {
            let attributes = [&USED[..], &[("claims", bad)]].concat();
            let item = item_of(Purpose::Invitation, &attributes);
            assert!(PendingMail::from_item(&item, Purpose::Invitation).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_row_that_does_not_say_when_it_was_asked_for_is_older_than_all() {
        let mut item = item(&USED);
        let asked_at =
            |item: &Item| PendingMail::from_item(item, Purpose::SignUp).map(|found| found.asked_at);
        assert_eq!(asked_at(&item).unwrap(), Timestamp::default());
        item.insert("asked_at".to_owned(), N("1800000000".to_owned()));
        assert_eq!(asked_at(&item).unwrap(), Timestamp::from_unix(1_800_000_000));
        item.insert("asked_at".to_owned(), N("1800000000000".to_owned()));
        assert!(asked_at(&item).is_err());
    }
}
