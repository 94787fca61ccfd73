//! The Consents table: the scopes and resources that users have consented to, by client.

use aws_sdk_dynamodb::{
    Client,
    types::AttributeValue::{N, S, Ss},
};

use super::{Item, Row, StoreError, Table, attribute};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::{ClientId, UserId},
    resource::GrantedResources,
    scope::Scope,
};

/// A user's consent to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The user.
    pub user_id: UserId,
    /// The client.
    pub client_id: ClientId,
    /// Every scope that the user has consented to.
    pub scope: Scope,
    /// The resources that the user has consented to.
    pub resources: GrantedResources,
    /// When the user last consented.
    pub granted_at: Timestamp,
}

impl Consent {
    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the item is not a consent.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Consents", item);
        Ok(Self {
            user_id: row.parsed(attribute::USER_ID, UserId::parse)?,
            client_id: row.parsed(attribute::CLIENT_ID, ClientId::parse)?,
            scope: row.scope(attribute::SCOPE)?,
            resources: GrantedResources::stored(row.texts(attribute::RESOURCES)?),
            granted_at: row.instant(attribute::GRANTED_AT)?,
        })
    }
}

/// The Consents table.
#[derive(Clone, Debug)]
pub struct Consents {
    /// The table itself, for the command line.
    pub table: Table,
}

impl Consents {
    /// Opens the table that `CONSENTS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Ok(Self { table: Table::from_environment(variable::CONSENTS_TABLE, environment, client)? })
    }

    /// The key of a consent's row.
    pub fn key(user_id: &UserId, client_id: &ClientId) -> Item {
        Item::from([
            (attribute::USER_ID.to_owned(), S(user_id.to_string())),
            (attribute::CLIENT_ID.to_owned(), S(client_id.to_string())),
        ])
    }

    /// Returns the user's consent to this client, read consistently.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn find(&self, user_id: &UserId, client_id: &ClientId) -> Result<Option<Consent>, StoreError> {
        let find = self.table.get_item().set_key(Some(Self::key(user_id, client_id)));
        let found = find.consistent_read(true).send().await;
        let found = found.map_err(|e| StoreError::unavailable("GetItem on Consents", e))?;
        found.item.as_ref().map(Consent::from_item).transpose()
    }

    /// Adds scopes and resources to a user's consent.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn add(&self, consent: &Consent) -> Result<(), StoreError> {
        let scope: Vec<String> = consent.scope.tokens().map(str::to_owned).collect();
        let resources = consent.resources.to_stored().unwrap_or_default();
        let mut update = self
            .table
            .update_item()
            .set_key(Some(Self::key(&consent.user_id, &consent.client_id)))
            .expression_attribute_names("#granted_at", attribute::GRANTED_AT)
            .expression_attribute_values(":granted_at", N(consent.granted_at.to_string()));
        let mut added = vec![];
        for (name, texts) in [(attribute::SCOPE, scope), (attribute::RESOURCES, resources)] {
            // DynamoDB can't store or add an empty set.
            if texts.is_empty() {
                continue;
            }
            added.push(format!("#{name} :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), Ss(texts));
        }
        let update = if added.is_empty() {
            update.update_expression("SET #granted_at = :granted_at")
        } else {
            update.update_expression(format!("SET #granted_at = :granted_at ADD {}", added.join(", ")))
        };
        update.send().await.map_err(|e| StoreError::unavailable("UpdateItem on Consents", e))?;
        Ok(())
    }

    /// Deletes all consents of a user, malformed ones too. If the time runs out, the same call again continues
    /// with the rest.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails.
    pub async fn delete_all(&self, user_id: &UserId) -> Result<(), StoreError> {
        let mut start = None;
        loop {
            let query = self
                .table
                .query()
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .key_condition_expression("#user_id = :user_id")
                .expression_attribute_names("#user_id", attribute::USER_ID)
                .expression_attribute_values(":user_id", S(user_id.to_string()));
            let page = query.send().await.map_err(|e| StoreError::unavailable("Query on Consents", e))?;
            for mut item in page.items.unwrap_or_default() {
                item.retain(|name, _| [attribute::USER_ID, attribute::CLIENT_ID].contains(&name.as_str()));
                let delete = self.table.delete_item().set_key(Some(item));
                delete.send().await.map_err(|e| StoreError::unavailable("DeleteItem on Consents", e))?;
            }
            if page.last_evaluated_key.is_none() {
                return Ok(());
            }
            start = page.last_evaluated_key;
        }
    }
}
