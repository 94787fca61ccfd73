//! A client of the SDK for the embedded store, which it calls in this process: without a socket, and without what only a
//! service far away needs.

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

/// Where requests say that they go. Nobody looks there: the name is one that never resolves (RFC 2606).
const NOWHERE: &str = "http://embedded.invalid";

/// A client that sends its requests to this connector.
pub(super) fn client(connector: impl HttpConnector + 'static) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("local"))
        .http_client(InProcess(SharedHttpConnector::new(connector)))
        .endpoint_resolver(Nowhere)
        // Whoever has the client has the store: there is nothing to sign.
        .allow_no_auth()
        .identity_cache(IdentityCache::no_cache())
        // Answers come whole.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .interceptor(Unsent)
        .build();
    Client::from_conf(config)
}

/// The one connector, whatever the settings of a call: they are about sockets.
#[derive(Debug)]
struct InProcess(SharedHttpConnector);

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.0.clone()
    }
}

/// The SDK's own resolver goes through all of AWS's partitions and endpoints, for each request.
#[derive(Debug)]
struct Nowhere;

impl ResolveEndpoint for Nowhere {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(NOWHERE).build()))
    }
}

/// Switches off what the SDK tells AWS of itself and of the attempt, in headers that the store doesn't read.
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
