//! The Users table: the claims for users' tokens, and whether users may get tokens.

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    types::AttributeValue::{self, Bool, N, S},
};
use serde_json::{Map, Value};

use super::{Item, Row, StoreError, Table, attribute};
use crate::{
    claims::RESERVED_CLAIMS,
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::UserId,
    json::parse_exact,
};

/// A user's record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    /// The user name of the credential, if there is one.
    pub username: Option<String>,
    /// The claims for the access token, without those that only Latchgate sets.
    pub claims: Map<String, Value>,
    /// Whether no more tokens are issued.
    pub disabled: bool,
    /// Sessions created before this instant are over.
    pub not_before: Timestamp,
}

impl User {
    /// The longest claims of a user, in bytes of JSON. Every request contains them, and API Gateway passes on
    /// at most 10,240 bytes of headers.
    pub const MAX_CLAIMS_LEN: usize = 4096;

    /// Whether a session with this `created_at` may go on: the user is not disabled, and no later cut-off
    /// ended it.
    pub fn admits(&self, created_at: Timestamp) -> bool {
        !self.disabled && created_at >= self.not_before
    }

    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if it is not a user.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Users", item);
        let mut claims = match row.optional_text(attribute::CLAIMS)? {
            None => Map::new(),
            Some(text) => {
                Some(text)
                    .filter(|text| text.len() <= Self::MAX_CLAIMS_LEN)
                    // Claims that can't be kept exactly are refused: the token would differ from the record.
                    .and_then(|text| parse_exact(text.as_bytes(), usize::MAX).ok())
                    .ok_or_else(|| row.malformed(attribute::CLAIMS))?
            }
        };
        claims.retain(|name, _| !RESERVED_CLAIMS.contains(&name.as_str()));
        Ok(Self {
            username: row.optional_text(attribute::USERNAME)?.map(str::to_owned),
            claims,
            disabled: row.flag(attribute::DISABLED)?,
            not_before: row.optional_instant(attribute::NOT_BEFORE)?.unwrap_or_default(),
        })
    }

    /// The user as an item. Absent values are left out.
    pub fn to_item(&self, user_id: &UserId) -> Item {
        let not_before = (self.not_before > Timestamp::default()).then(|| N(self.not_before.to_string()));
        let claims = (!self.claims.is_empty()).then(|| S(Value::Object(self.claims.clone()).to_string()));
        let attributes = [
            (attribute::USER_ID, Some(S(user_id.to_string()))),
            (attribute::USERNAME, self.username.clone().map(S)),
            (attribute::CLAIMS, claims),
            (attribute::DISABLED, self.disabled.then_some(Bool(true))),
            (attribute::NOT_BEFORE, not_before),
        ];
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// The Users table.
#[derive(Clone, Debug)]
pub struct Users {
    /// The table itself, for code that writes users.
    pub table: Table,
}

impl Users {
    /// Opens the table that `USERS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::USERS_TABLE, environment, client)?;
        Ok(Self { table })
    }

    /// Sets the user's `not_before`, so that refresh tokens of sessions created before it no longer work. A
    /// later `not_before` stays.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn cut_off(&self, user_id: &UserId, not_before: Timestamp) -> Result<(), StoreError> {
        let update = self
            .table
            .update_item()
            .key(attribute::USER_ID, AttributeValue::S(user_id.to_string()))
            .update_expression("SET #not_before = :not_before")
            // This must not recreate a user who was deleted meanwhile.
            .condition_expression(
                "attribute_exists(#user_id) \
                 AND (attribute_not_exists(#not_before) OR #not_before < :not_before)",
            )
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#not_before", attribute::NOT_BEFORE)
            .expression_attribute_values(":not_before", N(not_before.to_string()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(StoreError::unavailable("UpdateItem on Users", error)),
        }
    }

    /// Returns the user, read consistently: a disabled user must not get another token.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn find(&self, user_id: &UserId) -> Result<Option<User>, StoreError> {
        let output = self
            .table
            .get_item()
            .key(attribute::USER_ID, AttributeValue::S(user_id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("GetItem on Users", e))?;
        output.item.as_ref().map(User::from_item).transpose()
    }
}
