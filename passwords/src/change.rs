//! A change of password.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{N, S},
        ReturnValuesOnConditionCheckFailure,
    },
};
use shared::{
    clock::Timestamp,
    ids::SessionId,
    store::{PASSWORD_OVERLAP, StoreError, attribute},
};

use crate::{Counter, Credential, Credentials, Username, table::OPERATION};

/// The outcome of a change.
pub enum Changed {
    /// The password was changed.
    Done,
    /// Another request changed the password after it was verified. With the credential as stored now, if it
    /// exists.
    Meanwhile(Option<Credential>),
}

/// The hash of a password that replaces another.
#[derive(Debug)]
pub struct NewHash {
    pub(crate) hash: String,
    /// The earliest start of sessions with the new password. It is later than any session with the old one,
    /// so it tells the two apart.
    pub valid_from: Timestamp,
}

impl NewHash {
    /// The hash that replaces `current`.
    pub fn replacing(current: &Credential, hash: String, now: Timestamp) -> Self {
        let after_last = current.valid_from + Duration::from_secs(1);
        Self { hash, valid_from: after_last.max(now + PASSWORD_OVERLAP) }
    }
}

impl Credentials {
    /// Replaces the password that was just verified with the user's new one, and forgives the attempt. If
    /// another request replaced it meanwhile, returns what is stored now.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a write fails or the credential is malformed.
    pub async fn change_password(
        &self,
        username: &Username,
        current: &Credential,
        new: &NewHash,
        session_id: &SessionId,
        counter: &Counter,
    ) -> Result<Changed, StoreError> {
        let write = async |takes_back: bool| {
            let update = self.change(username, current, new, session_id, counter, takes_back);
            match update.send().await {
                Ok(_) => Ok(Changed::Done),
                Err(error) => new.refused(error),
            }
        };
        match write(true).await? {
            // The condition failed because the counter is gone, so there is nothing to take back.
            Changed::Meanwhile(Some(stored)) if stored.password_hash == current.password_hash => {
                write(false).await
            }
            changed => Ok(changed),
        }
    }

    /// The update, which may take back the attempt.
    fn change(
        &self,
        username: &Username,
        current: &Credential,
        new: &NewHash,
        session_id: &SessionId,
        counter: &Counter,
        takes_back: bool,
    ) -> UpdateItemFluentBuilder {
        let mut set = "SET #password_hash = :new, #valid_from = :valid_from, #changed_in = :session_id \
                       REMOVE #must_change, #in_a_row, #last_at"
            .to_owned();
        let mut condition = "#password_hash = :old".to_owned();
        let mut update = self.update(username);
        if takes_back {
            let (taking_back, adds, is_counted) = counter.taken_back(counter.named(update));
            set = format!("{set} ADD {adds}");
            condition = format!("{condition} AND {is_counted}");
            update = taking_back;
        } else {
            update = counter.named_in_a_row(update);
        }
        update
            .update_expression(set)
            .condition_expression(condition)
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_names("#valid_from", attribute::VALID_FROM)
            .expression_attribute_names("#changed_in", attribute::CHANGED_IN)
            .expression_attribute_names("#must_change", attribute::MUST_CHANGE)
            .expression_attribute_values(":new", S(new.hash.clone()))
            .expression_attribute_values(":valid_from", N(new.valid_from.to_string()))
            .expression_attribute_values(":session_id", S(session_id.to_string()))
            .expression_attribute_values(":old", S(current.password_hash.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

impl NewHash {
    /// Checks whether a refused change is already stored, by an earlier attempt of the SDK whose answer was
    /// lost. The salt makes this hash unique, even for equal passwords.
    fn refused(&self, error: SdkError<UpdateItemError>) -> Result<Changed, StoreError> {
        if let SdkError::ServiceError(service) = &error
            && let UpdateItemError::ConditionalCheckFailedException(failed) = service.err()
        {
            let stored = failed.item().map(Credential::from_item).transpose()?.flatten();
            return Ok(match stored {
                Some(stored) if stored.password_hash == self.hash => Changed::Done,
                stored => Changed::Meanwhile(stored),
            });
        }
        Err(StoreError::unavailable(OPERATION, error))
    }
}
