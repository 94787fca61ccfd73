//! Mails that wait to be sent.

use shared::{
    clock::Timestamp,
    http::Language,
    ids::{ClientId, UserId},
    store::{Item, Row, StoreError, attribute},
};

use crate::{
    EmailAddress, MailId, Mailbox, Purpose, Ticket,
    pending::{address_of, user_of},
};

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
    /// The user that it is about. `None` for sign-ups, forgotten passwords and invitations.
    pub user_id: Option<UserId>,
    /// What a notice tells of; `None` for other mails.
    pub notice: Option<Noticed>,
    /// How many deliveries took it and did not give it back, with this one. More than one: an earlier
    /// delivery may have sent it.
    pub taken: u32,
    /// The random mark of this delivery.
    pub mark: String,
}

/// The event that a notice tells of. Its kind is the purpose of the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noticed {
    /// When it began.
    pub at: Timestamp,
    /// What a new device is called, as it was given to [`NewNotice`](crate::NewNotice).
    pub device: Option<String>,
}

impl Noticed {
    /// Reads the row of a mail for this purpose.
    fn of_row(row: &Row<'_>, purpose: Purpose) -> Result<Option<Self>, StoreError> {
        let Purpose::Notice(_) = purpose else { return Ok(None) };
        let device = row.optional_text(attribute::DEVICE_NAME)?.map(str::to_owned);
        Ok(Some(Self { at: row.instant(attribute::NOTICED_AT)?, device }))
    }
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
            user_id: user_of(&row, purpose)?,
            notice: Noticed::of_row(&row, purpose)?,
            taken: taken.map_err(|_| row.malformed(attribute::TAKEN))?,
            mark: row.text(attribute::LEASED_BY)?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    use shared::store::Notice;

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
        assert_eq!((mail.user_id, mail.notice), (None, None));
    }

    #[test]
    fn a_notice_says_whom_it_is_about_and_when_it_happened() {
        let purpose = Purpose::Notice(Notice::NewDevice);
        let mut item = item();
        let mailbox = EmailAddress::parse("a@b").unwrap().mailbox(purpose);
        item.insert("mailbox".to_owned(), S(mailbox.as_str().to_owned()));
        item.insert("purpose".to_owned(), S("new_device".to_owned()));
        item.insert("user_id".to_owned(), S("u1".to_owned()));
        assert!(Outgoing::from_item(&item).is_err(), "when?");
        item.insert("noticed_at".to_owned(), N("900".to_owned()));
        let at = Timestamp::from_unix(900);
        let mail = Outgoing::from_item(&item).unwrap();
        assert_eq!(mail.user_id.unwrap().as_str(), "u1");
        assert_eq!(mail.notice.unwrap(), Noticed { at, device: None });
        item.insert("device_name".to_owned(), S("Firefox on Linux".to_owned()));
        let device = Outgoing::from_item(&item).unwrap().notice.unwrap().device;
        assert_eq!(device.as_deref(), Some("Firefox on Linux"));
        item.remove("user_id").unwrap();
        assert!(Outgoing::from_item(&item).is_err(), "who?");
    }

    #[test]
    fn another_mail_has_no_notice_whatever_the_row_says() {
        let mut item = item();
        item.insert("noticed_at".to_owned(), S("soon".to_owned()));
        item.insert("user_id".to_owned(), S(String::new()));
        let mail = Outgoing::from_item(&item).unwrap();
        assert_eq!((mail.user_id, mail.notice), (None, None));
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
