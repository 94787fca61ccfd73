//! Errors of the store.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::aws;

/// A failure of ours. It never leads to an Allow, a 200, or the end of a session.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused, failed or could not be reached, after the SDK's retries.
    #[error("DynamoDB did not carry out {operation}: {reason}")]
    Unavailable {
        /// The operation.
        operation: &'static str,
        /// The error from DynamoDB or the network.
        reason: String,
    },
    /// An item doesn't have the form that Latchgate writes. Latchgate neither repairs it nor guesses.
    #[error("an item of {table} has a missing or malformed {attribute}")]
    Malformed {
        /// The table's role.
        table: &'static str,
        /// The attribute.
        attribute: &'static str,
    },
}

impl StoreError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "store_unavailable",
            Self::Malformed { .. } => "malformed_item",
        }
    }

    /// The failure of an operation, with the part of its error that may be logged.
    pub fn unavailable<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        Self::Unavailable { operation, reason: aws::reason(error) }
    }
}
