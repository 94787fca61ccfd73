//! What the store says when it can't answer.

/// A failure of ours: never an Allow, never a 200, and never a reason to log anyone out.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused, failed or could not be reached, after the SDK's retries.
    #[error("DynamoDB did not carry out {operation}")]
    Unavailable {
        /// The operation.
        operation: &'static str,
        /// What the SDK says.
        #[source]
        source: Box<aws_sdk_dynamodb::Error>,
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
    /// Wraps an error of the SDK.
    pub fn unavailable(operation: &'static str, error: impl Into<aws_sdk_dynamodb::Error>) -> Self {
        Self::Unavailable { operation, source: Box::new(error.into()) }
    }
}
