//! The Mails table: mails that wait to be sent.
//!
//! A delivery takes a mail by a lease, sends it, and marks it. If it dies between, another takes the mail
//! once the lease is over. So a mail goes out twice only where a delivery dies after it sent the mail and
//! before the mark. The row counts the deliveries that took the mail, so that the next one knows.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{self, N, S},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};
use shared::{
    clock::Timestamp,
    store::{StoreError, attribute},
};

use crate::{
    Lease, Mailbox, Mails, Outgoing,
    lease::LEASE_TTL,
    update::{OPERATION, is_written},
};

/// More deliveries than take any mail. A row that counts more is malformed.
const TOO_MANY: u32 = 1000;

impl Mails {
    /// Takes the mail that waits at a mailbox, for a minute, and counts that. `mark` is random.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails or the item is malformed. In a malformed one no mail waits any
    /// more: it could never be sent, and would hold up those behind it in the stream.
    pub async fn lease(&self, mailbox: &Mailbox, mark: &str, now: Timestamp) -> Result<Lease, StoreError> {
        let update = self
            .update(mailbox.as_str())
            .update_expression("SET #leased_by = :mark, #leased_until = :until ADD #taken :one")
            .condition_expression(
                "attribute_exists(#unsent) \
                 AND (attribute_not_exists(#leased_until) OR #leased_until <= :now) \
                 AND (attribute_not_exists(#taken) OR #taken < :too_many)",
            )
            .expression_attribute_names("#unsent", attribute::UNSENT)
            .expression_attribute_names("#leased_by", attribute::LEASED_BY)
            .expression_attribute_names("#leased_until", attribute::LEASED_UNTIL)
            .expression_attribute_names("#taken", attribute::TAKEN)
            .expression_attribute_values(":mark", S(mark.to_owned()))
            .expression_attribute_values(":now", N(now.to_string()))
            .expression_attribute_values(":until", N((now + LEASE_TTL).to_string()))
            .expression_attribute_values(":one", N("1".to_owned()))
            .expression_attribute_values(":too_many", N(TOO_MANY.to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let item = match update.send().await {
            Ok(output) => output.attributes.unwrap_or_default(),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    failed.item().cloned().unwrap_or_default()
                }
                _ => return Err(StoreError::unavailable(OPERATION, error)),
            },
        };
        let lease = Lease::of_item(&item, mark, now);
        if let (Err(_), Some(unsent)) = (&lease, item.get(attribute::UNSENT)) {
            self.give_up(mailbox, unsent).await?;
        }
        lease
    }

    /// Ends the wait of a mail whose row is malformed, unless a newer request has replaced it.
    async fn give_up(&self, mailbox: &Mailbox, unsent: &AttributeValue) -> Result<(), StoreError> {
        let update = self
            .update(mailbox.as_str())
            .update_expression("REMOVE #unsent, #leased_by, #leased_until, #taken")
            .condition_expression("#unsent = :unsent")
            .expression_attribute_names("#unsent", attribute::UNSENT)
            .expression_attribute_names("#leased_by", attribute::LEASED_BY)
            .expression_attribute_names("#leased_until", attribute::LEASED_UNTIL)
            .expression_attribute_names("#taken", attribute::TAKEN)
            .expression_attribute_values(":unsent", unsent.clone());
        is_written(update).await?;
        Ok(())
    }

    /// Gives a mail back that was not sent, so that another delivery takes it. It does nothing, if the mail
    /// isn't the caller's any more. A mail that may have been sent is not given back: its lease ends by
    /// itself, and stays counted.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn release(&self, mail: &Outgoing) -> Result<(), StoreError> {
        let update = self
            .update_leased(mail)
            .update_expression("REMOVE #leased_by, #leased_until ADD #taken :back")
            .expression_attribute_values(":back", N("-1".to_owned()));
        is_written(update).await?;
        Ok(())
    }

    /// Marks a mail as sent, or as one that is never sent. It does nothing, if a newer request has replaced
    /// it.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn mark_sent(&self, mail: &Outgoing, now: Timestamp) -> Result<(), StoreError> {
        let update = self
            .update_leased(mail)
            .update_expression("SET #sent_at = :now REMOVE #unsent, #leased_by, #leased_until, #taken")
            .expression_attribute_names("#sent_at", attribute::SENT_AT)
            .expression_attribute_values(":now", N(now.to_string()));
        is_written(update).await?;
        Ok(())
    }

    /// An update of a mail's row, if the caller still holds its lease.
    fn update_leased(&self, mail: &Outgoing) -> UpdateItemFluentBuilder {
        self.update(mail.mailbox.as_str())
            .condition_expression("#leased_by = :mark AND #unsent = :mail_id")
            .expression_attribute_names("#unsent", attribute::UNSENT)
            .expression_attribute_names("#leased_by", attribute::LEASED_BY)
            .expression_attribute_names("#leased_until", attribute::LEASED_UNTIL)
            .expression_attribute_names("#taken", attribute::TAKEN)
            .expression_attribute_values(":mark", S(mail.mark.clone()))
            .expression_attribute_values(":mail_id", S(mail.ticket.id.to_text()))
    }

    /// The mailboxes at which a mail waits. It reads the whole table, for a server without a stream.
    /// As the stream's reader does, it skips rows with other keys.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a read fails.
    pub async fn unsent(&self) -> Result<Vec<Mailbox>, StoreError> {
        let (mut mailboxes, mut start) = (Vec::new(), None);
        loop {
            let scan = self
                .table
                .client
                .scan()
                .table_name(&self.table.name)
                .consistent_read(true)
                .filter_expression("attribute_exists(#unsent)")
                .projection_expression("#mailbox")
                .expression_attribute_names("#unsent", attribute::UNSENT)
                .expression_attribute_names("#mailbox", attribute::MAILBOX)
                .set_exclusive_start_key(start);
            let page = scan.send().await.map_err(|e| StoreError::unavailable("Scan on Mails", e))?;
            let keys = page.items().iter().filter_map(|item| item.get(attribute::MAILBOX)?.as_s().ok());
            mailboxes.extend(keys.filter_map(|key| Mailbox::parse(key)));
            match page.last_evaluated_key {
                Some(next) => start = Some(next),
                None => return Ok(mailboxes),
            }
        }
    }
}
