//! The single write of a rotation.

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
    resource::WantedResource,
    scope::Scope,
    store::{Session, SessionKey, StoreError, Table, attribute, granted_condition},
    thumbprint::Thumbprint,
    tokens::RefreshToken,
};

const OPERATION: &str = "UpdateItem on Sessions";

/// A rotation to make.
#[derive(Debug)]
pub(crate) struct Rotation<'a> {
    /// The keys that make the tokens.
    pub(crate) keyset: &'a Keyset,
    /// The key of the session's row.
    pub(crate) key: &'a SessionKey,
    /// The token in the request.
    pub(crate) token: &'a RefreshToken,
    /// The token that replaces it.
    pub(crate) successor: &'a RefreshToken,
    pub(crate) client: &'a Client,
    /// The key that the session is or becomes bound to.
    pub(crate) session_jkt: Option<Thumbprint>,
    /// The key that the access token is bound to if the session has none.
    pub(crate) access_jkt: Option<Thumbprint>,
    /// The key of the request's proof.
    pub(crate) proven: Option<Thumbprint>,
    /// A fresh nonce, if a proof was ignored for the lack of one.
    pub(crate) nonce: Option<String>,
    pub(crate) lifetimes: Lifetimes,
    /// The value that recognises a retry of this request.
    pub(crate) retry_key: &'a str,
    /// The scope that the request names, if any.
    pub(crate) scope: Option<&'a Scope>,
    /// The resource that the access token is to be for.
    pub(crate) resource: WantedResource<'a>,
    pub(crate) peer: &'a Peer,
    /// The log of the request.
    pub(crate) log: &'a RequestLog,
    pub(crate) now: Timestamp,
}

/// The outcome of a rotation.
#[derive(Debug)]
pub(crate) enum Rotated {
    /// The rotation succeeded. With the session as it is now.
    Done(Session),
    /// The condition failed. With the session as it was then.
    Refused(Option<Session>),
}

impl Rotation<'_> {
    /// Rotates the session, if the token is its live one and the session may go on. The condition decides
    /// everything, so only one successor lives, whatever happens at the same time.
    pub(crate) async fn write(&self, table: &Table) -> Result<Rotated, StoreError> {
        let mut set = "SET #generation = :next, #rotated_at = :now, #retry_key = :retry_key, \
                       #expires_at = :expires_at"
            .to_owned();
        // An instant beyond `:end` isn't in seconds. Then the session is malformed, and must not be repaired
        // by overwriting it.
        let mut condition = "#generation = :generation \
                             AND #created_at >= :not_before AND #created_at < :end \
                             AND #expires_at > :now AND #expires_at < :end \
                             AND #absolute_expires_at > :now AND #absolute_expires_at < :end"
            .to_owned();
        let mut update = self.update(table);
        // The same write sets the key, so each generation has one successor, which has one key.
        condition += match (self.token.jkt(), self.session_jkt) {
            (Some(_), _) => " AND #jkt = :jkt",
            (None, Some(_)) => {
                set += ", #jkt = :jkt";
                " AND attribute_not_exists(#jkt)"
            }
            (None, None) => " AND attribute_not_exists(#jkt)",
        };
        if let Some(jkt) = self.session_jkt {
            update = update.expression_attribute_values(":jkt", S(jkt.to_string()));
        }
        let last_use =
            [(attribute::ADDRESS, &self.peer.address), (attribute::USER_AGENT, &self.peer.user_agent)];
        for (name, value) in last_use {
            let Some(value) = value else { continue };
            let _ = write!(set, ", #{name} = :{name}");
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), S(value.clone()));
        }
        // In the condition, so that a wrong resource or too wide a scope doesn't use the token up.
        let (is_granted, wanted) = granted_condition(self.resource);
        let _ = write!(condition, " AND {is_granted}");
        update = update
            .expression_attribute_names("#resources", attribute::RESOURCES)
            .expression_attribute_values(":wanted", wanted);
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
            .expression_attribute_names("#jkt", attribute::JKT)
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

    /// Records that the tokens of this rotation, if it succeeded, reached no client. Then a later retry
    /// without an `Idempotency-Key` doesn't count as theft. If this fails too, the error is only logged,
    /// since the store is failing already.
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
            // The rotation failed, or its tokens were used since. There is nothing to record.
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
