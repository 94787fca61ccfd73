//! The Revocations table: the denylist of sessions whose access tokens may still be out.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    types::AttributeValue::{N, S},
};

use tokio::task::JoinSet;

use super::{Item, Row, SessionKey, Sessions, StoreError, Table, attribute};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::SessionId,
    lifetimes,
    stopwatch::alongside,
};

/// Seconds in a bucket: so few buckets that whoever starts can query all that is relevant, each a partition of its own.
const BUCKET_TTL: u64 = 3600;

/// By how much two clocks of AWS may differ. They are within milliseconds of each other; this is the stated tolerance.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// How long after the instant that it carries a row may be written: a function's time is up then (template.yaml,
/// `Timeout`), and a row carries the instant at which its request began.
pub const WRITE_DELAY: Duration = Duration::from_secs(10);

/// A session whose access tokens are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The session, as [`SessionId::to_bytes`] has it: there may be a hundred thousand of these at once.
    pub session: [u8; 16],
    /// When no access token of it can be valid any more.
    pub expires_at: Timestamp,
}

impl Revocation {
    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if it is not one of ours.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Revocations", item);
        let (revoked_at, session) = row.parsed(attribute::REVOCATION, |sort| {
            let (instant, session) = sort.split_once('#')?;
            Some((Timestamp::from_unix(instant.parse().ok()?), SessionId::parse(session)?.to_bytes()))
        })?;
        let expires_at = row.instant(attribute::EXPIRES_AT)?;
        // By a row that was over before it began, a session that was ended would pass.
        if expires_at <= revoked_at {
            return Err(row.malformed(attribute::EXPIRES_AT));
        }
        Ok(Self { session, expires_at })
    }
}

/// The Revocations table.
#[derive(Clone, Debug)]
pub struct Revocations(Table);

impl Revocations {
    /// How long a row is relevant: no access token lives longer. A refresh that was under way when its session ended
    /// may issue one a little later than the instant of the row.
    pub const TTL: Duration = Duration::from_secs(*lifetimes::ACCESS_TTL.end() + 60);

    /// The table that `REVOCATIONS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Table::from_environment(variable::REVOCATIONS_TABLE, environment, client).map(Self)
    }

    /// The row of a session that ends now, for as long as any access token can live: which lifetime those that are out
    /// were issued with, before the client's or the deployment's was changed, is known to nobody.
    pub fn row(session_id: &SessionId, now: Timestamp) -> Item {
        Item::from([
            (attribute::BUCKET.to_owned(), N((now.as_unix() / BUCKET_TTL).to_string())),
            (attribute::REVOCATION.to_owned(), S(format!("{now}#{session_id}"))),
            (attribute::EXPIRES_AT.to_owned(), N((now + Self::TTL).to_string())),
        ])
    }

    /// Puts a session on the denylist.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn put(&self, session_id: &SessionId, now: Timestamp) -> Result<(), StoreError> {
        let put = self.0.client.put_item().table_name(&self.0.name);
        let put = put.set_item(Some(Self::row(session_id, now))).send().await;
        put.map_err(|e| StoreError::unavailable("PutItem on Revocations", e))?;
        Ok(())
    }
}

impl Revocations {
    /// All rows whose instant is not before `from`, up to those of writers whose clock is ahead of `now`. Whoever reads
    /// again later starts earlier than `now`, by as much as a row may be late: [`WRITE_DELAY`] and [`CLOCK_TOLERANCE`].
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a Query fails or a row is not one of ours.
    ///
    /// # Panics
    ///
    /// If a Query does.
    pub async fn since(&self, from: Timestamp, now: Timestamp) -> Result<Vec<Revocation>, StoreError> {
        let last = (now + CLOCK_TOLERANCE).as_unix() / BUCKET_TTL;
        let mut queries = JoinSet::new();
        for bucket in from.as_unix() / BUCKET_TTL..=last {
            let table = self.clone();
            queries.spawn(alongside(async move { table.of_bucket(bucket, from).await }));
        }
        let mut revocations = Vec::new();
        while let Some(found) = queries.join_next().await {
            // Unwrap safety: a task that panicked panics here, as it would have without a task.
            revocations.extend(found.expect("reading revocations doesn't panic")?);
        }
        Ok(revocations)
    }

    async fn of_bucket(&self, bucket: u64, from: Timestamp) -> Result<Vec<Revocation>, StoreError> {
        let mut items = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("#bucket = :bucket AND #revocation >= :from")
            .expression_attribute_names("#bucket", attribute::BUCKET)
            .expression_attribute_names("#revocation", attribute::REVOCATION)
            .expression_attribute_values(":bucket", N(bucket.to_string()))
            // Instants have ten digits until the year 2286, so that they sort as text.
            .expression_attribute_values(":from", S(from.to_string()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut revocations = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|e| StoreError::unavailable("Query on Revocations", e))?;
            revocations.push(Revocation::from_item(&item)?);
        }
        Ok(revocations)
    }
}

/// How many sessions are ended at the same time when many are.
const BATCH: usize = 16;

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
