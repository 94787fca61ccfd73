//! How connections to AWS are made and kept, and how long a call may take.

use std::time::Duration;

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::Trust;

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
