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
    store::{CLOCK_TOLERANCE, StoreError, WRITE_DELAY, attribute},
};

use crate::{Counter, Credential, Credentials, Username, table::OPERATION};

/// How long after a change is begun somebody may still be let in by the password that it replaces: until it is written,
/// by whichever clock.
const OVERLAP: Duration = Duration::from_secs(WRITE_DELAY.as_secs() + CLOCK_TOLERANCE.as_secs());

/// What became of a change.
pub enum Changed {
    /// The password is the new one.
    Done,
    /// It was replaced after it was verified; with what is stored now, if anything is.
    Meanwhile(Option<Credential>),
}

/// The hash of a password that replaces another.
#[derive(Debug)]
pub struct NewHash {
    pub(crate) hash: String,
    /// Sessions of the new password begin at this instant at the earliest. It is later than any at which somebody was
    /// let in by the old one, and so tells the sessions of the two apart.
    pub valid_from: Timestamp,
}

impl NewHash {
    /// This hash, in the place of `current`.
    pub fn replacing(current: &Credential, hash: String, now: Timestamp) -> Self {
        let after_last = current.valid_from + Duration::from_secs(1);
        Self { hash, valid_from: after_last.max(now + OVERLAP) }
    }
}

impl Credentials {
    /// Replaces the password that was just verified by the one that the user chose in this session, and forgives the
    /// attempt. Not, if it was replaced meanwhile: returned is what replaced it.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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
            // It was the counter, which is gone since: nothing is left to take back.
            Changed::Meanwhile(Some(stored)) if stored.password_hash == current.password_hash => {
                write(false).await
            }
            changed => Ok(changed),
        }
    }

    /// The update; with the attempt taken back, or as if none was counted.
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
    /// What was refused may be stored already: by an earlier attempt of the SDK at this very update, whose answer
    /// was lost. Nobody else has this hash, whatever the password: it is salted.
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
