//! Access to stores on this machine.

use std::time::Duration;

use aws_sdk_dynamodb::config::{SharedHttpClient, timeout::TimeoutConfig};
use shared::aws::{self, Trust};

/// An HTTP client that starts faster than the SDK's default. It never verifies a certificate, and Amazon's few root
/// certificates load faster than the system's.
pub(crate) fn plain_http() -> SharedHttpClient {
    aws::http_client(Trust::Amazon)
}

/// A minute to connect. With hundreds of concurrent requests on shared processors, some wait longer than the SDK's
/// three seconds.
pub(crate) fn patience() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(60)).build()
}
