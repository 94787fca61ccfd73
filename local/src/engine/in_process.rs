//! An SDK client that calls the embedded store in this process, without a socket and without the features that only a
//! remote service needs.

use std::error::Error;

use aws_runtime::{
    invocation_id::InvocationIdInterceptor, request_info::RequestInfoInterceptor,
    service_clock_skew::ServiceClockSkewInterceptor, user_agent::UserAgentInterceptor,
};
use aws_sdk_dynamodb::{
    Client, Config,
    config::{
        ConfigBag, IdentityCache, Intercept, Region, RuntimeComponents, StalledStreamProtectionConfig,
        endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint},
        interceptors::BeforeSerializationInterceptorContextRef,
    },
};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorSettings, SharedHttpConnector},
    interceptors::disable_interceptor,
};

/// The endpoint of the requests, a name that never resolves (RFC 2606). It is never looked up.
const NOWHERE: &str = "http://embedded.invalid";

/// A client that sends its requests to this connector.
pub(super) fn client(connector: impl HttpConnector + 'static) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("local"))
        .http_client(InProcess(SharedHttpConnector::new(connector)))
        .endpoint_resolver(Nowhere)
        // Having the client means having the store, so nothing needs a signature.
        .allow_no_auth()
        .identity_cache(IdentityCache::no_cache())
        // Answers always arrive whole.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .interceptor(Unsent)
        .build();
    Client::from_conf(config)
}

/// Gives the same connector for every call. The settings of a call are about sockets, so they are ignored.
#[derive(Debug)]
struct InProcess(SharedHttpConnector);

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.0.clone()
    }
}

/// Resolves every endpoint to [`NOWHERE`]. The SDK's own resolver goes through AWS's partitions and endpoints at each
/// request.
#[derive(Debug)]
struct Nowhere;

impl ResolveEndpoint for Nowhere {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(NOWHERE).build()))
    }
}

/// Switches off the headers in which the SDK describes itself and the attempt: the store doesn't read them.
#[derive(Debug)]
struct Unsent;

impl Intercept for Unsent {
    fn name(&self) -> &'static str {
        "what the embedded store does not read"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        const CAUSE: &str = "the store is in this process";
        let state = config.interceptor_state();
        state.store_put(disable_interceptor::<InvocationIdInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<RequestInfoInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<ServiceClockSkewInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<UserAgentInterceptor>(CAUSE));
        Ok(())
    }
}
