//! How AWS is reached, and what is kept of what it says.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::http::chain;

/// What clients of AWS's services are made from: the function's surroundings (`AWS_ENDPOINT_URL_…` included).
///
/// Three attempts of at most 800 ms each, two seconds in all. No function makes more than four calls one after the
/// other (`everywhere` and the rotation of keys apart), so each answers 503 itself before Lambda's ten seconds are over.
pub async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(Duration::from_millis(800))
                .operation_timeout(Duration::from_secs(2))
                .build(),
        )
        .load()
        .await
}

/// Takes of an error of the SDK what a log may have: some of them print the request that they are about.
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
