//! The flow of a request for a document.

use lambda_http::{
    Body, Request, Response,
    http::{HeaderValue, StatusCode, header},
};
use serde_json::Value;
use shared::http::{empty, json};

use crate::{
    Metadata, MetadataError, MetadataReason, documents,
    request::{Document, Question},
};

/// Five minutes, in seconds: as long as a function of ours keeps its own copy.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// For how long a browser may remember that it may ask: a day, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

impl Metadata {
    pub(crate) async fn reply(&self, request: &Request) -> Result<Response<Body>, MetadataError> {
        match Question::parse(request, &self.issuer)? {
            Question::Document(document) => self.document(document).await,
            Question::Preflight => Ok(preflight(request)),
        }
    }

    async fn document(&self, document: Document) -> Result<Response<Body>, MetadataError> {
        let now = self.clock.now();
        let keys = self.keys.current(now).await.map_err(MetadataReason::Keys)?;
        Ok(public(&match document {
            Document::Jwks => documents::jwks(&keys, now),
            Document::AuthorizationServer => documents::authorization_server(&self.issuer),
            Document::OpenIdConfiguration => documents::openid_configuration(&self.issuer, &keys, now),
        }))
    }
}

/// A response that any cache may keep.
fn public(document: &Value) -> Response<Body> {
    let mut response = json(StatusCode::OK, document);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.remove(header::PRAGMA);
    response
}

/// The answer to a preflight (Fetch section 3.3.5): whatever headers the page wants to send, the documents don't depend on them.
/// `*` would leave `Authorization` out.
fn preflight(request: &Request) -> Response<Body> {
    let wanted = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.unwrap_or(HeaderValue::from_static("*")));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}
