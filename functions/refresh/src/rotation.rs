//! The one write of a rotation.

use std::fmt::Write;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{
        AttributeValue::{Bool, N, S},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};
use shared::{
    clock::Timestamp,
    http::{Origin, chain},
    lifetimes::Lifetimes,
    scope::Scope,
    store::{Session, SessionKey, StoreError, Table, attribute},
};

const OPERATION: &str = "UpdateItem on Sessions";

/// A rotation that is wanted.
#[derive(Debug)]
pub(crate) struct Rotation<'a> {
    pub(crate) key: &'a SessionKey,
    /// The generation of the token that was presented.
    pub(crate) generation: u32,
    /// That of its successor.
    pub(crate) next_generation: u32,
    pub(crate) retry_key: &'a str,
    pub(crate) scope: Option<&'a Scope>,
    pub(crate) not_before: Timestamp,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) origin: &'a Origin,
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
        // An end beyond `:end` is no instant in seconds; the session is malformed, and not repaired by overwriting it.
        let mut condition = "#generation = :generation AND #created_at >= :not_before \
                             AND #expires_at > :now AND #expires_at < :end \
                             AND #absolute_expires_at > :now AND #absolute_expires_at < :end"
            .to_owned();
        let mut update = table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(self.key.to_item()))
            .expression_attribute_names("#generation", attribute::GENERATION)
            .expression_attribute_names("#rotated_at", attribute::ROTATED_AT)
            .expression_attribute_names("#retry_key", attribute::RETRY_KEY)
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_names("#undelivered", attribute::UNDELIVERED)
            .expression_attribute_names("#absolute_expires_at", attribute::ABSOLUTE_EXPIRES_AT)
            .expression_attribute_names("#created_at", attribute::CREATED_AT)
            .expression_attribute_values(":generation", N(self.generation.to_string()))
            .expression_attribute_values(":next", N(self.next_generation.to_string()))
            .expression_attribute_values(":end", N(Timestamp::END.to_string()))
            .expression_attribute_values(":now", N(self.now.to_string()))
            .expression_attribute_values(":retry_key", S(self.retry_key.to_owned()))
            .expression_attribute_values(":expires_at", N((self.now + self.lifetimes.idle_ttl).to_string()))
            .expression_attribute_values(":not_before", N(self.not_before.to_string()));

        let last_use =
            [(attribute::ADDRESS, &self.origin.address), (attribute::USER_AGENT, &self.origin.user_agent)];
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

        let result = update
            .update_expression(set + " REMOVE #undelivered")
            .condition_expression(condition)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(output) => {
                let item = output.attributes.unwrap_or_default();
                Session::from_item(&item).map(Rotated::Done)
            }
            Err(error) => refused(error),
        }
    }

    /// Notes that this rotation was carried out and its tokens never left, so that a retry without an `Idempotency-Key`,
    /// however late, is not taken for theft. Best effort: the store is failing already.
    pub(crate) async fn mark_undelivered(&self, table: &Table) {
        let marked = table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(self.key.to_item()))
            .update_expression("SET #undelivered = :true")
            .condition_expression("#generation = :next AND #retry_key = :retry_key")
            .expression_attribute_names("#undelivered", attribute::UNDELIVERED)
            .expression_attribute_names("#generation", attribute::GENERATION)
            .expression_attribute_names("#retry_key", attribute::RETRY_KEY)
            .expression_attribute_values(":true", Bool(true))
            .expression_attribute_values(":next", N(self.next_generation.to_string()))
            .expression_attribute_values(":retry_key", S(self.retry_key.to_owned()))
            .send()
            .await;
        if let Err(error) = marked {
            let error = StoreError::unavailable(OPERATION, error);
            tracing::warn!(reason = chain(&error), "a rotation without tokens could not be marked");
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
