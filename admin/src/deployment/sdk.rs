//! The configuration for AWS and local stores.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use shared::aws::AMAZON_ROOTS;

use super::{access, access_error::AccessError, target::Target};

/// The timeouts of requests. An attempt may take longer than a function's, since the operator may be a
/// continent away. In all it takes less than `shared::store::WRITE_DELAY`, within which a denylist row must
/// be written.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build()
}

/// Trusts the machine's certificate authorities, which may include an organisation's, and Amazon's, for
/// containers without any.
fn http_client() -> SharedHttpClient {
    let roots = TrustStore::default().with_pem_certificate(AMAZON_ROOTS);
    // Unwrap safety: this accepts any trust store, and a test reads these roots.
    let context =
        TlsContext::builder().with_trust_store(roots).build().expect("a trust store is all it takes");
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https()
}

/// The configuration with the operator's own credentials, and with `AWS_ENDPOINT_URL_…`.
///
/// # Errors
///
/// [`AccessError`], if there are no credentials or no region.
pub(super) async fn of_operator(target: &Target) -> Result<SdkConfig, AccessError> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .timeout_config(timeouts())
        .http_client(http_client());
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

/// The configuration for this endpoint. https means AWS. Other stores check only the access key ID, if
/// anything.
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
        // Without TLS, so that machines without certificates work.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build())
}
