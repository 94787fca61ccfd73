//! How sessions end: a row on the denylist, and the deletion of the session.

use aws_sdk_dynamodb::Client;
use tokio::task::JoinSet;

use super::{Revocations, SessionKey, Sessions, StoreError};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError},
    stopwatch::alongside,
};

/// How many sessions are ended at the same time when many are.
const BATCH: usize = 16;

/// Ends sessions: their refresh token and their access tokens.
#[derive(Clone, Debug)]
pub struct SessionRevoker {
    sessions: Sessions,
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

    /// Ends all of these as [`Self::revoke_found`] ends one, some at the same time. Those that were ended are returned
    /// even if others could not be.
    ///
    /// # Errors
    ///
    /// [`StoreError`], beside those that were ended, if one could not be.
    ///
    /// # Panics
    ///
    /// If ending one does.
    pub async fn revoke_all(
        &self,
        keys: impl IntoIterator<Item = SessionKey>,
        now: Timestamp,
    ) -> (Vec<SessionKey>, Result<(), StoreError>) {
        let mut keys = keys.into_iter();
        let (mut running, mut ended, mut result) = (JoinSet::new(), Vec::new(), Ok(()));
        loop {
            for key in keys.by_ref().take(BATCH - running.len()) {
                let revoker = self.clone();
                let ending = async move { revoker.revoke_found(&key, now).await.map(|()| key) };
                running.spawn(alongside(ending));
            }
            let Some(one) = running.join_next().await else { return (ended, result) };
            // Unwrap safety: a task that panicked panics here, as it would have without a task.
            match one.expect("ending a session doesn't panic") {
                Ok(key) => ended.push(key),
                Err(error) => result = result.and(Err(error)),
            }
        }
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
