//! How AWS, and what stands in for it, is reached.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

use super::{access, access_error::AccessError, target::Target};

/// Longer than a function has, since an operator may be a continent away; shorter, in all, than
/// `shared::store::WRITE_DELAY`, within which a row of the denylist has to be written.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build()
}

/// With the operator's own credentials (`AWS_ENDPOINT_URL_…` included).
///
/// # Errors
///
/// [`AccessError`], if there are none, or no region.
pub(super) async fn of_operator(target: &Target) -> Result<SdkConfig, AccessError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .timeout_config(timeouts());
    if let Some(region) = &target.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &target.profile {
        loader = loader.profile_name(profile);
    }
    let config = loader.load().await;
    access::check(&config, target).await?;
    Ok(config)
}

/// At this endpoint: AWS is what https means; anything else looks at no more than the access key ID, or at nothing.
///
/// # Errors
///
/// [`AccessError`], if it is AWS and the operator has no credentials.
pub(super) async fn at(
    endpoint: &str,
    access_key_id: Option<&str>,
    target: &Target,
) -> Result<SdkConfig, AccessError> {
    if endpoint.starts_with("https:") {
        return Ok(of_operator(target).await?.into_builder().endpoint_url(endpoint).build());
    }
    let credentials = Credentials::new(access_key_id.unwrap_or("local"), "local", None, None, "latchgate");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .build())
}
