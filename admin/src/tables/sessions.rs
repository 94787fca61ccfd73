//! The Sessions table, beyond what the functions read of it.

use aws_sdk_dynamodb::types::AttributeValue::S;
use shared::{
    environment::variable,
    ids::{ClientId, UserId},
    store::{FoundSession, Sessions, StoreError, Table, attribute},
};

use crate::{deployment::Deployment, error::AdminError};

/// Whose sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A user's.
    User(UserId),
    /// A user's on one client.
    UserOn(UserId, ClientId),
    /// Those on a client, whoever's.
    Client(ClientId),
    /// Everybody's.
    Everybody,
}

/// The Sessions table.
#[derive(Clone, Debug)]
pub struct SessionTable(Table);

impl SessionTable {
    /// That of the deployment.
    ///
    /// # Errors
    ///
    /// If the deployment has none.
    pub fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        Ok(Self(deployment.table(variable::SESSIONS_TABLE)?))
    }

    /// Hands these sessions over, page by page: a user's in one go, a client's out of a Scan of all.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if they can't be read, or what they are handed to fails.
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

/// Whether no further page is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    /// None is.
    Yes,
    /// Go on.
    No,
}
