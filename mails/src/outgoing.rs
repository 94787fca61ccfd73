//! Mails that wait to be sent.

use shared::{
    http::Language,
    ids::ClientId,
    store::{Item, Row, StoreError, attribute},
};

use crate::{EmailAddress, MailId, Mailbox, Purpose, Ticket, pending::address_of};

/// A mail that the caller sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The key of its row.
    pub mailbox: Mailbox,
    /// The address that it goes to.
    pub address: EmailAddress,
    /// The ticket that its link and code stand for.
    pub ticket: Ticket,
    /// The client at which the user asked.
    pub client_id: ClientId,
    /// Its language.
    pub language: Language,
    /// How many deliveries took it and did not give it back, with this one. More than one: an earlier
    /// delivery may have sent it.
    pub taken: u32,
    /// The random mark of this delivery.
    pub mark: String,
}

impl Outgoing {
    /// Reads the item of a leased mail.
    pub(crate) fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Mails", item);
        let mailbox = row.parsed(attribute::MAILBOX, Mailbox::parse)?;
        let purpose = row.parsed(attribute::PURPOSE, Purpose::parse)?;
        let taken = row.number(attribute::TAKEN)?.try_into();
        Ok(Self {
            address: address_of(&row, purpose)?,
            ticket: Ticket {
                purpose,
                mailbox: mailbox.clone(),
                id: row.parsed(attribute::UNSENT, MailId::parse)?,
                expires_at: row.instant(attribute::MAIL_EXPIRES_AT)?,
            },
            mailbox,
            client_id: row.parsed(attribute::CLIENT_ID, ClientId::parse)?,
            language: row.parsed(attribute::LANGUAGE, Language::parse)?,
            taken: taken.map_err(|_| row.malformed(attribute::TAKEN))?,
            mark: row.text(attribute::LEASED_BY)?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    use shared::clock::Timestamp;

    use super::*;

    fn item() -> Item {
        let mailbox = EmailAddress::parse("a@b").unwrap().mailbox(Purpose::Reset);
        let texts = [
            ("mailbox", mailbox.as_str()),
            ("address", "A@b"),
            ("purpose", "reset"),
            ("mail_id", "AAAAAAAAAAAAAAAAAAAAAA"),
            ("unsent", "AAAAAAAAAAAAAAAAAAAAAA"),
            ("client_id", "shop"),
            ("language", "en"),
            ("leased_by", "mark"),
        ];
        let texts = texts.map(|(name, text)| (name.to_owned(), S(text.to_owned())));
        let numbers = [("mail_expires_at", "1000"), ("taken", "1")];
        let numbers = numbers.map(|(name, number)| (name.to_owned(), N(number.to_owned())));
        texts.into_iter().chain(numbers).collect()
    }

    #[test]
    fn a_leased_row_is_an_outgoing_mail() {
        let mail = Outgoing::from_item(&item()).unwrap();
        assert_eq!(mail.address.as_str(), "A@b");
        assert_eq!(mail.ticket.purpose, Purpose::Reset);
        assert_eq!(mail.ticket.expires_at, Timestamp::from_unix(1000));
        assert_eq!(mail.ticket.mailbox, mail.mailbox);
        assert_eq!((mail.mark.as_str(), mail.taken), ("mark", 1));
    }

    #[test]
    fn a_mail_goes_only_to_the_address_of_its_row() {
        let mut foreign = item();
        foreign.insert("address".to_owned(), S("mallory@b".to_owned()));
        assert!(Outgoing::from_item(&foreign).is_err());
    }

    #[test]
    fn a_mail_is_only_for_the_purpose_of_its_row() {
        let mut foreign = item();
        foreign.insert("purpose".to_owned(), S("sign_up".to_owned()));
        assert!(Outgoing::from_item(&foreign).is_err());
    }

    #[test]
    fn the_number_of_deliveries_is_read_and_never_guessed() {
        for bad in ["-1", "1.5", "4294967296"] {
            let mut item = item();
            item.insert("taken".to_owned(), N(bad.to_owned()));
            assert!(Outgoing::from_item(&item).is_err(), "{bad}");
        }
    }
}
