//! The embedded store: DynamoDB's API over SQLite, for the SDK in this process and for programs on this machine.

mod access_key;
mod answer;
mod connector;
mod endpoint;
mod file;
mod in_process;
mod operations;
mod streams;
#[cfg(test)]
mod tests;
mod trim;

use std::{net::SocketAddr, path::Path, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, Region, SharedCredentialsProvider},
};
use dynoxide::Database;
use tokio::{net::TcpListener, time};

pub use self::{
    access_key::{ANY_ACCESS_KEY_ID, AccessKeyId},
    file::{DatabaseFile, DatabaseFileError},
    streams::{Place, StreamError, Streams, sequence_number},
};
use self::{connector::Connector, endpoint::Endpoint};
use crate::hosts::Hosts;

/// The interval at which expired items are removed. DynamoDB takes hours or days; no test or program may depend on
/// either.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Errors from opening or serving the store.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The file can't be the database.
    #[error(transparent)]
    File(#[from] DatabaseFileError),
    /// The in-memory database can't be created.
    #[error("the database can't be made in memory: {0}")]
    Memory(String),
    /// No port or thread is available.
    #[error("the embedded database can't be served on a port of 127.0.0.1")]
    Io(#[from] std::io::Error),
}

/// A running store.
#[derive(Debug)]
pub struct Engine {
    /// The address that it listens on.
    pub address: SocketAddr,
    /// A client that calls the store in this process.
    pub client: Client,
    /// The streams of its tables.
    pub streams: Streams,
}

impl Engine {
    /// Starts a store on a free port of 127.0.0.1, in a file or in memory. It accepts only this access key ID.
    ///
    /// # Errors
    ///
    /// [`EngineError`], if the file or the port can't be opened.
    pub async fn start(file: Option<&Path>, access_key_id: AccessKeyId) -> Result<Self, EngineError> {
        let database = match file {
            None => Database::memory().map_err(|e| EngineError::Memory(e.to_string()))?,
            Some(path) => {
                DatabaseFile::inspect(path)?;
                Database::new(&path.to_string_lossy())
                    .map_err(|e| DatabaseFileError::Version(path.to_owned(), e.to_string()))?
            }
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let client = in_process::client(Connector::start(database.clone())?);
        let streams = Streams::new(database.clone());
        tokio::spawn(sweep(database.clone()));
        tokio::spawn(Endpoint { database, access_key_id, hosts: Hosts::of_this_machine() }.serve(listener));
        Ok(Self { address, client, streams })
    }

    /// The endpoint URL for an SDK.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn sweep(database: Database) {
    let mut interval = time::interval(SWEEP_INTERVAL);
    loop {
        interval.tick().await;
        let (items, streams) = (database.clone(), database.clone());
        match tokio::task::spawn_blocking(move || items.sweep_ttl()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(swept)) => tracing::info!(swept, "expired items were removed"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items could not be removed"),
            Err(error) => tracing::warn!(%error, "the sweep did not finish"),
        }
        // A mailer that is a day behind has lost the rest in DynamoDB too.
        match tokio::task::spawn_blocking(move || trim::trim(&streams)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "old records of the streams could not be removed"),
            Err(error) => tracing::warn!(%error, "the removal of old records did not finish"),
        }
    }
}

/// SDK configuration for a service that checks only the access key ID: the embedded store, DynamoDB Local and the like.
pub fn config(endpoint: &str, access_key_id: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "local", None, None, "latchgate-local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // Plain HTTP needs no certificates, which a machine may lack.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}
