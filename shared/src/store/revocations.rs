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

    /// Puts a session on the denylist for as long as its access tokens can live.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn put(
        &self,
        session_id: &SessionId,
        access_ttl: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .client
            .put_item()
            .table_name(&self.0.name)
            .item(attribute::BUCKET, N((now.as_unix() / BUCKET_TTL).to_string()))
            .item(attribute::REVOCATION, S(format!("{now}#{session_id}")))
            .item(attribute::EXPIRES_AT, N((now + access_ttl).to_string()))
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
    /// is there: a retry after one of them failed completes the other.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if either failed; the other has been tried all the same.
    pub async fn revoke(
        &self,
        key: &SessionKey,
        access_ttl: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (denied, deleted) =
            tokio::join!(self.revocations.put(&key.session_id, access_ttl, now), self.sessions.delete(key));
        denied.and(deleted)
    }
    /// The same, one after the other, for a caller that finds the session by reading it: were it deleted first and
    /// the other failed, a retry would not find it any more.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if either failed.
    pub async fn revoke_in_order(
        &self,
        key: &SessionKey,
        access_ttl: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.revocations.put(&key.session_id, access_ttl, now).await?;
        self.sessions.delete(key).await
    }
}
