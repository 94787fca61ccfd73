//! Replaces a session with another after a change of password.
//!
//! The change first claims the session. From then on its own cut-off doesn't end the session, and the claim
//! tells two simultaneous changes apart. Any other request that ends the session also removes the claim.
//! Finally the change ends the session, or sets a later end. If the session is gone by then, another request
//! has ended it, and its replacement must not live.

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
use crate::{clock::Timestamp, thumbprint::Thumbprint};

const OPERATION: &str = "UpdateItem on Sessions";

/// The claim of a change of password to a session.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The session to replace.
    pub session: &'a SessionKey,
    /// The random mark of this change.
    pub change: &'a str,
    /// The session's new `created_at`, which keeps it out of the change's own cut-off.
    pub created_at: Timestamp,
    /// When the session ends at the latest, even if the change fails half-way.
    pub ends_at: Timestamp,
}

/// The item of a claimed session, as it was before the claim.
#[derive(Clone, Debug)]
pub struct Claimed(Item);

impl Claimed {
    /// The name of the session that an earlier request has already put in its place.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the attribute is malformed.
    pub fn successor(&self) -> Result<Option<&str>, StoreError> {
        Row::new("Sessions", &self.0).optional_text(attribute::SUCCESSOR)
    }

    /// The key that the session was bound to when it was claimed: a refresh may have bound it just before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the attribute is malformed.
    pub fn jkt(&self) -> Result<Option<Thumbprint>, StoreError> {
        Row::new("Sessions", &self.0).optional_parsed(attribute::JKT, Thumbprint::parse)
    }

    /// Whether the session had a successor, and another request is now ending it early.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the attribute is malformed.
    pub fn is_being_ended(&self) -> Result<bool, StoreError> {
        Ok(self.successor()?.is_some() && !self.0.contains_key(attribute::PASSWORD_CHANGE))
    }

    /// The mark of an earlier change that had claimed the session, and failed or is still under way. `None`
    /// for a malformed mark, which the new claim has overwritten.
    pub fn superseded(&self) -> Option<&str> {
        Row::new("Sessions", &self.0).optional_text(attribute::PASSWORD_CHANGE).ok().flatten()
    }
}

/// The outcome of ending a claimed session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimEnd {
    /// This change has ended it.
    Ended,
    /// Another change has claimed it meanwhile, and ends it.
    ClaimedAgain,
    /// Another request has ended it, or is ending it.
    Gone,
}

/// A session that ends later, and its successor.
#[derive(Clone, Copy, Debug)]
pub struct Replacement<'a> {
    /// The session that ends.
    pub session: &'a SessionKey,
    /// The name of the session that replaces it.
    pub successor: &'a str,
    /// When the request began.
    pub now: Timestamp,
    /// When the old session ends.
    pub ends_at: Timestamp,
}

/// The outcome of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The session has this successor now, and ends as set.
    Now,
    /// The session already had this successor.
    Before(String),
    /// Another request has ended it, or is ending it.
    Gone,
}

impl SessionRevoker {
    /// Claims a session for a change of password and sets its end, in one write. Returns `None` if the
    /// session is over or ending, or a later change has claimed it. A later claim replaces this one. A
    /// session with a successor can be claimed until it ends: [`Claimed::is_being_ended`].
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails or the stored end is malformed.
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
            // Another request has just set this end. A claim never postpones it.
            ends_at = ends_before;
        }
    }

    fn claim_until(&self, claim: &Claim<'_>, ends_at: Timestamp, now: Timestamp) -> UpdateItemFluentBuilder {
        bounded(self.sessions.table.update_item(), now)
            .set_key(Some(claim.session.to_item()))
            .update_expression(
                "SET #password_change = :change, #created_at = :created_at, #absolute_expires_at = :ends_at",
            )
            // A session with a mark but no claim is being ended by another request.
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

    /// Ends a claimed session like [`Self::revoke`]: mark, deny, delete. It does nothing if another change
    /// has claimed the session, or another request is ending it.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a step fails.
    pub async fn revoke_claimed(
        &self,
        claim: &Claim<'_>,
        now: Timestamp,
        on_denied: impl FnOnce(&SessionKey),
    ) -> Result<ClaimEnd, StoreError> {
        let ended_at = match self.mark(claim.session, Mark::Claimed(claim.change), now).await? {
            Marked::At(ended_at) => ended_at,
            Marked::Gone => return Ok(ClaimEnd::Gone),
            Marked::ClaimedSince(_) => return Ok(ClaimEnd::ClaimedAgain),
        };
        self.revocations.put(&claim.session.session_id, ended_at).await?;
        on_denied(claim.session);
        let deleted = self
            .sessions
            .table
            .delete_item()
            .set_key(Some(claim.session.to_item()))
            // Without a claim, another request is ending the session too, but may fail before it deletes it.
            .condition_expression("attribute_not_exists(#password_change) OR #password_change = :change")
            .expression_attribute_names("#password_change", attribute::PASSWORD_CHANGE)
            .expression_attribute_values(":change", S(claim.change.to_owned()))
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(ClaimEnd::Ended),
            // The session is gone, or claimed again.
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), DeleteItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(ClaimEnd::Ended)
            }
            Err(error) => Err(StoreError::unavailable("DeleteItem on Sessions", error)),
        }
    }

    /// Sets the end of a session and its tokens, and names its `successor`. Until then the session works as
    /// before. If it has a successor already, its end stays, but its denylist row is written again, since an
    /// earlier request may have failed before that. A session that is over or ending stays so.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a step fails.
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
