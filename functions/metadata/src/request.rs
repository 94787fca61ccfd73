//! The request for a document.

use lambda_http::{Request, http::Method};
use shared::{http::RequestError, route};

use crate::{MetadataError, MetadataReason};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// A document, or its headers alone.
    Document(Document),
    /// Whether a page may ask for a document.
    DocumentPreflight,
    /// Whether a page may call one of the other functions. template.yaml has OPTIONS of their paths here.
    EndpointPreflight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// The JWK Set.
    Jwks,
    /// The metadata of RFC 8414.
    AuthorizationServer,
    /// The metadata of OpenID Connect Discovery 1.0.
    OpenIdConfiguration,
}

impl Question {
    /// The question that a request asks a server with this issuer.
    pub(crate) fn parse(request: &Request, issuer: &str) -> Result<Self, MetadataError> {
        match (Document::of_path(request.uri().path(), issuer), request.method()) {
            (Some(document), &Method::GET | &Method::HEAD) => Ok(Self::Document(document)),
            (Some(_), &Method::OPTIONS) => Ok(Self::DocumentPreflight),
            (Some(_), _) => Err(RequestError::Method.into()),
            (None, &Method::OPTIONS) => Ok(Self::EndpointPreflight),
            (None, _) => Err(MetadataReason::NotFound.into()),
        }
    }
}

impl Document {
    /// The path of each document.
    const PATHS: [(&str, Self); 3] = [
        (route::JWKS, Self::Jwks),
        (route::AUTHORIZATION_SERVER, Self::AuthorizationServer),
        (route::OPENID_CONFIGURATION, Self::OpenIdConfiguration),
    ];

    /// The document at a path. Before it may stand the API's stage, and a custom domain's base path. After RFC 8414's own path
    /// may stand that of the issuer (section 3.1).
    fn of_path(path: &str, issuer: &str) -> Option<Self> {
        let at_root = Self::PATHS.into_iter().find(|(suffix, _)| path.ends_with(suffix));
        let of_issuer = || {
            let below = path.strip_suffix(path_of(issuer)?)?;
            below.ends_with(route::AUTHORIZATION_SERVER).then_some(Self::AuthorizationServer)
        };
        at_root.map(|(_, document)| document).or_else(of_issuer)
    }
}

/// The path of an issuer that has one.
fn path_of(issuer: &str) -> Option<&str> {
    let (_, rest) = issuer.split_once("://")?;
    rest.find('/').map(|at| &rest[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_8414s_document_is_where_the_rfc_has_it_for_an_issuer_with_a_path() {
        let issuer = "https://issuer.example.com/tenants/one";
        let document = |path: &str| Document::of_path(path, issuer);
        for before in ["", "/prod"] {
            let path = format!("{before}/.well-known/oauth-authorization-server");
            for path in [path.clone(), format!("{path}/tenants/one")] {
                assert_eq!(document(&path), Some(Document::AuthorizationServer), "{path}");
            }
            for after in ["/", "/tenants", "/tenants/two", "/tenants/one/", "/x/tenants/one", "tenants/one"] {
                assert_eq!(document(&format!("{path}{after}")), None, "{after}");
            }
        }
        assert_eq!(
            document("/.well-known/openid-configuration/tenants/one"),
            None,
            "OpenID Connect has it below"
        );
        assert_eq!(
            document("/tenants/one/.well-known/openid-configuration"),
            Some(Document::OpenIdConfiguration)
        );
    }

    #[test]
    fn an_issuer_without_a_path_has_one_place() {
        for issuer in ["https://issuer.example.com", "https://issuer.example.com:8443", "nonsense"] {
            let document = |path: &str| Document::of_path(path, issuer);
            assert_eq!(document(route::AUTHORIZATION_SERVER), Some(Document::AuthorizationServer));
            for path in [
                "/.well-known/oauth-authorization-server/",
                "/.well-known/oauth-authorization-server/x",
                "/",
                "",
            ] {
                assert_eq!(document(path), None, "{path}");
            }
        }
    }
}
