//! The Clients table, as operators write it.

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

/// What became of a client that was to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// It is.
    Done,
    /// There is one of this identifier.
    Exists,
}

impl ClientTable {
    /// That of the deployment.
    ///
    /// # Errors
    ///
    /// If the deployment has none.
    pub fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        Ok(Self(deployment.table(variable::CLIENTS_TABLE)?))
    }

    /// The client, if there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn find(&self, client_id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.item(client_id).await?.as_ref().map(Client::from_item).transpose()
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`AdminError::NotFound`], if there is none.
    pub async fn required(&self, client_id: &ClientId) -> Result<Client, AdminError> {
        self.find(client_id).await?.ok_or_else(|| not_found(client_id))
    }

    /// Whether there is such a client, be its record readable or not.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn has(&self, client_id: &ClientId) -> Result<bool, StoreError> {
        Ok(self.item(client_id).await?.is_some())
    }

    /// All clients by their identifiers; where a record can't be read, why.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn all(&self) -> Result<Vec<(String, Result<Client, StoreError>)>, StoreError> {
        let id = |item| Row::new("Clients", item).text(attribute::CLIENT_ID).map(str::to_owned);
        self.items().await?.iter().map(|item| Ok((id(item)?, Client::from_item(item)))).collect()
    }

    /// The identifiers of all clients, be their records readable or not.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn ids(&self) -> Result<Vec<ClientId>, StoreError> {
        let items = self.items().await?;
        let id = |item| Row::new("Clients", item).parsed(attribute::CLIENT_ID, ClientId::parse);
        items.iter().map(id).collect()
    }

    /// The client's item as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

    /// Registers a client, unless there is one of its identifier.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

    /// Changes a client. Not, if it isn't there, or a condition of the change fails.
    pub(crate) async fn change(&self, client_id: &ClientId, change: &Change) -> Result<bool, StoreError> {
        change.apply(&self.0, (attribute::CLIENT_ID, client_id.as_str()), "UpdateItem on Clients").await
    }

    /// Deletes a client. Not, if it isn't there.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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
