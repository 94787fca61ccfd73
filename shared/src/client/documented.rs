//! The rows of clients that describe themselves at a URL. A user's consent creates such a row.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{N, S};

use super::{Client, Clients};
use crate::{
    clock::Timestamp,
    store::{StoreError, attribute},
};

/// The attributes that come from a client's document. The operator sets all others.
const OF_DOCUMENT: [&str; 9] = [
    attribute::DOCUMENT_URL,
    attribute::NAME,
    attribute::KIND,
    attribute::SCOPE,
    attribute::DPOP,
    attribute::REDIRECT_URIS,
    attribute::POST_LOGOUT_REDIRECT_URIS,
    attribute::FIRST_PARTY,
    attribute::EXPIRES_AT,
];

impl Clients {
    /// Stores the metadata of a client's document until its sessions must have ended. If an operator has
    /// disabled the client or ended its sessions, the row never expires: a disabled client would otherwise
    /// return as a new one.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn keep_documented(&self, client: &Client, until: Timestamp) -> Result<(), StoreError> {
        let mut values = client.to_item();
        let is_decided = client.disabled || client.not_before > Timestamp::default();
        if !is_decided {
            values.insert(attribute::EXPIRES_AT.to_owned(), N(until.to_string()));
        }
        let (set, removed): (Vec<_>, Vec<_>) =
            OF_DOCUMENT.into_iter().partition(|name| values.contains_key(*name));
        let assigned: Vec<_> = set.iter().map(|name| format!("#{name} = :{name}")).collect();
        let gone: Vec<_> = removed.iter().map(|name| format!("#{name}")).collect();
        let mut expression = format!("SET {}", assigned.join(", "));
        if !gone.is_empty() {
            expression = format!("{expression} REMOVE {}", gone.join(", "));
        }
        let names = OF_DOCUMENT.map(|name| (format!("#{name}"), name.to_owned()));
        let values: HashMap<_, _> =
            set.iter().filter_map(|name| Some((format!(":{name}"), values.remove(*name)?))).collect();
        let update = self
            .table
            .update_item()
            .key(attribute::CLIENT_ID, S(client.client_id.to_string()))
            .update_expression(expression)
            .set_expression_attribute_names(Some(names.into()))
            .set_expression_attribute_values(Some(values));
        update.send().await.map_err(|e| StoreError::unavailable("UpdateItem on Clients", e))?;
        Ok(())
    }
}
