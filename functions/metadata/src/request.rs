//! The request for a document.

use lambda_http::{Request, http::Method};
use shared::{http::RequestError, route};

use crate::{MetadataError, MetadataReason};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Document {
    /// The JWK Set.
    Jwks,
    /// The metadata of RFC 8414.
    AuthorizationServer,
    /// The metadata of OpenID Connect Discovery 1.0.
    OpenIdConfiguration,
}

impl Document {
    /// The path of each document.
    const PATHS: [(&str, Self); 3] = [
        (route::JWKS, Self::Jwks),
        (route::AUTHORIZATION_SERVER, Self::AuthorizationServer),
        (route::OPENID_CONFIGURATION, Self::OpenIdConfiguration),
    ];

    /// The document that a request asks for. Before its path may stand the API's stage, and a custom domain's base path.
    pub(crate) fn parse(request: &Request) -> Result<Self, MetadataError> {
        if request.method() != Method::GET {
            return Err(RequestError::Method.into());
        }
        let path = request.uri().path();
        let found = Self::PATHS.into_iter().find(|(suffix, _)| path.ends_with(suffix));
        Ok(found.ok_or(MetadataReason::NotFound)?.1)
    }
}
