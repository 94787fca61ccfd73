//! The one write of a rotation.

use std::fmt::Write;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{Bool, N, S},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};
use shared::{
    client::Client,
    clock::Timestamp,
    error::chain,
    http::Peer,
    keys::Keyset,
    lifetimes::Lifetimes,
    log::RequestLog,
    scope::Scope,
    store::{Session, SessionKey, StoreError, Table, attribute},
    tokens::RefreshToken,
};

const OPERATION: &str = "UpdateItem on Sessions";

/// A rotation that is wanted.
#[derive(Debug)]
pub(crate) struct Rotation<'a> {
    /// What the tokens are made with.
    pub(crate) keyset: &'a Keyset,
    /// Where the session is.
    pub(crate) key: &'a SessionKey,
    /// The token that was presented.
    pub(crate) token: &'a RefreshToken,
    /// The one that replaces it.
    pub(crate) successor: &'a RefreshToken,
    pub(crate) client: &'a Client,
    pub(crate) lifetimes: Lifetimes,
    /// What a retry of this request can show.
    pub(crate) retry_key: &'a str,
    /// The scope that was asked for, if any was.
    pub(crate) scope: Option<&'a Scope>,
    pub(crate) peer: &'a Peer,
    /// What is known of the request.
    pub(crate) log: &'a RequestLog,
    pub(crate) now: Timestamp,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Rotated {
    /// The session, as it is now.
    Done(Session),
    /// The condition failed; the session, as it was then.
    Refused(Option<Session>),
}

impl Rotation<'_> {
    /// Rotates, if the token is the live one of a session that may go on. Everything that decides is in the
    /// condition, so whatever happens at the same time there is one live successor.
    pub(crate) async fn write(&self, table: &Table) -> Result<Rotated, StoreError> {
        let mut set = "SET #generation = :next, #rotated_at = :now, #retry_key = :retry_key, \
                       #expires_at = :expires_at"
            .to_owned();
        // What is beyond `:end` is no instant in seconds; the session is malformed, and not repaired by overwriting it.
        let mut condition = "#generation = :generation \
                             AND #created_at >= :not_before AND #created_at < :end \
                             AND #expires_at > :now AND #expires_at < :end \
                             AND #absolute_expires_at > :now AND #absolute_expires_at < :end"
            .to_owned();
        let mut update = self.update(table);
        let last_use =
            [(attribute::ADDRESS, &self.peer.address), (attribute::USER_AGENT, &self.peer.user_agent)];
        for (name, value) in last_use {
            let Some(value) = value else { continue };
            let _ = write!(set, ", #{name} = :{name}");
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), S(value.clone()));
        }
        // In the condition, so that too wide a scope is refused without the token being used up.
        for (i, token) in self.scope.into_iter().flat_map(Scope::tokens).enumerate() {
            let _ = write!(condition, " AND contains(#scope, :scope{i})");
            update = update
                .expression_attribute_names("#scope", attribute::SCOPE)
                .expression_attribute_values(format!(":scope{i}"), S(token.to_owned()));
        }
        let update = update.update_expression(set + " REMOVE #undelivered").condition_expression(condition);
        match update.send().await {
            Ok(output) => {
                let item = output.attributes.unwrap_or_default();
                Session::from_item(&item).map(Rotated::Done)
            }
            Err(error) => refused(error),
        }
    }

    /// Whether only its `Idempotency-Key` makes this a retry of the session's last rotation.
    pub(crate) fn is_late_retry_of(&self, session: &Session) -> bool {
        !session.undelivered && self.now.since(session.rotated_at) > self.lifetimes.leeway
    }

    /// The update with the names and values that it always has.
    fn update(&self, table: &Table) -> UpdateItemFluentBuilder {
        let expires_at = self.now + self.lifetimes.idle_ttl;
        table
            .update_item()
            .set_key(Some(self.key.to_item()))
            .expression_attribute_names("#generation", attribute::GENERATION)
            .expression_attribute_names("#rotated_at", attribute::ROTATED_AT)
            .expression_attribute_names("#retry_key", attribute::RETRY_KEY)
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_names("#undelivered", attribute::UNDELIVERED)
            .expression_attribute_names("#absolute_expires_at", attribute::ABSOLUTE_EXPIRES_AT)
            .expression_attribute_names("#created_at", attribute::CREATED_AT)
            .expression_attribute_values(":generation", N(self.token.generation().to_string()))
            .expression_attribute_values(":next", N(self.successor.generation().to_string()))
            .expression_attribute_values(":end", N(Timestamp::END.to_string()))
            .expression_attribute_values(":now", N(self.now.to_string()))
            .expression_attribute_values(":retry_key", S(self.retry_key.to_owned()))
            .expression_attribute_values(":expires_at", N(expires_at.to_string()))
            .expression_attribute_values(":not_before", N(self.client.not_before.to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Notes that this rotation, if it was carried out, brought nobody its tokens, so that a retry without an
    /// `Idempotency-Key`, however late, is not taken for theft. Best effort: the store is failing already.
    pub(crate) async fn mark_undelivered(&self, table: &Table) {
        let marked = table
            .update_item()
            .set_key(Some(self.key.to_item()))
            .update_expression("SET #undelivered = :true")
            .condition_expression("#generation = :next AND #retry_key = :retry_key")
            .expression_attribute_names("#undelivered", attribute::UNDELIVERED)
            .expression_attribute_names("#generation", attribute::GENERATION)
            .expression_attribute_names("#retry_key", attribute::RETRY_KEY)
            .expression_attribute_values(":true", Bool(true))
            .expression_attribute_values(":next", N(self.successor.generation().to_string()))
            .expression_attribute_values(":retry_key", S(self.retry_key.to_owned()))
            .send()
            .await;
        match marked {
            Ok(_) => {}
            // It was not carried out, or has been used since: nothing to note.
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {}
            Err(error) => {
                let error = StoreError::unavailable(OPERATION, error);
                tracing::warn!(reason = chain(&error), "a rotation without tokens could not be marked");
            }
        }
    }
}

fn refused(error: SdkError<UpdateItemError>) -> Result<Rotated, StoreError> {
    if let SdkError::ServiceError(service) = &error
        && let UpdateItemError::ConditionalCheckFailedException(failed) = service.err()
    {
        let stored = failed.item().filter(|item| !item.is_empty());
        return stored.map(Session::from_item).transpose().map(Rotated::Refused);
    }
    Err(StoreError::unavailable(OPERATION, error))
}
