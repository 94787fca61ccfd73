//! Writes of requests, each of which takes a slot of its mailbox's hour.

use std::time::Duration;

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{self, S},
        ReturnValuesOnConditionCheckFailure::AllOld,
    },
};
use shared::{
    clock::Timestamp,
    store::{Item, StoreError, attribute},
};

use crate::{hour::Latest, update::OPERATION};

/// Whether a mailbox's hour had a slot for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Slot {
    /// It had one, and the request is stored.
    Taken,
    /// All are taken, and nothing is written. After this time there is another.
    Spent(Duration),
}

/// A request that takes a slot.
pub(crate) struct Taking {
    /// An update of the mailbox's row, with the names and values of `changes`.
    pub(crate) update: UpdateItemFluentBuilder,
    /// The part of its expression that sets and removes the other attributes.
    pub(crate) changes: String,
    /// The identifier that it writes, which tells the SDK's repetition of a write whose answer was lost.
    /// Such a repetition must not send the mail again.
    pub(crate) id: String,
    /// When the request began.
    pub(crate) now: Timestamp,
}

/// What became of the write of a request.
pub(crate) enum Attempt {
    /// The request is stored, by this write or an earlier attempt of it.
    Written,
    /// All slots are taken. After this time there is another.
    Spent(Duration),
    /// Another request took a slot meanwhile. This is the row that it left; a missing row is empty.
    Changed(Item),
}

impl Taking {
    /// Takes one of `bound` slots of the row that was read; a missing row is empty. It is one write, whatever
    /// was asked for before.
    pub(crate) async fn attempt(&self, row: &Item, bound: usize) -> Result<Attempt, StoreError> {
        let seen = row.get(attribute::QUOTA);
        let latest = seen.map_or_else(|| Some(Latest::default()), Latest::parse);
        let malformed = StoreError::Malformed { table: "Mails", attribute: attribute::QUOTA };
        match latest.ok_or(malformed)?.with(self.now, bound) {
            Ok(next) => self.try_write(self.update(seen, &next)).await,
            Err(wait) => Ok(Attempt::Spent(wait)),
        }
    }

    /// The update that replaces the list that was seen.
    fn update(&self, seen: Option<&AttributeValue>, next: &Latest) -> UpdateItemFluentBuilder {
        let (condition, update) = match seen {
            Some(seen) => {
                ("#quota = :seen", self.update.clone().expression_attribute_values(":seen", seen.clone()))
            }
            None => ("attribute_not_exists(#quota)", self.update.clone()),
        };
        let is_new = "(attribute_not_exists(#mail_id) OR #mail_id <> :mail_id)";
        update
            .update_expression(format!("SET #quota = :quota, {}", self.changes))
            .condition_expression(format!("{condition} AND {is_new}"))
            .expression_attribute_names("#quota", attribute::QUOTA)
            .expression_attribute_names("#mail_id", attribute::MAIL_ID)
            .expression_attribute_values(":quota", next.to_value())
            .expression_attribute_values(":mail_id", S(self.id.clone()))
            .return_values_on_condition_check_failure(AllOld)
    }

    /// Sends an update.
    async fn try_write(&self, update: UpdateItemFluentBuilder) -> Result<Attempt, StoreError> {
        let Err(error) = update.send().await else { return Ok(Attempt::Written) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let row = failed.item().cloned().unwrap_or_default();
                Ok(if has_mail(&row, &self.id) { Attempt::Written } else { Attempt::Changed(row) })
            }
            _ => Err(StoreError::unavailable(OPERATION, error)),
        }
    }
}

/// Whether a row has the mail with this identifier: then the write that the SDK repeated was carried out.
pub(crate) fn has_mail(row: &Item, id: &str) -> bool {
    row.get(attribute::MAIL_ID).and_then(|stored| stored.as_s().ok()).is_some_and(|stored| stored == id)
}
