//! A session that another takes the place of, after a change of password.
//!
//! First the change claims the session: from then on no cut-off of this change ends it, and the claim tells two requests for a change from
//! each other. Whoever else ends the session takes the claim away with the mark. Last, it ends the session, or lets it end later. If the session is gone by then, somebody else has ended it, and the one
//! that was to take its place must not live.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{
        delete_item::DeleteItemError,
        update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    },
    types::{
        AttributeValue::{N, S},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};

use super::{
    Item, Row, SessionKey, SessionRevoker, StoreError, attribute,
    session_revoker::{JUST_NOW, Mark, Marked, bounded},
};
use crate::clock::Timestamp;

const OPERATION: &str = "UpdateItem on Sessions";

/// A change of password that is to replace a session.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The session.
    pub session: &'a SessionKey,
    /// What names the change: random, another for each request.
    pub change: &'a str,
    /// What the session counts as created at, so that the change's cut-off doesn't reach it.
    pub created_at: Timestamp,
    /// When the session ends at the latest, even if the change fails half-way and nobody completes it.
    pub ends_at: Timestamp,
}

/// A session that was claimed, as it was before.
#[derive(Clone, Debug)]
pub struct Claimed(Item);

impl Claimed {
    /// What names the session that takes its place already, by an earlier request.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`]
    pub fn successor(&self) -> Result<Option<&str>, StoreError> {
        Row::new("Sessions", &self.0).optional_text(attribute::SUCCESSOR)
    }

    /// Whether it had a successor, and somebody is ending it before it was to end.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`]
    pub fn is_being_ended(&self) -> Result<bool, StoreError> {
        Ok(self.successor()?.is_some() && !self.0.contains_key(attribute::PASSWORD_CHANGE))
    }

    /// What names the change that had claimed it before: of an earlier request, which failed or is under way. What is
    /// malformed was none; the claim has overwritten it.
    pub fn superseded(&self) -> Option<&str> {
        Row::new("Sessions", &self.0).optional_text(attribute::PASSWORD_CHANGE).ok().flatten()
    }
}

/// What became of the end of a claimed session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimEnd {
    /// It is over, by this change.
    Ended,
    /// Another request has claimed it since, and ends it.
    ClaimedAgain,
    /// It was over before, or its end is under way: by somebody else.
    Gone,
}

/// A session that ends later, and the one that takes its place.
#[derive(Clone, Copy, Debug)]
pub struct Replacement<'a> {
    /// The one that ends.
    pub session: &'a SessionKey,
    /// What names the one that goes on.
    pub successor: &'a str,
    /// When the request began.
    pub now: Timestamp,
    /// When the one that ends does.
    pub ends_at: Timestamp,
}

/// What became of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The session ends at that instant.
    Now,
    /// It had this successor already.
    Before(String),
    /// It was over before, or its end is under way: by somebody else.
    Gone,
}

impl SessionRevoker {
    /// Claims a session for a change of password, and sets its end: one write. Returns `None` if the session is over, if its end
    /// is under way, or if a later change has claimed it. A later claim replaces this one. A session with a successor may be
    /// claimed until it is over: [`Claimed::is_being_ended`].
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn claim(&self, claim: &Claim<'_>, now: Timestamp) -> Result<Option<Claimed>, StoreError> {
        let mut ends_at = claim.ends_at;
        loop {
            let error = match self.claim_until(claim, ends_at, now).send().await {
                Ok(output) => return Ok(Some(Claimed(output.attributes.unwrap_or_default()))),
                Err(error) => error,
            };
            let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
            else {
                return Err(StoreError::unavailable(OPERATION, error));
            };
            let Some(stored) = failed.item().filter(|item| !item.is_empty()) else { return Ok(None) };
            let ends_before = Row::new("Sessions", stored).instant(attribute::ABSOLUTE_EXPIRES_AT)?;
            if ends_before >= ends_at {
                return Ok(None);
            }
            // By another request of a moment ago. No claim puts the end off.
            ends_at = ends_before;
        }
    }

    fn claim_until(&self, claim: &Claim<'_>, ends_at: Timestamp, now: Timestamp) -> UpdateItemFluentBuilder {
        bounded(self.sessions.table.update_item(), now)
            .set_key(Some(claim.session.to_item()))
            .update_expression(
                "SET #password_change = :change, #created_at = :created_at, #absolute_expires_at = :ends_at",
            )
            // A mark without a claim is that of somebody who ends the session.
            .condition_expression(format!(
                "attribute_exists(#user_id) AND #created_at <= :created_at AND #absolute_expires_at >= :ends_at \
                 AND (attribute_exists(#password_change) OR attribute_exists(#successor) OR NOT ({JUST_NOW}))"
            ))
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#successor", attribute::SUCCESSOR)
            .expression_attribute_names("#ended_at", attribute::ENDED_AT)
            .expression_attribute_names("#password_change", attribute::PASSWORD_CHANGE)
            .expression_attribute_names("#created_at", attribute::CREATED_AT)
            .expression_attribute_names("#absolute_expires_at", attribute::ABSOLUTE_EXPIRES_AT)
            .expression_attribute_values(":change", S(claim.change.to_owned()))
            .expression_attribute_values(":created_at", N(claim.created_at.to_string()))
            .expression_attribute_values(":ends_at", N(ends_at.to_string()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Ends a claimed session as [`Self::revoke`] ends any: mark, deny, delete; unless it was claimed again, since whoever did
    /// so ends it, or somebody else is ending it.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a step failed.
    pub async fn revoke_claimed(
        &self,
        claim: &Claim<'_>,
        now: Timestamp,
        on_denied: impl FnOnce(&SessionKey),
    ) -> Result<ClaimEnd, StoreError> {
        let ended_at = match self.mark(claim.session, Mark::Claimed(claim.change), now).await? {
            Marked::At(ended_at) => ended_at,
            Marked::Gone => return Ok(ClaimEnd::Gone),
            Marked::ClaimedAgain => return Ok(ClaimEnd::ClaimedAgain),
        };
        self.revocations.put(&claim.session.session_id, ended_at).await?;
        on_denied(claim.session);
        let deleted = self
            .sessions
            .table
            .delete_item()
            .set_key(Some(claim.session.to_item()))
            // Without a claim somebody else is ending it too, and may not come that far.
            .condition_expression("attribute_not_exists(#password_change) OR #password_change = :change")
            .expression_attribute_names("#password_change", attribute::PASSWORD_CHANGE)
            .expression_attribute_values(":change", S(claim.change.to_owned()))
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(ClaimEnd::Ended),
            // Gone meanwhile, or claimed again.
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), DeleteItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(ClaimEnd::Ended)
            }
            Err(error) => Err(StoreError::unavailable("DeleteItem on Sessions", error)),
        }
    }

    /// Sets the end of a session, with its refresh token and its access tokens, and names its `successor`. Until then the
    /// session works as before. If it has a successor already, its end stays. Its denylist row is written again, because an
    /// earlier request may have failed before it. A session that is over, or whose end is under way, stays so.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a step failed.
    pub async fn replace(&self, replacement: &Replacement<'_>) -> Result<Replaced, StoreError> {
        let Replacement { session, successor, now, ends_at } = *replacement;
        let number = |instant: Timestamp| N(instant.to_string());
        let update = self
            .sessions
            .table
            .update_item()
            .set_key(Some(session.to_item()))
            .update_expression(
                "SET #successor = :successor, #ended_at = :now, \
                 #expires_at = :ends_at, #absolute_expires_at = :ends_at",
            )
            .condition_expression("attribute_exists(#password_change) AND attribute_not_exists(#successor)")
            .expression_attribute_names("#password_change", attribute::PASSWORD_CHANGE)
            .expression_attribute_names("#successor", attribute::SUCCESSOR)
            .expression_attribute_names("#ended_at", attribute::ENDED_AT)
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_names("#absolute_expires_at", attribute::ABSOLUTE_EXPIRES_AT)
            .expression_attribute_values(":successor", S(successor.to_owned()))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":ends_at", number(ends_at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = update else {
            self.revocations.put_later(&session.session_id, now, ends_at).await?;
            return Ok(Replaced::Now);
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
            return Err(StoreError::unavailable(OPERATION, error));
        };
        let Some(stored) = failed.item().filter(|item| !item.is_empty()) else {
            return Ok(Replaced::Gone);
        };
        if !stored.contains_key(attribute::PASSWORD_CHANGE) {
            return Ok(Replaced::Gone);
        }
        let row = Row::new("Sessions", stored);
        let ends_at = row.instant(attribute::ABSOLUTE_EXPIRES_AT)?;
        if let Marked::At(ended_at) = self.mark(session, Mark::Repeated, now).await? {
            self.revocations.put_later(&session.session_id, ended_at, ends_at).await?;
        }
        Ok(Replaced::Before(row.text(attribute::SUCCESSOR)?.to_owned()))
    }
}
