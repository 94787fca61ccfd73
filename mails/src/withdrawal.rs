//! The Mails table: invitations that an operator takes back.

use aws_sdk_dynamodb::{
    operation::delete_item::{DeleteItemError, builders::DeleteItemFluentBuilder},
    types::{AttributeValue::S, ReturnValuesOnConditionCheckFailure::AllOld},
};
use shared::{
    clock::Timestamp,
    store::{Item, Row, StoreError, attribute},
};

use crate::{EmailAddress, MailId, Mails, Purpose};

/// How often the deletion is tried if other operators invite the address again meanwhile.
const ATTEMPTS: usize = 4;

/// The outcome of withdrawing an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Withdrawn {
    /// Its link no longer works. A mail that waits isn't sent.
    Done,
    /// It was accepted: its link created an account.
    Accepted,
    /// The address has no invitation whose link works.
    Absent,
}

impl Mails {
    /// Withdraws the unused invitation of an address. It deletes the row, by which the link would be valid: the
    /// table keeps nothing of a person who isn't invited any more.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails, the row is malformed, or others replace the invitation again and
    /// again.
    pub async fn withdraw(&self, address: &EmailAddress, now: Timestamp) -> Result<Withdrawn, StoreError> {
        let key = address.mailbox(Purpose::Invitation);
        let mut row = self.row(key.as_str()).await?.unwrap_or_default();
        for _ in 0..ATTEMPTS {
            let id = match unused(&row, now)? {
                Ok(id) => id,
                Err(outcome) => return Ok(outcome),
            };
            let Err(error) = self.withdrawal(key.as_str(), &id).send().await else {
                return Ok(Withdrawn::Done);
            };
            row = match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                    failed.item().cloned().unwrap_or_default()
                }
                _ => return Err(StoreError::unavailable(OPERATION, error)),
            };
            // The SDK repeats a deletion whose answer was lost.
            if row.is_empty() {
                return Ok(Withdrawn::Done);
            }
        }
        let reason = "other invitations kept replacing the row".to_owned();
        Err(StoreError::Unavailable { operation: OPERATION, reason })
    }

    /// The outcome of withdrawing, without the deletion.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the row is malformed.
    pub async fn would_withdraw(
        &self,
        address: &EmailAddress,
        now: Timestamp,
    ) -> Result<Withdrawn, StoreError> {
        let row = self.row(address.mailbox(Purpose::Invitation).as_str()).await?.unwrap_or_default();
        Ok(unused(&row, now)?.map_or_else(|outcome| outcome, |_| Withdrawn::Done))
    }

    /// The deletion, which meets the link's use: one of the two comes first, and the other finds no invitation.
    fn withdrawal(&self, key: &str, id: &MailId) -> DeleteItemFluentBuilder {
        self.table
            .delete_item()
            .key(attribute::MAILBOX, S(key.to_owned()))
            .condition_expression("#mail_id = :mail_id")
            .expression_attribute_names("#mail_id", attribute::MAIL_ID)
            .expression_attribute_values(":mail_id", S(id.to_text()))
            .return_values_on_condition_check_failure(AllOld)
    }
}

/// The operation's name in errors.
const OPERATION: &str = "DeleteItem on Mails";

/// The identifier of an unused invitation whose link still works, or why there is none. A missing row is empty.
fn unused(item: &Item, now: Timestamp) -> Result<Result<MailId, Withdrawn>, StoreError> {
    let row = Row::new("Mails", item);
    if item.is_empty() {
        return Ok(Err(Withdrawn::Absent));
    }
    match row.optional_parsed(attribute::MAIL_ID, MailId::parse)? {
        None => Ok(Err(Withdrawn::Accepted)),
        Some(_) if row.instant(attribute::MAIL_EXPIRES_AT)? <= now => Ok(Err(Withdrawn::Absent)),
        Some(id) => Ok(Ok(id)),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::N;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn read(attributes: &[(&str, &str)]) -> Result<Result<String, Withdrawn>, StoreError> {
        let value = |name: &str, text: &str| {
            let text = text.to_owned();
            if name.ends_with("_at") { N(text) } else { S(text) }
        };
        let item = attributes.iter().map(|(name, text)| ((*name).to_owned(), value(name, text))).collect();
        Ok(unused(&item, NOW)?.map(MailId::to_text))
    }

    #[test]
    fn only_an_unused_invitation_whose_link_works_can_be_withdrawn() {
        let id = "AAAAAAAAAAAAAAAAAAAAAA";
        let row = |expires_at| [("address", "a@b"), ("mail_id", id), ("mail_expires_at", expires_at)];
        assert_eq!(read(&row("1800000001")).unwrap(), Ok(id.to_owned()));
        assert_eq!(read(&row("1800000000")).unwrap(), Err(Withdrawn::Absent));
        assert_eq!(read(&[("address", "a@b")]).unwrap(), Err(Withdrawn::Accepted));
        assert_eq!(read(&[]).unwrap(), Err(Withdrawn::Absent));
    }

    #[test]
    fn a_malformed_row_is_an_error() {
        let id = ("mail_id", "AAAAAAAAAAAAAAAAAAAAAA");
        for bad in [&[id][..], &[id, ("mail_expires_at", "-1")], &[("mail_id", "A")]] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
