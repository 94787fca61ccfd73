//! The flow of a request for a document.

use lambda_http::{
    Body, Request, Response,
    http::{HeaderValue, StatusCode, header},
};
use serde_json::Value;
use shared::http::json;

use crate::{Metadata, MetadataError, MetadataReason, documents, request::Document};

/// Five minutes, in seconds: as long as a function of ours keeps its own copy.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");

impl Metadata {
    pub(crate) async fn document(&self, request: &Request) -> Result<Response<Body>, MetadataError> {
        let document = Document::parse(request)?;
        let now = self.clock.now();
        let keys = self.keys.current(now).await.map_err(MetadataReason::Keys)?;
        Ok(public(&match document {
            Document::Jwks => documents::jwks(&keys, now),
            Document::AuthorizationServer => documents::authorization_server(&self.issuer),
            Document::OpenIdConfiguration => documents::openid_configuration(&self.issuer, &keys, now),
        }))
    }
}

/// A response that any page may read and any cache may keep.
fn public(document: &Value) -> Response<Body> {
    let mut response = json(StatusCode::OK, document);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.remove(header::PRAGMA);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
    response
}
