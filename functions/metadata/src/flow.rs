//! The flow of a request for a document, or of a preflight.

use lambda_http::{
    Body, Request, Response,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use serde_json::Value;
use shared::http::{empty, json};

use crate::{
    Metadata, MetadataError, MetadataReason, documents,
    request::{Document, Question},
};

/// Five minutes, in seconds. Our functions cache their own copies as long.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// A page's permission to call, and how long a browser may cache it, in seconds.
struct Permission {
    methods: HeaderValue,
    headers: HeaderValue,
    max_age: HeaderValue,
}

/// The permission for the other functions' endpoints: the methods of all of them, and the headers that
/// clients send. The templates set the same for API Gateway's own answers.
const OF_ENDPOINTS: Permission = Permission {
    methods: HeaderValue::from_static("GET,POST,DELETE,OPTIONS"),
    headers: HeaderValue::from_static("authorization,content-type,dpop,idempotency-key"),
    max_age: HeaderValue::from_static("600"),
};

impl Metadata {
    pub(crate) async fn reply(
        &self,
        question: Result<Question<'_>, MetadataError>,
        request: &Request,
    ) -> Result<Response<Body>, MetadataError> {
        match question? {
            Question::Document(document) => self.document(document).await,
            Question::DocumentPreflight => Ok(document_preflight(request)),
            Question::EndpointPreflight => Ok(self.endpoint_preflight(request)),
            Question::PagePreflight => Ok(empty(StatusCode::NO_CONTENT)),
        }
    }

    /// The answer to a preflight of another function's path. A page that may not call gets no permission.
    fn endpoint_preflight(&self, request: &Request) -> Response<Body> {
        let mut response = empty(StatusCode::NO_CONTENT);
        if self.preflights.allowed_origin(request).is_some() {
            OF_ENDPOINTS.grant(response.headers_mut());
        }
        response
    }

    async fn document(&self, document: Document<'_>) -> Result<Response<Body>, MetadataError> {
        let now = self.clock.now();
        let keys = self.keys.current(now).await.map_err(MetadataReason::Keys)?;
        Ok(public(&match document {
            Document::Jwks => documents::jwks(&keys, now),
            Document::AuthorizationServer => self.server.authorization_server(),
            Document::OpenIdConfiguration => self.server.openid_configuration(&keys, now),
            Document::ProtectedResource(resource) => self.server.protected_resource(resource),
        }))
    }
}

/// A response that any cache may store.
fn public(document: &Value) -> Response<Body> {
    let mut response = json(StatusCode::OK, document);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.remove(header::PRAGMA);
    response
}

/// The answer to a preflight of a document (Fetch section 3.3.5). It allows every requested header, since
/// documents don't depend on headers. `*` would not include `Authorization`.
fn document_preflight(request: &Request) -> Response<Body> {
    let wanted = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    let permission = Permission {
        methods: HeaderValue::from_static("GET, HEAD"),
        headers: wanted.unwrap_or(HeaderValue::from_static("*")),
        max_age: HeaderValue::from_static("86400"),
    };
    permission.grant(headers);
    response
}

impl Permission {
    fn grant(self, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age);
    }
}
