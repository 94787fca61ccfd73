//! The request for a document.

use lambda_http::{Request, http::Method};
use shared::http::RequestError;

use crate::{MetadataError, MetadataReason};

/// Where the keys are (RFC 8414 section 2, `jwks_uri`): the usual place.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";
/// RFC 8414 section 3.
pub const AUTHORIZATION_SERVER_PATH: &str = "/.well-known/oauth-authorization-server";
/// OpenID Connect Discovery 1.0 section 4.
pub const OPENID_CONFIGURATION_PATH: &str = "/.well-known/openid-configuration";

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
        (JWKS_PATH, Self::Jwks),
        (AUTHORIZATION_SERVER_PATH, Self::AuthorizationServer),
        (OPENID_CONFIGURATION_PATH, Self::OpenIdConfiguration),
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
