//! The operators' access to the Sessions table.

use aws_sdk_dynamodb::types::AttributeValue::S;
use shared::{
    environment::variable,
    ids::{ClientId, UserId},
    store::{FoundSession, Sessions, StoreError, Table, attribute},
};

use crate::{deployment::Deployment, error::AdminError};

/// The owner of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A user.
    User(UserId),
    /// A user on one client.
    UserOn(UserId, ClientId),
    /// A client, for all users.
    Client(ClientId),
    /// All users.
    Everybody,
}

/// The Sessions table.
#[derive(Clone, Debug)]
pub struct SessionTable(Table);

impl SessionTable {
    /// Opens the deployment's table.
    ///
    /// # Errors
    ///
    /// If the deployment doesn't have it.
    pub fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        Ok(Self(deployment.table(variable::SESSIONS_TABLE)?))
    }

    /// Passes these sessions on, page by page. A user's come from a Query, a client's from a Scan of all.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if reading fails, or the receiver does.
    pub async fn each_page(
        &self,
        whose: &Whose,
        mut take: impl AsyncFnMut(Vec<FoundSession>) -> Result<Enough, AdminError>,
    ) -> Result<(), AdminError> {
        if let Whose::User(user_id) | Whose::UserOn(user_id, _) = whose {
            let mut found = Sessions { table: self.0.clone() }.of_user(user_id).await?;
            if let Whose::UserOn(_, client_id) = whose {
                found.retain(|found| found.key.client_id == *client_id);
            }
            take(found).await?;
            return Ok(());
        }
        let mut scan = self.0.client.scan().table_name(&self.0.name).consistent_read(true);
        if let Whose::Client(client_id) = whose {
            scan = scan
                .filter_expression("begins_with(#session_key, :prefix)")
                .expression_attribute_names("#session_key", attribute::SESSION_KEY)
                .expression_attribute_values(":prefix", S(format!("{client_id}#")));
        }
        let mut pages = scan.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| StoreError::unavailable("Scan on Sessions", e))?;
            let found = page.items().iter().map(FoundSession::from_item).collect::<Result<Vec<_>, _>>()?;
            if take(found).await? == Enough::Yes {
                break;
            }
        }
        Ok(())
    }
}

/// Whether to stop before the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// Stop.
    Yes,
    /// Continue.
    No,
}
