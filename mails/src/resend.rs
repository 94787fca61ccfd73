//! The Mails table: mails that an operator sends again.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{N, S},
        ReturnValuesOnConditionCheckFailure::AllOld,
    },
};
use shared::{
    clock::Timestamp,
    store::{Item, Row, StoreError, attribute},
};

use crate::{MailId, Mailbox, Mails, Outgoing, lease::LONGEST_LEASE, slot::has_mail, update::OPERATION};

/// The outcome of sending a mail again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Resent {
    /// It goes out, with the same link and code.
    Queued,
    /// A delivery has it at this moment.
    Waiting,
    /// Its link was used, or its time is over.
    Over,
    /// The address has no mail for this purpose.
    Absent,
}

/// A row whose mail can be sent again.
#[derive(Debug)]
struct Unused {
    id: MailId,
    sent_at: Option<Timestamp>,
}

impl Mails {
    /// Puts a mailbox's latest mail into the outbox again, also one that waits there and whose record the
    /// mailer may have missed.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails or the item is malformed: it could not be sent.
    pub async fn resend(&self, mailbox: &Mailbox, now: Timestamp) -> Result<Resent, StoreError> {
        let Some(item) = self.row(mailbox.as_str()).await? else { return Ok(Resent::Absent) };
        let unused = match Unused::of_item(&item, now)? {
            Ok(unused) => unused,
            Err(outcome) => return Ok(outcome),
        };
        let id = unused.id.to_text();
        let Err(error) = self.queueing(mailbox, &unused, now).send().await else { return Ok(Resent::Queued) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let row = failed.item().cloned().unwrap_or_default();
                // A delivery took the mail: after the first attempt of this write, or since the read. Otherwise
                // the link was used, or another mail has taken the place.
                Ok(if has_mail(&row, &id) { Resent::Queued } else { Resent::Over })
            }
            _ => Err(StoreError::unavailable(OPERATION, error)),
        }
    }

    /// The write that puts the mail into the outbox. A lease that is over already stands for the change that
    /// the stream needs: a row whose attributes stay as they are makes no record.
    fn queueing(&self, mailbox: &Mailbox, unused: &Unused, now: Timestamp) -> UpdateItemFluentBuilder {
        let update = self
            .update(mailbox.as_str())
            .update_expression(
                "SET #unsent = :mail_id, #leased_until = :now REMOVE #leased_by, #taken, #sent_at",
            )
            .expression_attribute_names("#mail_id", attribute::MAIL_ID)
            .expression_attribute_names("#unsent", attribute::UNSENT)
            .expression_attribute_names("#leased_until", attribute::LEASED_UNTIL)
            .expression_attribute_names("#leased_by", attribute::LEASED_BY)
            .expression_attribute_names("#taken", attribute::TAKEN)
            .expression_attribute_names("#sent_at", attribute::SENT_AT)
            .expression_attribute_values(":mail_id", S(unused.id.to_text()))
            .expression_attribute_values(":now", N(now.to_string()))
            .return_values_on_condition_check_failure(AllOld);
        let is_free =
            "#mail_id = :mail_id AND (attribute_not_exists(#leased_until) OR #leased_until <= :now)";
        // The SDK repeats a write whose answer was lost. If the mail was sent meanwhile, it isn't once more.
        match unused.sent_at {
            None => update.condition_expression(format!("{is_free} AND attribute_not_exists(#sent_at)")),
            Some(sent_at) => update
                .condition_expression(format!("{is_free} AND #sent_at = :sent_at"))
                .expression_attribute_values(":sent_at", N(sent_at.to_string())),
        }
    }
}

impl Unused {
    /// Reads a row, or says why its mail can't be put into the outbox.
    fn of_item(item: &Item, now: Timestamp) -> Result<Result<Self, Resent>, StoreError> {
        let row = Row::new("Mails", item);
        let Some(id) = item.get(attribute::MAIL_ID) else { return Ok(Err(Resent::Over)) };
        // As the mailer will read it: a row that it couldn't read would leave the outbox unsent.
        let mut leased = item.clone();
        leased.insert(attribute::UNSENT.to_owned(), id.clone());
        leased.insert(attribute::LEASED_BY.to_owned(), S(String::new()));
        leased.insert(attribute::TAKEN.to_owned(), N("1".to_owned()));
        let ticket = Outgoing::from_item(&leased)?.ticket;
        if ticket.expires_at <= now {
            return Ok(Err(Resent::Over));
        }
        match row.optional_instant(attribute::LEASED_UNTIL)? {
            Some(until) if until > now + LONGEST_LEASE => Err(row.malformed(attribute::LEASED_UNTIL)),
            Some(until) if until > now => Ok(Err(Resent::Waiting)),
            _ => Ok(Ok(Self { id: ticket.id, sent_at: row.optional_instant(attribute::SENT_AT)? })),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::{EmailAddress, Purpose};

    const NOW: u64 = 1_800_000_000;

    fn number(number: u64) -> AttributeValue {
        N(number.to_string())
    }

    fn text(text: &str) -> AttributeValue {
        S(text.to_owned())
    }

    /// Whether a row's mail can be put into the outbox: when it was sent, the outcome, or what is malformed.
    fn read(changes: &[(&str, Option<AttributeValue>)]) -> Result<Result<Option<u64>, Resent>, StoreError> {
        let mailbox = EmailAddress::parse("ada@example.com").unwrap().mailbox(Purpose::Invitation);
        let attributes = [
            ("mailbox", text(mailbox.as_str())),
            ("address", text("Ada@example.com")),
            ("purpose", text("invitation")),
            ("client_id", text("shop")),
            ("language", text("en")),
            ("mail_id", text("AAAAAAAAAAAAAAAAAAAAAA")),
            ("mail_expires_at", number(NOW + 1)),
            ("sent_at", number(NOW - 1)),
        ];
        let mut item: Item = attributes.map(|(name, value)| (name.to_owned(), value)).into();
        for (name, value) in changes {
            match value {
                Some(value) => item.insert((*name).to_owned(), value.clone()),
                None => item.remove(*name),
            };
        }
        let read = Unused::of_item(&item, Timestamp::from_unix(NOW))?;
        Ok(read.map(|unused| unused.sent_at.map(Timestamp::as_unix)))
    }

    #[test]
    fn a_mail_that_was_sent_dropped_or_missed_goes_out_again() {
        assert_eq!(read(&[]).unwrap(), Ok(Some(NOW - 1)));
        let never = ("sent_at", None);
        assert_eq!(read(slice::from_ref(&never)).unwrap(), Ok(None));
        let waits = ("unsent", Some(text("AAAAAAAAAAAAAAAAAAAAAA")));
        let over = ("leased_until", Some(number(NOW)));
        assert_eq!(read(&[never, waits, over, ("taken", Some(number(4)))]).unwrap(), Ok(None));
    }

    #[test]
    fn a_mail_that_is_leased_used_or_expired_does_not() {
        assert_eq!(read(&[("leased_until", Some(number(NOW + 60)))]).unwrap(), Err(Resent::Waiting));
        assert_eq!(read(&[("mail_expires_at", Some(number(NOW)))]).unwrap(), Err(Resent::Over));
        let used = ["mail_id", "purpose", "mail_expires_at"].map(|name| (name, None));
        assert_eq!(read(&used).unwrap(), Err(Resent::Over));
    }

    #[test]
    fn a_mail_that_the_mailer_could_not_read_does_not() {
        for (name, value) in [
            ("address", Some(text("eve@example.com"))),
            ("purpose", None),
            ("purpose", Some(text("of a newer version"))),
            ("client_id", None),
            ("language", None),
            ("mail_id", Some(text("A"))),
            ("mail_expires_at", None),
            ("leased_until", Some(number(NOW + 71))),
            ("leased_until", Some(text("soon"))),
            ("sent_at", Some(text("now"))),
        ] {
            assert!(read(&[(name, value.clone())]).is_err(), "{name}: {value:?}");
        }
    }
}
