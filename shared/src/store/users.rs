//! The Users table: what goes into a user's tokens, and whether there are any.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use serde_json::{Map, Value};

use super::{Item, Row, StoreError, Table, attribute};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::UserId,
    json::UniqueObject,
    tokens::RESERVED_CLAIMS,
};

/// The most that a user's claims may take, in bytes of JSON: they are in every request, and API Gateway passes on
/// 10,240 bytes of headers in all.
const MAX_CLAIMS_LEN: usize = 4096;

/// A user's record.
#[derive(Clone, Debug)]
pub struct User {
    /// The claims for the access token, without those that only Latchgate sets.
    pub claims: Map<String, Value>,
    disabled: bool,
    not_before: Timestamp,
}

impl User {
    /// Whether a session that was created then may go on: the user is not disabled, and not cut off since.
    pub fn admits(&self, created_at: Timestamp) -> bool {
        !self.disabled && created_at >= self.not_before
    }

    fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Users", item);
        let mut claims = match row.optional_text(attribute::CLAIMS)? {
            None => Map::new(),
            Some(text) => {
                Some(text)
                    .filter(|text| text.len() <= MAX_CLAIMS_LEN)
                    .and_then(|text| UniqueObject::parse(text.as_bytes()).ok())
                    .ok_or_else(|| row.malformed(attribute::CLAIMS))?
                    .0
            }
        };
        claims.retain(|name, _| !RESERVED_CLAIMS.contains(&name.as_str()));
        Ok(Self {
            claims,
            disabled: row.flag(attribute::DISABLED)?,
            not_before: row.optional_instant(attribute::NOT_BEFORE)?.unwrap_or_default(),
        })
    }
}

/// The Users table.
#[derive(Clone, Debug)]
pub struct Users(Table);

impl Users {
    /// The table that `USERS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Table::from_environment(variable::USERS_TABLE, environment, client).map(Self)
    }

    /// The user, read consistently: a disabled user must not get one more token.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn find(&self, user_id: &UserId) -> Result<Option<User>, StoreError> {
        let output = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .key(attribute::USER_ID, AttributeValue::S(user_id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("GetItem on Users", e))?;
        output.item.as_ref().map(User::from_item).transpose()
    }
}
