//! The operators' access to the Clients table.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{delete_item::DeleteItemError, put_item::PutItemError},
    types::AttributeValue::S,
};
use shared::{
    client::Client,
    environment::variable,
    ids::ClientId,
    store::{Item, Row, StoreError, Table, attribute},
};

use crate::{deployment::Deployment, error::AdminError, update::Change};

/// The Clients table.
#[derive(Clone, Debug)]
pub struct ClientTable(Table);

/// The outcome of registering a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// The client was registered.
    Done,
    /// The identifier is taken.
    Exists,
}

impl ClientTable {
    /// Opens the deployment's table.
    ///
    /// # Errors
    ///
    /// If the deployment doesn't have it.
    pub fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        Ok(Self(deployment.table(variable::CLIENTS_TABLE)?))
    }

    /// Returns the client, if it exists.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn find(&self, client_id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.item(client_id).await?.as_ref().map(Client::from_item).transpose()
    }

    /// Returns the client.
    ///
    /// # Errors
    ///
    /// [`AdminError::NotFound`], if it doesn't exist; another error, if the read fails.
    pub async fn required(&self, client_id: &ClientId) -> Result<Client, AdminError> {
        self.find(client_id).await?.ok_or_else(|| not_found(client_id))
    }

    /// Whether the client exists, even if its record is malformed.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails.
    pub async fn has(&self, client_id: &ClientId) -> Result<bool, StoreError> {
        Ok(self.item(client_id).await?.is_some())
    }

    /// Returns all clients by identifier, or the error of a malformed record.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or an identifier is malformed.
    pub async fn all(&self) -> Result<Vec<(String, Result<Client, StoreError>)>, StoreError> {
        let id = |item| Row::new("Clients", item).text(attribute::CLIENT_ID).map(str::to_owned);
        self.items().await?.iter().map(|item| Ok((id(item)?, Client::from_item(item)))).collect()
    }

    /// Returns the identifiers of all clients, even if their records are malformed.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails.
    pub async fn ids(&self) -> Result<Vec<ClientId>, StoreError> {
        let items = self.items().await?;
        let id = |item| Row::new("Clients", item).parsed(attribute::CLIENT_ID, ClientId::parse);
        items.iter().map(id).collect()
    }

    /// Returns the client's item.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails.
    pub async fn item(&self, client_id: &ClientId) -> Result<Option<Item>, StoreError> {
        let find = self.0.client.get_item().table_name(&self.0.name);
        let find = find.key(attribute::CLIENT_ID, S(client_id.to_string())).consistent_read(true);
        let output = find.send().await.map_err(|e| StoreError::unavailable("GetItem on Clients", e))?;
        Ok(output.item)
    }

    async fn items(&self) -> Result<Vec<Item>, StoreError> {
        let scan = self.0.client.scan().table_name(&self.0.name).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        items.map_err(|e| StoreError::unavailable("Scan on Clients", e))
    }

    /// Registers a client, unless the identifier is taken.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn register(&self, client: &Client) -> Result<Registration, StoreError> {
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(client.to_item()))
            .condition_expression("attribute_not_exists(#client_id)")
            .expression_attribute_names("#client_id", attribute::CLIENT_ID);
        match put.send().await {
            Ok(_) => Ok(Registration::Done),
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), PutItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(Registration::Exists)
            }
            Err(error) => Err(StoreError::unavailable("PutItem on Clients", error)),
        }
    }

    /// Changes a client. Returns `false` if it doesn't exist, or a condition of the change fails.
    pub(crate) async fn change(&self, client_id: &ClientId, change: &Change) -> Result<bool, StoreError> {
        change.apply(&self.0, (attribute::CLIENT_ID, client_id.as_str()), "UpdateItem on Clients").await
    }

    /// Deletes a client. Returns `false` if it doesn't exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn delete(&self, client_id: &ClientId) -> Result<bool, StoreError> {
        let delete = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .key(attribute::CLIENT_ID, S(client_id.to_string()))
            .condition_expression("attribute_exists(#client_id)")
            .expression_attribute_names("#client_id", attribute::CLIENT_ID);
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), DeleteItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable("DeleteItem on Clients", error)),
        }
    }
}

pub(crate) fn not_found(client_id: &ClientId) -> AdminError {
    AdminError::NotFound { kind: "client", name: client_id.to_string() }
}
