//! The operators' access to the Consents table.

use aws_sdk_dynamodb::types::{AttributeValue::S, ReturnValue};
use shared::{
    environment::variable,
    ids::UserId,
    store::{Consent, Row, StoreError, Table, attribute},
};

use crate::{deployment::Deployment, error::AdminError};

/// The Consents table.
#[derive(Clone, Debug)]
pub struct ConsentTable(Table);

/// A row of the table.
#[derive(Debug)]
pub struct FoundConsent {
    /// The client's identifier, as stored.
    pub client_id: String,
    /// The user's consent, or the error of a malformed row.
    pub consent: Result<Consent, StoreError>,
}

impl ConsentTable {
    /// Opens the deployment's table. `None`, if the deployment's release has no such table.
    pub fn of(deployment: &Deployment) -> Option<Self> {
        deployment.table(variable::CONSENTS_TABLE).ok().map(Self)
    }

    /// Opens the deployment's table.
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`], if the deployment doesn't have it.
    pub fn required(deployment: &Deployment) -> Result<Self, AdminError> {
        Self::of(deployment).ok_or(AdminError::Refused(
            "this deployment has no table of consents: deploy it from the current template.yaml, or name the \
             table with CONSENTS_TABLE",
        ))
    }

    /// Returns all consents of a user.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the Query fails.
    pub async fn of_user(&self, user_id: &UserId) -> Result<Vec<FoundConsent>, StoreError> {
        let query = self
            .0
            .query()
            .consistent_read(true)
            .key_condition_expression("#user_id = :user_id")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_values(":user_id", S(user_id.to_string()));
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let items = items.map_err(|e| StoreError::unavailable("Query on Consents", e))?;
        let client_id = |item| Row::new("Consents", item).text(attribute::CLIENT_ID).map(str::to_owned);
        items
            .iter()
            .map(|item| Ok(FoundConsent { client_id: client_id(item)?, consent: Consent::from_item(item) }))
            .collect()
    }

    /// Deletes a user's consent to a client. Returns `false` if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn delete(&self, user_id: &UserId, client_id: &str) -> Result<bool, StoreError> {
        let delete = self
            .0
            .delete_item()
            .key(attribute::USER_ID, S(user_id.to_string()))
            .key(attribute::CLIENT_ID, S(client_id.to_owned()))
            .return_values(ReturnValue::AllOld);
        let deleted =
            delete.send().await.map_err(|e| StoreError::unavailable("DeleteItem on Consents", e))?;
        Ok(deleted.attributes.is_some())
    }

    /// Deletes all consents of a user.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a read or a write fails.
    pub async fn delete_all(&self, user_id: &UserId) -> Result<(), StoreError> {
        for found in self.of_user(user_id).await? {
            self.delete(user_id, &found.client_id).await?;
        }
        Ok(())
    }
}
