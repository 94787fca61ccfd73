//! The DynamoDB tables that more than one function touches.
//!
//! There is no storage trait with a fake behind it: the guarantees *are* conditional writes. Each function holds the
//! tables that it needs and no others, as its IAM policy in template.yaml says.
//!
//! DynamoDB's TTL is garbage collection only: it removes an expired item hours or days late, so everything that reads
//! an item compares the instant itself.

pub mod attribute;
mod error;
mod revocations;
mod row;
mod sessions;
mod users;

use std::time::Duration;

use aws_config::{BehaviorVersion, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::Client;

pub use self::{
    error::StoreError,
    revocations::{Revocations, SessionRevoker},
    row::{Item, Row},
    sessions::{FoundSession, Session, SessionKey, Sessions},
    users::{User, Users},
};
use crate::environment::{Environment, EnvironmentError};

/// One table, and the client that reaches it.
#[derive(Clone, Debug)]
pub struct Table {
    /// The client, shared by all tables of a function.
    pub client: Client,
    /// The table's name in this deployment.
    pub name: String,
}

impl Table {
    /// The table that the variable names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn from_environment(
        variable: &'static str,
        environment: &Environment,
        client: &Client,
    ) -> Result<Self, EnvironmentError> {
        Ok(Self { client: client.clone(), name: environment.required(variable)?.to_owned() })
    }
}

/// A client for DynamoDB, from the function's surroundings (`AWS_ENDPOINT_URL_DYNAMODB` included).
///
/// Three attempts of at most 800 ms each, two seconds in all. No function makes more than three calls one after the
/// other (`everywhere` apart), so each answers 503 itself before Lambda's ten seconds are over.
pub async fn dynamodb_client() -> Client {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(Duration::from_millis(800))
                .operation_timeout(Duration::from_secs(2))
                .build(),
        )
        .load()
        .await;
    Client::new(&config)
}
