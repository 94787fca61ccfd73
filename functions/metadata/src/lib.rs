//! `GET /.well-known/…`: the public keys, and where everything is, for whoever verifies tokens or gets them.
//!
//! Public by nature, so any origin may read it and any cache may keep it: for less time than a new key is published
//! before it signs.

mod documents;
mod error;

use std::sync::Arc;

use lambda_http::{
    Body, Request, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use serde_json::Value;
use shared::{
    cached::Cached,
    clock::Clock,
    context::{Context, StartError},
    environment::variable,
    http::{Endpoint, RequestError, chain, json},
    store::PublishedKeys,
};

pub use self::error::MetadataError;

/// Where the keys are (RFC 8414 section 2, `jwks_uri`): the usual place.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";
/// RFC 8414 section 3.
pub const AUTHORIZATION_SERVER_PATH: &str = "/.well-known/oauth-authorization-server";
/// OpenID Connect Discovery 1.0 section 4.
pub const OPENID_CONFIGURATION_PATH: &str = "/.well-known/openid-configuration";

/// Five minutes, in seconds: as long as a function of ours keeps its own copy.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");

/// The function.
#[derive(Debug)]
pub struct Metadata {
    endpoint: Endpoint,
    keys: Cached<PublishedKeys>,
    issuer: String,
    clock: Arc<dyn Clock>,
}

impl Metadata {
    /// Starts the function, with a first copy of the published keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete. What can't be read now is read at the first request.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, .. } = context;
        let metadata = Self {
            endpoint: Endpoint::new("metadata", "GET", context)?,
            keys: Cached::new(PublishedKeys::new(environment, dynamodb)?),
            issuer: environment.required(variable::ISSUER)?.to_owned(),
            clock: clock.clone(),
        };
        if let Err(error) = metadata.keys.current(clock.now()).await {
            tracing::error!(function = "metadata", reason = chain(&error), "started without keys");
        }
        Ok(metadata)
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.document(request))).await
    }

    async fn document(&self, request: &Request) -> Result<Response<Body>, MetadataError> {
        if request.method() != Method::GET {
            return Err(RequestError::Method.into());
        }
        let now = self.clock.now();
        let keys = self.keys.current(now).await?;
        // The path may have the API's stage before it, and a custom domain's base path.
        let path = request.uri().path();
        let document = if path.ends_with(JWKS_PATH) {
            documents::jwks(&keys, now)
        } else if path.ends_with(AUTHORIZATION_SERVER_PATH) {
            documents::authorization_server(&self.issuer)
        } else if path.ends_with(OPENID_CONFIGURATION_PATH) {
            documents::openid_configuration(&self.issuer, &keys, now)
        } else {
            return Err(MetadataError::NotFound);
        };
        Ok(public(&document))
    }
}

/// A document that anybody may read and keep.
fn public(document: &Value) -> Response<Body> {
    let mut response = json(StatusCode::OK, document);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.remove(header::PRAGMA);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
    response
}
