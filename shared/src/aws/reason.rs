//! The part of an SDK error that may be logged.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::error::chain;

/// Describes an SDK error without the request. Some SDK errors print the request that they are about.
pub fn reason<E, R>(error: SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata,
{
    match error {
        SdkError::ServiceError(error) => {
            let error = error.err();
            let (code, message) = (error.code().unwrap_or("no code"), error.message().unwrap_or_default());
            format!("{code} {message}").trim_end().to_owned()
        }
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            failure.as_connector_error().map_or_else(|| "no connection".to_owned(), |error| chain(error))
        }
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        SdkError::ResponseError(_) => "its answer could not be read".to_owned(),
        // The request could not be made or sent: a malformed endpoint, no credentials.
        _ => "the request could not be sent".to_owned(),
    }
}
