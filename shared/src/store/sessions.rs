//! The Sessions table: an item for each user, client and device.

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
    ids::{SessionId, UserId},
    lifetimes::Lifetimes,
    resource::GrantedResources,
    scope::Scope,
    thumbprint::Thumbprint,
};

/// A session, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The key of the row.
    pub key: SessionKey,
    /// How many times the refresh token was replaced.
    pub generation: u32,
    /// When the refresh token was last replaced, or first issued.
    pub rotated_at: Timestamp,
    /// A hash that recognises a retry of the last rotation.
    pub retry_key: Option<String>,
    /// Whether the tokens of the last rotation were never issued, because of a failure of ours.
    pub undelivered: bool,
    /// The instant that `not_before` is compared with: when the session was stored, or when its password
    /// became valid if that is later.
    pub created_at: Timestamp,
    /// When the user entered the password. [`Self::created_at`] may be later: by some seconds, or by the time
    /// that the user has been signed in at the pages.
    pub auth_time: Timestamp,
    /// The scope that was granted at login.
    pub scope: Scope,
    /// The resources that its access tokens can be for.
    pub resources: GrantedResources,
    /// The key that the refresh token is bound to, if any.
    pub jkt: Option<Thumbprint>,
    /// Whether the client gets a refresh token.
    pub is_refreshable: bool,
    /// The user's name for the device.
    pub device_name: Option<String>,
    /// `User-Agent` of the last use.
    pub user_agent: Option<String>,
    /// Network address of the last use.
    pub address: Option<String>,
    /// When it ends without a refresh.
    pub expires_at: Timestamp,
    /// When it ends at the latest.
    pub absolute_expires_at: Timestamp,
}

/// The values that a session begins with.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The key of the row.
    pub key: SessionKey,
    /// The session's `created_at`: now, or when its password becomes valid if that is later.
    pub created_at: Timestamp,
    /// When the user entered the password.
    pub auth_time: Timestamp,
    /// The scope that was granted.
    pub scope: Scope,
    /// The resources that its access tokens can be for.
    pub resources: GrantedResources,
    /// The key that it is bound to, if any.
    pub jkt: Option<Thumbprint>,
    /// Whether the client gets a refresh token.
    pub is_refreshable: bool,
    /// The user's name for the device.
    pub device_name: Option<String>,
    /// `User-Agent` of the request.
    pub user_agent: Option<String>,
    /// Network address of the request.
    pub address: Option<String>,
}

impl Session {
    /// A session that begins now, with its first refresh token.
    pub fn begin(new: NewSession, lifetimes: Lifetimes, now: Timestamp) -> Self {
        let NewSession {
            key,
            created_at,
            auth_time,
            scope,
            resources,
            jkt,
            is_refreshable,
            device_name,
            user_agent,
            address,
        } = new;
        Self {
            key,
            generation: 0,
            rotated_at: now,
            retry_key: None,
            undelivered: false,
            created_at,
            auth_time,
            scope,
            resources,
            jkt,
            is_refreshable,
            device_name,
            user_agent,
            address,
            expires_at: now + lifetimes.idle_ttl,
            absolute_expires_at: now + lifetimes.absolute_ttl,
        }
    }

    /// When the session ends without further use.
    pub fn ends_at(&self) -> Timestamp {
        self.expires_at.min(self.absolute_expires_at)
    }

    /// Whether the session lives. At the instant of its end it no longer does.
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
            resources: GrantedResources::stored(row.texts(attribute::RESOURCES)?),
            jkt: row.optional_parsed(attribute::JKT, Thumbprint::parse)?,
            is_refreshable: !row.flag(attribute::ACCESS_ONLY)?,
            device_name: optional(attribute::DEVICE_NAME)?,
            user_agent: optional(attribute::USER_AGENT)?,
            address: optional(attribute::ADDRESS)?,
            expires_at: row.instant(attribute::EXPIRES_AT)?,
            absolute_expires_at: row.instant(attribute::ABSOLUTE_EXPIRES_AT)?,
        })
    }

    /// The session as an item. Absent values are left out.
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
                (attribute::RESOURCES, self.resources.to_stored().map(Ss)),
                (attribute::JKT, self.jkt.map(|jkt| S(jkt.to_string()))),
                (attribute::ACCESS_ONLY, (!self.is_refreshable).then_some(Bool(true))),
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

/// A row that a Query found. Its key is valid, even if the session is malformed.
#[derive(Debug)]
pub struct FoundSession {
    /// The key of the row.
    pub key: SessionKey,
    /// The session.
    pub session: Result<Session, StoreError>,
}

impl FoundSession {
    /// Reads an item, whose session may be malformed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the key is malformed.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        Ok(Self { key: SessionKey::from_item(item)?, session: Session::from_item(item) })
    }
}

/// Some of a user's sessions.
#[derive(Debug)]
pub struct SessionPage {
    /// The sessions.
    pub found: Vec<FoundSession>,
    /// Whether this is the last page.
    pub is_last: bool,
}

/// The Sessions table.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// The table itself, for the functions that write sessions in other ways.
    pub table: Table,
}

impl Sessions {
    /// Opens the table that `SESSIONS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::SESSIONS_TABLE, environment, client)?;
        Ok(Self { table })
    }

    /// All sessions of a user, including expired ones that DynamoDB hasn't removed yet. A malformed session
    /// is included with its key, so that it can be ended.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the Query fails or a key is malformed.
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

    /// The user's sessions after this one, in the order of their keys: at most `limit`, and at most the
    /// megabyte that a Query reads. Every page but the last has at least one session.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the Query fails or a key is malformed.
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

    /// The key of the user's session with this identifier. It reads no further than the page with that
    /// session.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the Query fails or a key is malformed.
    pub async fn key_of(
        &self,
        user_id: &UserId,
        session_id: &SessionId,
    ) -> Result<Option<SessionKey>, StoreError> {
        let mut after = None;
        loop {
            let page = self.page_of_user(user_id, after.as_ref(), None).await?;
            after = page.found.last().map(|found| found.key.clone());
            let found = page.found.into_iter().find(|found| found.key.session_id == *session_id);
            if found.is_some() || page.is_last {
                return Ok(found.map(|found| found.key));
            }
        }
    }

    /// The session with this key, by a Query, for a function that may not call GetItem.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the Query fails or the key is malformed.
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

    /// The session with this key, read consistently, even if it has expired.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn find(&self, key: &SessionKey) -> Result<Option<Session>, StoreError> {
        let find = self.table.get_item().set_key(Some(key.to_item()));
        let found = find.consistent_read(true).send().await;
        let found = found.map_err(|e| StoreError::unavailable("GetItem on Sessions", e))?;
        found.item.as_ref().map(Session::from_item).transpose()
    }

    /// Stores a session, unless it exists. Then returns the existing one.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails or the existing item is malformed.
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

    /// Stores a session.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn put(&self, session: &Session) -> Result<(), StoreError> {
        let put = self.table.put_item();
        let put = put.set_item(Some(session.to_item())).send().await;
        put.map_err(|e| StoreError::unavailable("PutItem on Sessions", e))?;
        Ok(())
    }

    /// Deletes a session. Deleting one that doesn't exist succeeds.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
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
