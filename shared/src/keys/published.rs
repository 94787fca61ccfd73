//! The Keys table: the public halves of the signing keys, for verification.

use aws_sdk_dynamodb::{Client, types::AttributeValue};

use super::Jwk;
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    store::{Item, Row, StoreError, Table, attribute},
};

/// A key that has signed tokens which may still be valid, or will sign some.
#[derive(Clone, Debug)]
pub struct PublishedKey {
    /// The public half.
    pub jwk: Jwk,
    /// When the key was published.
    pub published_at: Timestamp,
    /// When the key's last token has expired; [`PublishedKeys::NEVER`] until another key replaces it.
    pub expires_at: Timestamp,
}

impl PublishedKey {
    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the item is not a published key.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Keys", item);
        Ok(Self {
            jwk: row.parsed(attribute::JWK, |json| serde_json::from_str(json).ok())?,
            published_at: row.instant(attribute::PUBLISHED_AT)?,
            expires_at: row.instant(attribute::EXPIRES_AT)?,
        })
    }
}

/// The Keys table.
#[derive(Clone, Debug)]
pub struct PublishedKeys {
    /// The table itself, for the function that writes it.
    pub table: Table,
}

impl PublishedKeys {
    /// The only partition: keys for signatures (RFC 7517 section 4.2).
    pub const KEY_USE: &str = "sig";

    /// The expiry of a key in use: the last second of the year 9999.
    pub const NEVER: Timestamp = Timestamp::from_unix(Timestamp::END.as_unix() - 1);

    /// Opens the table that `KEYS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::KEYS_TABLE, environment, client)?;
        Ok(Self { table })
    }

    /// All keys, newest first. Expired ones are included until DynamoDB removes them.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the Query fails or an item is malformed.
    pub async fn all(&self) -> Result<Vec<PublishedKey>, StoreError> {
        let mut items = self
            .table
            .query()
            .key_condition_expression("#key_use = :key_use")
            .expression_attribute_names("#key_use", attribute::KEY_USE)
            .expression_attribute_values(":key_use", AttributeValue::S(Self::KEY_USE.to_owned()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut keys = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|e| StoreError::unavailable("Query on Keys", e))?;
            keys.push(PublishedKey::from_item(&item)?);
        }
        keys.sort_by_key(|key| std::cmp::Reverse(key.published_at));
        Ok(keys)
    }
}
