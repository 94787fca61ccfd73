//! Rows of the Mails table, as operators see them.

use shared::{
    clock::Timestamp,
    http::Language,
    ids::{ClientId, UserId},
    network::Network,
    store::{Item, Row, StoreError, attribute},
};

use crate::{
    EmailAddress, MailId, Mailbox, Purpose, Suppression,
    hour::Latest,
    mails::ATTEMPTS_PREFIX,
    pending::{address_of, user_of},
    suppression, user,
};

/// A row that operators see. The rows of networks and users only count.
#[derive(Debug)]
pub enum MailRow {
    /// The latest mail of an address and purpose.
    Mail(Box<StoredMail>),
    /// An address that gets no mail.
    Suppressed(Suppressed),
    /// A row that Latchgate wouldn't write.
    Malformed {
        /// The key, which is a hash.
        key: String,
        /// What is wrong with it.
        error: StoreError,
    },
}

/// The latest mail of an address and purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMail {
    /// The key of its row.
    pub mailbox: Mailbox,
    /// The address as typed.
    pub address: EmailAddress,
    /// What it is for.
    pub purpose: Purpose,
    /// The client at which the user asked.
    pub client_id: ClientId,
    /// Its language.
    pub language: Language,
    /// The user that it is about. `None` for sign-ups, forgotten passwords and invitations.
    pub user_id: Option<UserId>,
    /// When the request began, if the row says it.
    pub asked_at: Option<Timestamp>,
    /// When its link and its code expire, or until when it may be sent. `None` after the use of the link.
    pub expires_at: Option<Timestamp>,
    /// What became of it.
    pub state: MailState,
    /// How many deliveries took it and did not give it back, while it waits.
    pub taken: u32,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// It waits to be sent.
    Waiting,
    /// It left the outbox at that instant: sent, or given up as the log says.
    Sent(Timestamp),
    /// It left the outbox without being sent, since the row was malformed or of a newer version.
    Dropped,
    /// Its link or its code was used.
    Used,
}

/// An address that gets no mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The address.
    pub address: EmailAddress,
    /// Why. `None`, if the row has no reason that this version knows; it counts nevertheless.
    pub reason: Option<Suppression>,
}

impl MailRow {
    /// Reads an item. `None`, if it only counts.
    pub(crate) fn from_item(item: &Item) -> Option<Self> {
        let row = Row::new("Mails", item);
        let key = row.text(attribute::MAILBOX).unwrap_or_default();
        let is_of_network = Network::parse(key).is_some() || key.starts_with(ATTEMPTS_PREFIX);
        if is_of_network || key.starts_with(user::PREFIX) {
            return None;
        }
        let read = if key.starts_with(suppression::PREFIX) {
            Suppressed::of_row(&row).map(Self::Suppressed)
        } else {
            StoredMail::from_item(item).map(|mail| Self::Mail(Box::new(mail)))
        };
        Some(read.unwrap_or_else(|error| Self::Malformed { key: key.to_owned(), error }))
    }
}

impl Suppressed {
    fn of_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let key = row.text(attribute::MAILBOX)?;
        let address = row.parsed(attribute::ADDRESS, |text| {
            EmailAddress::parse(text).filter(|address| address.suppression_key() == key)
        })?;
        let reason = row.optional_text(attribute::SUPPRESSED)?.and_then(Suppression::parse);
        Ok(Self { address, reason })
    }
}

impl StoredMail {
    pub(crate) fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Mails", item);
        let purpose = purpose_of(&row)?;
        let taken = row.optional_number(attribute::TAKEN)?.unwrap_or_default();
        Ok(Self {
            mailbox: row.parsed(attribute::MAILBOX, Mailbox::parse)?,
            address: address_of(&row, purpose)?,
            purpose,
            client_id: row.parsed(attribute::CLIENT_ID, ClientId::parse)?,
            language: row.parsed(attribute::LANGUAGE, Language::parse)?,
            user_id: user_of(&row, purpose)?,
            asked_at: asked_at(&row, item)?,
            expires_at: row.optional_instant(attribute::MAIL_EXPIRES_AT)?,
            state: MailState::of_row(&row)?,
            taken: taken.try_into().map_err(|_| row.malformed(attribute::TAKEN))?,
        })
    }
}

impl MailState {
    fn of_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let waits = row.optional_parsed(attribute::UNSENT, MailId::parse)?.is_some();
        let is_unused = row.optional_parsed(attribute::MAIL_ID, MailId::parse)?.is_some();
        let sent_at = row.optional_instant(attribute::SENT_AT)?;
        Ok(match (waits, is_unused, sent_at) {
            (true, _, _) => Self::Waiting,
            (false, false, _) => Self::Used,
            (false, true, Some(sent_at)) => Self::Sent(sent_at),
            (false, true, None) => Self::Dropped,
        })
    }
}

/// The purpose of a row. It's gone after the use of the link, but the key is a hash of it.
fn purpose_of(row: &Row<'_>) -> Result<Purpose, StoreError> {
    if let Some(purpose) = row.optional_parsed(attribute::PURPOSE, Purpose::parse)? {
        return Ok(purpose);
    }
    let address = row.parsed(attribute::ADDRESS, EmailAddress::parse)?;
    let key = row.text(attribute::MAILBOX)?;
    let purpose = Purpose::ALL.into_iter().find(|purpose| address.mailbox(*purpose).as_str() == key);
    purpose.ok_or_else(|| row.malformed(attribute::ADDRESS))
}

/// When the request began: the row of a sign-up or a forgotten password says it only as the newest that counts.
fn asked_at(row: &Row<'_>, item: &Item) -> Result<Option<Timestamp>, StoreError> {
    if let Some(asked_at) = row.optional_instant(attribute::ASKED_AT)? {
        return Ok(Some(asked_at));
    }
    let Some(quota) = item.get(attribute::QUOTA) else { return Ok(None) };
    let latest = Latest::parse(quota).ok_or_else(|| row.malformed(attribute::QUOTA))?;
    Ok(latest.newest())
}

#[cfg(test)]
mod tests {
    use std::slice;

    use aws_sdk_dynamodb::types::AttributeValue::{self, L, N, S};
    use shared::store::Notice;

    use super::*;

    fn number(number: u64) -> AttributeValue {
        N(number.to_string())
    }

    fn text(text: &str) -> AttributeValue {
        S(text.to_owned())
    }

    fn ada() -> EmailAddress {
        EmailAddress::parse("ada@example.com").unwrap()
    }

    fn row(purpose: Purpose, changes: &[(&str, Option<AttributeValue>)]) -> MailRow {
        let id = text("AAAAAAAAAAAAAAAAAAAAAA");
        let attributes = [
            ("mailbox", text(ada().mailbox(purpose).as_str())),
            ("address", text("Ada@example.com")),
            ("purpose", text(purpose.name())),
            ("client_id", text("shop")),
            ("language", text("vi")),
            ("user_id", text("u1")),
            ("mail_id", id.clone()),
            ("mail_expires_at", number(5000)),
            ("unsent", id),
            ("taken", number(1)),
            ("quota", L(vec![number(1400), number(1000)])),
            ("expires_at", number(9000)),
        ];
        let mut item: Item = attributes.map(|(name, value)| (name.to_owned(), value)).into();
        for (name, value) in changes {
            match value {
                Some(value) => item.insert((*name).to_owned(), value.clone()),
                None => item.remove(*name),
            };
        }
        MailRow::from_item(&item).unwrap()
    }

    fn mail(purpose: Purpose, changes: &[(&str, Option<AttributeValue>)]) -> StoredMail {
        match row(purpose, changes) {
            MailRow::Mail(mail) => *mail,
            other => panic!("{other:?}"),
        }
    }

    const SENT: [(&str, Option<AttributeValue>); 2] = [("unsent", None), ("taken", None)];

    #[test]
    fn a_mail_waits_is_sent_dropped_or_used() {
        let sent_at = ("sent_at", Some(number(1402)));
        for purpose in Purpose::ALL {
            let waiting = mail(purpose, &[]);
            assert_eq!((waiting.purpose, waiting.state, waiting.taken), (purpose, MailState::Waiting, 1));
            assert_eq!(waiting.mailbox, ada().mailbox(purpose));
            assert_eq!(waiting.expires_at, Some(Timestamp::from_unix(5000)));
            let sent = mail(purpose, &[&SENT[..], slice::from_ref(&sent_at)].concat());
            assert_eq!((sent.state, sent.taken), (MailState::Sent(Timestamp::from_unix(1402)), 0));
            assert_eq!(mail(purpose, &SENT).state, MailState::Dropped);
            // What the use of a link removes.
            let gone = ["mail_id", "purpose", "mail_expires_at", "unsent", "taken"].map(|name| (name, None));
            let used = mail(purpose, &[&gone[..], slice::from_ref(&sent_at)].concat());
            assert_eq!((used.purpose, used.state, used.expires_at), (purpose, MailState::Used, None));
        }
    }

    #[test]
    fn a_row_without_its_own_instant_was_asked_for_with_the_newest_that_counts() {
        let asked_at = |changes: &[_]| mail(Purpose::Email, changes).asked_at.map(Timestamp::as_unix);
        assert_eq!(asked_at(&[]), Some(1400));
        assert_eq!(asked_at(&[("asked_at", Some(number(1399)))]), Some(1399));
        assert_eq!(asked_at(&[("quota", None)]), None);
    }

    #[test]
    fn a_malformed_row_is_listed_by_its_key() {
        for (name, value) in [
            ("address", Some(text("eve@example.com"))),
            ("address", None),
            ("purpose", Some(text("reset"))),
            ("purpose", Some(text("of a newer version"))),
            ("client_id", None),
            ("language", Some(text("fr"))),
            ("user_id", None),
            ("mail_id", Some(number(1))),
            ("unsent", Some(text("A"))),
            ("sent_at", Some(number(1_800_000_000_000))),
            ("taken", Some(number(1 << 32))),
            ("quota", Some(number(1))),
        ] {
            let purpose = Purpose::Notice(Notice::Theft);
            let MailRow::Malformed { key, .. } = row(purpose, &[(name, value.clone())]) else {
                panic!("{name}: {value:?}");
            };
            assert_eq!(key, ada().mailbox(purpose).as_str());
        }
        let MailRow::Malformed { key, .. } = row(Purpose::Reset, &[("mailbox", Some(text("m")))]) else {
            panic!("a key of no kind");
        };
        assert_eq!(key, "m");
    }

    #[test]
    fn a_suppressed_address_has_a_known_reason_or_none() {
        let suppressed = |key: &str, address: &str, reason| {
            let attributes = [("mailbox", text(key)), ("address", text(address)), ("suppressed", reason)];
            MailRow::from_item(&attributes.map(|(name, value)| (name.to_owned(), value)).into()).unwrap()
        };
        let key = ada().suppression_key();
        for (reason, expected) in [("operator", Some(Suppression::Operator)), ("of a newer version", None)] {
            let MailRow::Suppressed(found) = suppressed(&key, "Ada@example.com", text(reason)) else {
                panic!("{reason}");
            };
            assert_eq!((found.address.as_str(), found.reason), ("Ada@example.com", expected));
        }
        for bad in [
            suppressed(&key, "eve@example.com", text("bounce")),
            suppressed(&key, "ada", text("bounce")),
            suppressed(&key, "ada@example.com", number(1)),
        ] {
            assert!(matches!(bad, MailRow::Malformed { .. }), "{bad:?}");
        }
    }

    #[test]
    fn counters_are_left_out() {
        let user = user::key(&UserId::parse("u1").unwrap());
        let network = Network::of(None).unwrap();
        for key in [network.as_str(), &format!("attempts#{}", network.hash()), &user] {
            let item = Item::from([("mailbox".to_owned(), text(key)), ("quota".to_owned(), number(1))]);
            assert!(MailRow::from_item(&item).is_none(), "{key}");
        }
    }
}
