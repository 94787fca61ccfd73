//! Requests for mails, and their rows.

use shared::{
    clock::Timestamp,
    http::Language,
    ids::ClientId,
    store::{Item, Row, StoreError, attribute},
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

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::S;

    use super::*;

    fn item(attributes: &[(&str, &str)]) -> Item {
        let mailbox = EmailAddress::parse("ada@example.com").unwrap().mailbox(Purpose::SignUp);
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
}
