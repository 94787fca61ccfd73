//! The DynamoDB tables that more than one function touches.
//!
//! There is no storage trait with a fake behind it: the guarantees *are* conditional writes. Each function holds the
//! tables that it needs and no others, as its IAM policy in template.yaml says.
//!
//! DynamoDB's TTL is garbage collection only: it removes an expired item hours or days late, so everything that reads
//! an item compares the instant itself.

pub mod attribute;
mod error;
mod keys;
mod revocations;
mod row;
mod session_key;
mod sessions;
mod users;

use aws_sdk_dynamodb::Client;

pub use self::{
    error::StoreError,
    keys::{PublishedKey, PublishedKeys},
    revocations::{CLOCK_TOLERANCE, Revocation, Revocations, SessionRevoker, WRITE_DELAY},
    row::{Item, Row},
    session_key::SessionKey,
    sessions::{FoundSession, Session, Sessions},
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
