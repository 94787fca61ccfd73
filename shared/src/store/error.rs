//! What the store says when it can't answer.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::http::chain;

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
    /// Takes of an error of the SDK what a log may have: some of them print the request that they are about.
    pub fn unavailable<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let reason = match error {
            SdkError::ServiceError(error) => {
                let error = error.err();
                let (code, message) =
                    (error.code().unwrap_or("no code"), error.message().unwrap_or_default());
                format!("{code} {message}").trim_end().to_owned()
            }
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
                failure.as_connector_error().map_or_else(|| "no connection".to_owned(), |error| chain(error))
            }
            SdkError::TimeoutError(_) => "timed out".to_owned(),
            SdkError::ResponseError(_) => "its answer could not be read".to_owned(),
            // The request could not be made or sent: a malformed endpoint, no credentials.
            _ => "the request could not be sent".to_owned(),
        };
        Self::Unavailable { operation, reason }
    }
}
