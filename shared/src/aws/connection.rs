//! How connections to AWS are made and kept, and how long a call may take.

use std::time::Duration;

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::Trust;

/// The number of idle connections that stay open: as many as most requests use at once. Any of them may have
/// broken silently, for example during a freeze, and then costs a call one attempt. So there are fewer
/// connections than attempts.
const KEPT_CONNECTIONS: usize = 2;

/// Returns the HTTP client for AWS.
pub fn http_client(trust: Trust) -> SharedHttpClient {
    keeping(KEPT_CONNECTIONS, trust)
}

/// Returns an HTTP client that opens a connection for each call, for calls that must not be repeated: a kept
/// connection may have broken silently.
pub fn fresh_http_client(trust: Trust) -> SharedHttpClient {
    keeping(0, trust)
}

fn keeping(connections: usize, trust: Trust) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .pool_max_idle_per_host(connections)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(trust.context())
        .build_https()
}

/// Three attempts. The second starts at most 50 ms after the first fails, the third at most 100 ms after the
/// second, so that all three fit into [`timeouts`]. The SDK's own pause of up to a second would leave no time
/// for another attempt after a call that hung.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50))
}

/// At most 600 ms for an attempt and two seconds for a call, so the third attempt gets as much time as the
/// first. If both kept connections are broken, only the third can succeed. Most functions end when a call
/// fails, so they can answer 503 before Lambda's ten seconds are over.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(600))
        .operation_timeout(Duration::from_secs(2))
        .build()
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
        // Each pause is at most twice the one before.
        let before_last = (0..retries.max_attempts() - 1)
            .map(|failed| attempt + retries.initial_backoff() * 2_u32.pow(failed))
            .sum::<Duration>();
        assert!(before_last + attempt <= timeouts.operation_timeout().unwrap(), "{before_last:?}");
    }
}
