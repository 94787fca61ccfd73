//! The Mails table: notices of what happened to an account.

use shared::{
    clock::Timestamp,
    http::Language,
    ids::{ClientId, UserId},
    store::{Item, Notice, Row, StoreError, attribute},
};

use crate::{
    EmailAddress, MailId, Mails, Purpose, Ticket, new_row::NewRow, slot::Attempt, update::OPERATION,
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
    /// The mail of this event, or of a later one of its kind, was stored before. Nothing is written.
    Known,
    /// The address had all its notices of this kind in the hour. Nothing is written, and this event gets no
    /// mail.
    Spent,
}

impl Mails {
    /// Stores a mail about an event, unless it was stored before. A notice takes the place of an earlier one of
    /// its kind, and counts for the hour of the address as a request does.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails or the item is malformed.
    pub async fn notify(&self, new: &NewNotice<'_>) -> Result<Notified, StoreError> {
        let NewNotice { address, notice, user_id, at, device, language, id, now } = *new;
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
        // Each change means that another notice took a slot meanwhile. It also replaced the list of slots, so
        // a write that succeeds has seen the latest notice.
        for _ in 0..=self.bound {
            if is_known(&seen, user_id, at)? {
                return Ok(Notified::Known);
            }
            match taking.attempt(&seen, self.bound).await? {
                Attempt::Written => return Ok(Notified::Stored),
                Attempt::Spent(_) => return Ok(Notified::Spent),
                Attempt::Changed(row) => seen = row,
            }
        }
        let reason = "other notices kept changing the row".to_owned();
        Err(StoreError::Unavailable { operation: OPERATION, reason })
    }
}

/// Whether the row has the notice of this event, or of a later one of the user. Two users may have one address
/// as a claim; then a repeated record may send a mail again, but no event is taken for another user's.
fn is_known(row: &Item, user_id: &UserId, at: Timestamp) -> Result<bool, StoreError> {
    let row = Row::new("Mails", row);
    let noticed_at = row.optional_instant(attribute::NOTICED_AT)?;
    let is_theirs = row.optional_text(attribute::USER_ID)? == Some(user_id.as_str());
    Ok(is_theirs && noticed_at.is_some_and(|noticed_at| noticed_at >= at))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};

    use super::*;

    fn known(noticed_at: &str, user_id: &str, at: u64) -> Result<bool, StoreError> {
        let attributes = [("noticed_at", N(noticed_at.to_owned())), ("user_id", S("u1".to_owned()))];
        let item = attributes.map(|(name, value)| (name.to_owned(), value)).into();
        is_known(&item, &UserId::parse(user_id).unwrap(), Timestamp::from_unix(at))
    }

    #[test]
    fn an_event_is_known_after_its_own_notice_and_a_later_one() {
        assert!(!known("1000", "u1", 1001).unwrap());
        assert!(known("1000", "u1", 1000).unwrap());
        assert!(known("1000", "u1", 999).unwrap());
        let user_id = UserId::parse("u1").unwrap();
        assert!(!is_known(&Item::new(), &user_id, Timestamp::default()).unwrap());
    }

    #[test]
    fn an_event_is_never_taken_for_another_users() {
        assert!(!known("1000", "u2", 1000).unwrap());
    }

    #[test]
    fn a_malformed_row_is_an_error() {
        for malformed in ["-1", "1.5", "1800000000000"] {
            assert!(known(malformed, "u1", 1000).is_err(), "{malformed}");
        }
    }
}
