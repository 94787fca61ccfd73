//! How the tests reach stores of this machine.

use std::time::Duration;

use aws_sdk_dynamodb::config::{SharedHttpClient, timeout::TimeoutConfig};
use shared::aws::{self, Trust};

/// An HTTP client that is made sooner than the SDK's own: it never has to verify a certificate, and Amazon's few are read
/// sooner than the system's.
pub(crate) fn plain_http() -> SharedHttpClient {
    aws::http_client(Trust::Amazon)
}

/// A minute to connect. Of hundreds of requests at once, on processors that others use as well, some wait for a connection
/// longer than the SDK's three seconds.
pub(crate) fn patience() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(60)).build()
}
