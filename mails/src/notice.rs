//! The Mails table: notices of what happened to an account.

use std::time::Duration;

use shared::{
    clock::Timestamp,
    http::Language,
    ids::{ClientId, UserId},
    network::Network,
    store::{Item, Notice, Row, StoreError, attribute},
};

use crate::{
    EmailAddress, MailId, Mails, Purpose, Ticket, mails::DAY, new_row::NewRow, slot::Attempt,
    update::OPERATION,
};

/// A mail about an event. No client asks for it.
#[derive(Clone, Copy, Debug)]
pub struct NewNotice<'a> {
    /// The address that the mail goes to.
    pub address: &'a EmailAddress,
    /// What happened.
    pub notice: Notice,
    /// The user to whom it happened.
    pub user_id: &'a UserId,
    /// When the event began. It tells events of a kind apart: the mail of each goes out once.
    pub at: Timestamp,
    /// The network whose request is the event, if the mail counts for one.
    pub network: Option<&'a Network>,
    /// What a new device is called: short, and with nothing that a stranger can choose freely. It's in the
    /// mail.
    pub device: Option<&'a str>,
    /// The language of the mail.
    pub language: Language,
    /// The random identifier of the mail.
    pub id: &'a MailId,
    /// The current time.
    pub now: Timestamp,
}

/// The outcome of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Notified {
    /// The mail is stored, and waits to be sent.
    Stored,
    /// The mail of this event, or of a later one of its kind, was stored before. Nothing is written. A mail
    /// that strangers can cause is known for a day.
    Known,
    /// The address had all its notices of this kind in the hour, or the network had all its mails. No mail is
    /// stored, and this event gets none.
    Spent,
}

impl Mails {
    /// Stores a mail about an event, unless it was stored before. A notice takes the place of an earlier one of
    /// its kind, and counts for the hour of the address as a request does. If it has a network, it counts for
    /// that first. The repetition of a count whose answer was lost counts twice.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails or the item is malformed.
    pub async fn notify(&self, new: &NewNotice<'_>) -> Result<Notified, StoreError> {
        let NewNotice { address, notice, user_id, at, network, device, language, id, now } = *new;
        let ticket = Ticket::new(Purpose::Notice(notice), address, *id, now);
        let row = NewRow {
            address,
            ticket: &ticket,
            // No client has this one.
            client_id: &ClientId::browser(),
            language,
            user_id: Some(user_id),
            claims: None,
            asked_at: Some(now),
            noticed_at: Some(at),
            device,
            now,
        };
        let taking = self.taking(&row);
        let mut seen = self.row(ticket.mailbox.as_str()).await?.unwrap_or_default();
        if is_known(&seen, new)? {
            return Ok(Notified::Known);
        }
        if let Some(network) = network
            && !self.count_attempt(network, now).await?
        {
            return Ok(Notified::Spent);
        }
        // Each change means that another notice took a slot meanwhile. It also replaced the list of slots, so
        // a write that succeeds has seen the latest notice.
        for _ in 0..=self.bound {
            match taking.attempt(&seen, self.bound).await? {
                Attempt::Written => return Ok(Notified::Stored),
                Attempt::Spent(_) => return Ok(Notified::Spent),
                Attempt::Changed(row) => seen = row,
            }
            if is_known(&seen, new)? {
                return Ok(Notified::Known);
            }
        }
        let reason = "other notices kept changing the row".to_owned();
        Err(StoreError::Unavailable { operation: OPERATION, reason })
    }
}

/// Whether the row has this event's notice, a later one of the user, or one that still covers the event. Two
/// users may have one address as a claim; then a repeated record may send a mail again, but no event is taken
/// for another user's.
fn is_known(row: &Item, new: &NewNotice<'_>) -> Result<bool, StoreError> {
    let row = Row::new("Mails", row);
    let noticed_at = row.optional_instant(attribute::NOTICED_AT)?;
    let is_theirs = row.optional_text(attribute::USER_ID)? == Some(new.user_id.as_str());
    let is_covered = |noticed_at| noticed_at >= new.at || noticed_at + stands_for(new.notice) > new.at;
    Ok(is_theirs && noticed_at.is_some_and(is_covered))
}

/// How long a notice stands for later events of its kind. A stranger can cause that of a missing password.
fn stands_for(notice: Notice) -> Duration {
    match notice {
        Notice::PasswordChanged | Notice::SessionsEnded | Notice::Theft | Notice::NewDevice => Duration::ZERO,
        Notice::PasswordMissing => DAY,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    use shared::random::SystemRandom;

    use super::*;

    /// Whether a user's event at `at` is known, if the row has one of the user `u1` at `noticed_at`.
    fn known(row: &Item, notice: Notice, user_id: &str, at: u64) -> Result<bool, StoreError> {
        let new = NewNotice {
            address: &EmailAddress::parse("ada@example.com").unwrap(),
            notice,
            user_id: &UserId::parse(user_id).unwrap(),
            at: Timestamp::from_unix(at),
            network: None,
            device: None,
            language: Language::English,
            id: &MailId::new(&SystemRandom::new()),
            now: Timestamp::from_unix(at),
        };
        is_known(row, &new)
    }

    fn row(noticed_at: &str) -> Item {
        let attributes = [("noticed_at", N(noticed_at.to_owned())), ("user_id", S("u1".to_owned()))];
        attributes.map(|(name, value)| (name.to_owned(), value)).into()
    }

    #[test]
    fn an_event_is_known_after_its_own_notice_and_a_later_one() {
        for notice in Notice::ALL {
            assert!(known(&row("100000"), notice, "u1", 100_000).unwrap());
            assert!(known(&row("100000"), notice, "u1", 99_999).unwrap());
            assert!(!known(&row("100000"), notice, "u1", 200_000).unwrap());
            assert!(!known(&Item::new(), notice, "u1", 0).unwrap());
        }
        assert!(!known(&row("100000"), Notice::Theft, "u1", 100_001).unwrap());
    }

    #[test]
    fn the_notice_of_a_missing_password_stands_for_a_day() {
        for (at, is_known) in [(100_001, true), (100_000 + 86_399, true), (100_000 + 86_400, false)] {
            assert_eq!(known(&row("100000"), Notice::PasswordMissing, "u1", at).unwrap(), is_known, "{at}");
        }
    }

    #[test]
    fn an_event_is_never_taken_for_another_users() {
        for notice in Notice::ALL {
            assert!(!known(&row("100000"), notice, "u2", 100_000).unwrap());
        }
    }

    #[test]
    fn a_malformed_row_is_an_error() {
        for malformed in ["-1", "1.5", "1800000000000"] {
            assert!(known(&row(malformed), Notice::Theft, "u1", 1000).is_err(), "{malformed}");
        }
    }
}
