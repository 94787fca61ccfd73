//! The Sessions table: one item for one user signed in on one client on one device.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{
        AttributeValue::{self, Bool, N, S, Ss},
        ReturnValuesOnConditionCheckFailure,
    },
};

use super::{Item, Row, SessionKey, StoreError, Table, attribute};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::UserId,
    lifetimes::Lifetimes,
    scope::Scope,
};

/// A session, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What it is stored under.
    pub key: SessionKey,
    /// How many times its refresh token was replaced.
    pub generation: u32,
    /// When its refresh token was last replaced; at first, when it was issued.
    pub rotated_at: Timestamp,
    /// Hash of what a retry of the last rotation can show.
    pub retry_key: Option<String>,
    /// Whether the tokens of the last rotation are known not to have been issued, through a failure of ours.
    pub undelivered: bool,
    /// What a `not_before` is compared with: when the session was put, or when its password became valid if that is later.
    pub created_at: Timestamp,
    /// When the user gave a password, which is when the session was put. [`Self::created_at`] may be some seconds later.
    pub auth_time: Timestamp,
    /// What was granted at login.
    pub scope: Scope,
    /// What the user calls the device.
    pub device_name: Option<String>,
    /// `User-Agent` of the last use.
    pub user_agent: Option<String>,
    /// Network address of the last use.
    pub address: Option<String>,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// When it ends however often it is refreshed.
    pub absolute_expires_at: Timestamp,
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// What it is stored under.
    pub key: SessionKey,
    /// When sessions like it begin: now, or later where its password is valid only from then.
    pub created_at: Timestamp,
    /// What was granted.
    pub scope: Scope,
    /// What the user calls the device.
    pub device_name: Option<String>,
    /// `User-Agent` of the request.
    pub user_agent: Option<String>,
    /// Network address of the request.
    pub address: Option<String>,
}

impl Session {
    /// A session of a user who has just given a password; its refresh token is the first.
    pub fn begin(new: NewSession, lifetimes: Lifetimes, now: Timestamp) -> Self {
        let NewSession { key, created_at, scope, device_name, user_agent, address } = new;
        Self {
            key,
            generation: 0,
            rotated_at: now,
            retry_key: None,
            undelivered: false,
            created_at,
            auth_time: now,
            scope,
            device_name,
            user_agent,
            address,
            expires_at: now + lifetimes.idle_ttl,
            absolute_expires_at: now + lifetimes.absolute_ttl,
        }
    }

    /// When the session ends if it is not used any more.
    pub fn ends_at(&self) -> Timestamp {
        self.expires_at.min(self.absolute_expires_at)
    }

    /// Whether the session still lives; at the very instant of its end it no longer does.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.ends_at()
    }

    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if it is not a session.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Sessions", item);
        let optional = |attribute| Ok(row.optional_text(attribute)?.map(str::to_owned));
        let generation = row.number(attribute::GENERATION)?;
        Ok(Self {
            key: SessionKey::from_row(&row)?,
            generation: generation.try_into().map_err(|_| row.malformed(attribute::GENERATION))?,
            rotated_at: row.instant(attribute::ROTATED_AT)?,
            retry_key: optional(attribute::RETRY_KEY)?,
            undelivered: row.flag(attribute::UNDELIVERED)?,
            created_at: row.instant(attribute::CREATED_AT)?,
            auth_time: row.instant(attribute::AUTH_TIME)?,
            scope: row.scope(attribute::SCOPE)?,
            device_name: optional(attribute::DEVICE_NAME)?,
            user_agent: optional(attribute::USER_AGENT)?,
            address: optional(attribute::ADDRESS)?,
            expires_at: row.instant(attribute::EXPIRES_AT)?,
            absolute_expires_at: row.instant(attribute::ABSOLUTE_EXPIRES_AT)?,
        })
    }

    /// The session as an item; what is absent is left out.
    pub fn to_item(&self) -> Item {
        let number = |instant: Timestamp| N(instant.to_string());
        let scope: Vec<String> = self.scope.tokens().map(str::to_owned).collect();
        let mut item = self.key.to_item();
        item.extend(
            [
                (attribute::GENERATION, Some(N(self.generation.to_string()))),
                (attribute::ROTATED_AT, Some(number(self.rotated_at))),
                (attribute::RETRY_KEY, self.retry_key.clone().map(S)),
                (attribute::UNDELIVERED, self.undelivered.then_some(Bool(true))),
                (attribute::CREATED_AT, Some(number(self.created_at))),
                (attribute::AUTH_TIME, Some(number(self.auth_time))),
                (attribute::SCOPE, (!scope.is_empty()).then_some(Ss(scope))),
                (attribute::DEVICE_NAME, self.device_name.clone().map(S)),
                (attribute::USER_AGENT, self.user_agent.clone().map(S)),
                (attribute::ADDRESS, self.address.clone().map(S)),
                (attribute::EXPIRES_AT, Some(number(self.expires_at))),
                (attribute::ABSOLUTE_EXPIRES_AT, Some(number(self.absolute_expires_at))),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
        );
        item
    }
}

/// What a Query found: the key, and the session if its item is one.
#[derive(Debug)]
pub struct FoundSession {
    /// What it is stored under.
    pub key: SessionKey,
    /// The session.
    pub session: Result<Session, StoreError>,
}

impl FoundSession {
    /// Reads an item of which only the key is sure to be right.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if not even that is.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self { key: SessionKey::from_item(item)?, session: Session::from_item(item) })
    }
}

/// Some of a user's sessions.
#[derive(Debug)]
pub struct SessionPage {
    /// The sessions.
    pub found: Vec<FoundSession>,
    /// Whether there are no more.
    pub is_last: bool,
}

/// The Sessions table.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// Where the functions that write sessions, each in its own way, find it.
    pub table: Table,
}

impl Sessions {
    /// The table that `SESSIONS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::SESSIONS_TABLE, environment, client)?;
        Ok(Self { table })
    }

    /// All sessions of a user, expired ones that are not yet swept included. One that can't be read is there with its
    /// key, so that it can still be ended.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the Query fails or a key is none.
    pub async fn of_user(&self, user_id: &UserId) -> Result<Vec<FoundSession>, StoreError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.page_of_user(user_id, after.as_ref(), None).await?;
            all.extend(page.found);
            if page.is_last {
                return Ok(all);
            }
            after = all.last().map(|found| found.key.clone());
        }
    }

    /// The sessions of a user after this one, in the order of their keys: as many as a Query reads at once, a megabyte, and
    /// no more than `limit`. A page that isn't the last has one at least.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the Query fails or a key is none.
    pub async fn page_of_user(
        &self,
        user_id: &UserId,
        after: Option<&SessionKey>,
        limit: Option<i32>,
    ) -> Result<SessionPage, StoreError> {
        let page = self
            .table
            .query()
            .key_condition_expression("#user_id = :user_id")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_values(":user_id", AttributeValue::S(user_id.to_string()))
            .consistent_read(true)
            .set_exclusive_start_key(after.map(SessionKey::to_item))
            .set_limit(limit)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("Query on Sessions", e))?;
        let found: Result<Vec<_>, _> = page.items().iter().map(FoundSession::from_item).collect();
        let found = found?;
        let is_last = page.last_evaluated_key.is_none_or(|key| key.is_empty()) || found.is_empty();
        Ok(SessionPage { found, is_last })
    }

    /// The session with this key, by a Query: for a function that lists sessions and gets none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn query_one(&self, key: &SessionKey) -> Result<Option<FoundSession>, StoreError> {
        let (mut names, mut values) = (HashMap::new(), HashMap::new());
        for (name, value) in key.to_item() {
            values.insert(format!(":{name}"), value);
            names.insert(format!("#{name}"), name);
        }
        let found = self
            .table
            .query()
            .key_condition_expression("#user_id = :user_id AND #session_key = :session_key")
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("Query on Sessions", e))?;
        found.items().first().map(FoundSession::from_item).transpose()
    }

    /// The session with this key, read consistently, whether it lives or not.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn find(&self, key: &SessionKey) -> Result<Option<Session>, StoreError> {
        let find = self.table.get_item().set_key(Some(key.to_item()));
        let found = find.consistent_read(true).send().await;
        let found = found.map_err(|e| StoreError::unavailable("GetItem on Sessions", e))?;
        found.item.as_ref().map(Session::from_item).transpose()
    }

    /// Puts a session, unless it is there: then returned is what is there.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn put_new(&self, session: &Session) -> Result<Option<Session>, StoreError> {
        let put = self
            .table
            .put_item()
            .set_item(Some(session.to_item()))
            .condition_expression("attribute_not_exists(#user_id)")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = put else { return Ok(None) };
        if let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() {
            return failed.item().map(Session::from_item).transpose();
        }
        Err(StoreError::unavailable("PutItem on Sessions", error))
    }

    /// Puts a session.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn put(&self, session: &Session) -> Result<(), StoreError> {
        let put = self.table.put_item();
        let put = put.set_item(Some(session.to_item())).send().await;
        put.map_err(|e| StoreError::unavailable("PutItem on Sessions", e))?;
        Ok(())
    }

    /// Deletes a session; one that is not there is deleted already.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn delete(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.table
            .delete_item()
            .set_key(Some(key.to_item()))
            .send()
            .await
            .map_err(|e| StoreError::unavailable("DeleteItem on Sessions", e))?;
        Ok(())
    }
}
