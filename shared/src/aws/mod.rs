//! How AWS is reached, and what is kept of what it says.

mod config;
mod trust;

use std::{error::Error, time::Duration};

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    config::{
        Builder as DynamoDbBuilder, ConfigBag, Intercept, SharedHttpClient,
        interceptors::BeforeSerializationInterceptorContextRef,
    },
    error::{ProvideErrorMetadata, SdkError},
};
use aws_sdk_secretsmanager::config::Builder as SecretsManagerBuilder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

pub use self::{config::config, trust::Trust};
use crate::{
    error::chain,
    stopwatch::{Wait, wait},
};

/// How many connections are kept open on which nothing is under way: as many as most requests use at once. Any of them may
/// be gone without a word, as after a freeze, and an attempt at a call is lost on it; so there are fewer of them than
/// attempts.
const KEPT_CONNECTIONS: usize = 2;

/// How connections are made and kept.
pub fn http_client(trust: Trust) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .pool_max_idle_per_host(KEPT_CONNECTIONS)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(trust.context())
        .build_https()
}

/// Three attempts, the second at most 50 ms after the first has failed and the third at most 100 ms after the second, so
/// that all three fit into [`timeouts`]. The SDK's own pause of up to a second would leave a call that hung once no
/// time for another attempt.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50))
}

/// At most 600 ms an attempt, and two seconds in all, so that the third attempt has as long as the first: it is the only one
/// that is not lost where two connections are gone. A call that fails ends what a function does, or nearly, so each answers
/// 503 itself before Lambda's ten seconds are over.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(600))
        .operation_timeout(Duration::from_secs(2))
        .build()
}

/// A DynamoDB client that records on a request's stopwatch how long the request waits for it.
pub fn dynamodb(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let config = DynamoDbBuilder::from(config).interceptor(CallTimer).build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// The same client, recording how long requests wait for it.
pub fn timed(dynamodb: &aws_sdk_dynamodb::Client) -> aws_sdk_dynamodb::Client {
    let config = dynamodb.config().to_builder().interceptor(CallTimer).build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// A Secrets Manager client that records on a request's stopwatch how long the request waits for it.
pub fn secrets_manager(config: &SdkConfig) -> aws_sdk_secretsmanager::Client {
    let config = SecretsManagerBuilder::from(config).interceptor(CallTimer).build();
    aws_sdk_secretsmanager::Client::from_conf(config)
}

/// A call is waited for until its bag is dropped, with its answer or without.
#[derive(Debug)]
struct CallTimer;

impl Intercept for CallTimer {
    fn name(&self) -> &'static str {
        "how long calls are waited for"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if let Some(waiting) = wait(Wait::Store) {
            config.interceptor_state().store_put(waiting);
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_finds_no_connection_that_was_kept_before_the_first() {
        assert!(KEPT_CONNECTIONS < usize::try_from(retries().max_attempts()).unwrap());
    }

    #[test]
    fn the_last_attempt_has_as_long_as_the_first() {
        let (retries, timeouts) = (retries(), timeouts());
        let attempt = timeouts.operation_attempt_timeout().unwrap();
        // Each pause is twice the one before it, at most.
        let before_last = (0..retries.max_attempts() - 1)
            .map(|failed| attempt + retries.initial_backoff() * 2_u32.pow(failed))
            .sum::<Duration>();
        assert!(before_last + attempt <= timeouts.operation_timeout().unwrap(), "{before_last:?}");
    }
}
