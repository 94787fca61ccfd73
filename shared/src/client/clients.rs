//! The Clients table, and the cache in front of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Client, ClientCredentials};
use crate::{
    clock::{Clock, Timestamp},
    environment::{Environment, EnvironmentError, variable},
    error::chain,
    ids::ClientId,
    store::{StoreError, Table, attribute},
};

/// The most records that are cached. Unknown clients aren't cached, so only an operator can fill the cache.
const CACHE_CAPACITY: usize = 256;

/// Each client's record, and when it was read.
type Cache = HashMap<ClientId, (Timestamp, Arc<Client>)>;

/// Why a client isn't authenticated.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no such client.
    #[error("unknown client")]
    Unknown,
    /// A confidential client sent no secret or a wrong one, or a public client sent a secret.
    #[error("client authentication failed")]
    Unproven,
    /// The client is disabled.
    #[error("disabled client")]
    Disabled,
    /// The record could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ClientError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown_client",
            Self::Unproven => "client_unproven",
            Self::Disabled => "client_disabled",
            Self::Store(error) => error.reason(),
        }
    }
}

/// The registered clients. Clones share one cache.
#[derive(Clone, Debug)]
pub struct Clients {
    pub(super) table: Table,
    clock: Arc<dyn Clock>,
    cache: Arc<Mutex<Cache>>,
}

impl Clients {
    /// How long a warm function uses a client's cached record. Disabling a client takes effect after at most
    /// this time.
    pub const CACHE_TTL: Duration = Duration::from_secs(10);

    /// Opens the table that `CLIENTS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(
        environment: &Environment,
        client: &aws_sdk_dynamodb::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::CLIENTS_TABLE, environment, client)?;
        Ok(Self { table, clock, cache: Arc::default() })
    }

    /// Opens two connections by looking twice for a client that doesn't exist, since most requests make two
    /// calls at once. If this fails, the first request connects.
    pub async fn connect(&self) {
        let Some(nobody) = ClientId::parse("-") else { return };
        if let Err(error) = tokio::try_join!(self.find(&nobody), self.find(&nobody)) {
            tracing::warn!(reason = chain(&error), "started without its connections to DynamoDB");
        }
    }

    /// Returns the client that these credentials authenticate, even if it is disabled.
    ///
    /// # Errors
    ///
    /// [`ClientError`], if the credentials are wrong or the record can't be read.
    pub async fn identify(&self, credentials: &ClientCredentials) -> Result<Arc<Client>, ClientError> {
        let client = self.find(&credentials.client_id).await?.ok_or(ClientError::Unknown)?;
        if client.accepts(credentials.client_secret.as_ref()) {
            Ok(client)
        } else {
            Err(ClientError::Unproven)
        }
    }

    /// Returns the client that these credentials authenticate, unless it is disabled.
    ///
    /// # Errors
    ///
    /// [`ClientError`], if the credentials are wrong, the client is disabled, or the record can't be read.
    pub async fn authenticate(&self, credentials: &ClientCredentials) -> Result<Arc<Client>, ClientError> {
        let client = self.identify(credentials).await?;
        if client.disabled { Err(ClientError::Disabled) } else { Ok(client) }
    }

    /// Returns the client of an existing session, unless it is disabled.
    ///
    /// # Errors
    ///
    /// [`ClientError`], if the client is gone or disabled, or the record can't be read.
    pub async fn enabled(&self, client_id: &ClientId) -> Result<Arc<Client>, ClientError> {
        let client = self.find(client_id).await?.ok_or(ClientError::Unknown)?;
        if client.disabled { Err(ClientError::Disabled) } else { Ok(client) }
    }

    async fn find(&self, client_id: &ClientId) -> Result<Option<Arc<Client>>, StoreError> {
        let now = self.clock.now();
        if let Some(client) = self.cached(client_id, now) {
            return Ok(Some(client));
        }
        let output = self
            .table
            .get_item()
            .key(attribute::CLIENT_ID, AttributeValue::S(client_id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("GetItem on Clients", e))?;
        let Some(item) = output.item else { return Ok(None) };
        let client = Arc::new(Client::from_item(&item)?);
        self.cache(client.clone(), now);
        Ok(Some(client))
    }

    fn cached(&self, client_id: &ClientId, now: Timestamp) -> Option<Arc<Client>> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, client) = cache.get(client_id)?;
        (now >= *read_at && now < *read_at + Self::CACHE_TTL).then(|| client.clone())
    }

    fn cache(&self, client: Arc<Client>, now: Timestamp) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHE_CAPACITY {
            cache.clear();
        }
        cache.insert(client.client_id.clone(), (now, client));
    }
}
