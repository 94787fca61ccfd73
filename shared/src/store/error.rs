//! What the store says when it can't answer.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::aws;

/// A failure of ours: never an Allow, never a 200, and never a reason to log anyone out.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused, failed or could not be reached, after the SDK's retries.
    #[error("DynamoDB did not carry out {operation}: {reason}")]
    Unavailable {
        /// The operation.
        operation: &'static str,
        /// What DynamoDB or the network says.
        reason: String,
    },
    /// An item is not of the shape that Latchgate writes. It is not repaired, and not guessed at.
    #[error("an item of {table} has a missing or malformed {attribute}")]
    Malformed {
        /// The table's role.
        table: &'static str,
        /// The attribute.
        attribute: &'static str,
    },
}

impl StoreError {
    /// Its name in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "store_unavailable",
            Self::Malformed { .. } => "malformed_item",
        }
    }

    /// The failure of an operation, with what a log may have of its error.
    pub fn unavailable<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        Self::Unavailable { operation, reason: aws::reason(error) }
    }
}
