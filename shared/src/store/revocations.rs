//! The Revocations table: the denylist of sessions whose access tokens may still be out.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    types::AttributeValue::{N, S},
};

use super::{SessionKey, Sessions, StoreError, Table, attribute};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::SessionId,
    lifetimes,
};

/// Seconds in a bucket, so that what is new can be queried without a scan.
const BUCKET_TTL: u64 = 60;

/// The Revocations table.
#[derive(Clone, Debug)]
pub struct Revocations(Table);

impl Revocations {
    /// The table that `REVOCATIONS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Table::from_environment(variable::REVOCATIONS_TABLE, environment, client).map(Self)
    }

    /// Puts a session on the denylist, for as long as any access token can live: which lifetime those that are out
    /// were issued with, before the client's or the deployment's was changed, is known to nobody.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn put(&self, session_id: &SessionId, now: Timestamp) -> Result<(), StoreError> {
        let expires_at = now + Duration::from_secs(*lifetimes::ACCESS_TTL.end());
        self.0
            .client
            .put_item()
            .table_name(&self.0.name)
            .item(attribute::BUCKET, N((now.as_unix() / BUCKET_TTL).to_string()))
            .item(attribute::REVOCATION, S(format!("{now}#{session_id}")))
            .item(attribute::EXPIRES_AT, N(expires_at.to_string()))
            .send()
            .await
            .map_err(|e| StoreError::unavailable("PutItem on Revocations", e))?;
        Ok(())
    }
}

/// Ends sessions: their refresh token and their access tokens.
#[derive(Clone, Debug)]
pub struct SessionRevoker {
    /// Where the sessions are.
    pub sessions: Sessions,
    revocations: Revocations,
}

impl SessionRevoker {
    /// Over the tables that the variables name.
    ///
    /// # Errors
    ///
    /// If a variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let sessions = Sessions::new(environment, client)?;
        Ok(Self { sessions, revocations: Revocations::new(environment, client)? })
    }

    /// Writes the denylist row and deletes the session, side by side and both every time, whether or not the session
    /// is there. For a caller that has the key from the token: its retry completes what failed.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if either failed; the other has been tried all the same.
    pub async fn revoke(&self, key: &SessionKey, now: Timestamp) -> Result<(), StoreError> {
        let (denied, deleted) =
            tokio::join!(self.revocations.put(&key.session_id, now), self.sessions.delete(key));
        denied.and(deleted)
    }

    /// The same, one after the other. For a caller that found the session in the table: were it deleted and the other
    /// failed, a retry would not find it any more.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if either failed.
    pub async fn revoke_found(&self, key: &SessionKey, now: Timestamp) -> Result<(), StoreError> {
        self.revocations.put(&key.session_id, now).await?;
        self.sessions.delete(key).await
    }
}
