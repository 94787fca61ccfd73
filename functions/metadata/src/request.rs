//! A request for a document.

use lambda_http::{
    Request,
    http::{Method, header},
};
use shared::{http::RequestError, resource::Resource, route};

use crate::{MetadataError, MetadataReason, documents::Server};

/// The question that a request asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question<'a> {
    /// A document, or only its headers.
    Document(Document<'a>),
    /// May a page request a document?
    DocumentPreflight,
    /// May a page call another function? template.yaml routes OPTIONS of their paths here.
    EndpointPreflight,
    /// May a page call a path to which browsers navigate? No script may.
    PagePreflight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document<'a> {
    /// The JWK Set.
    Jwks,
    /// The metadata of RFC 8414.
    AuthorizationServer,
    /// The metadata of OpenID Connect Discovery 1.0.
    OpenIdConfiguration,
    /// The metadata of RFC 9728 for this resource.
    ProtectedResource(&'a Resource),
}

impl<'a> Question<'a> {
    /// The question that a request asks this server.
    pub(crate) fn parse(request: &Request, server: &'a Server) -> Result<Self, MetadataError> {
        let path = request.uri().path();
        let of_resource = || server.resources().find(path).map(Document::ProtectedResource);
        match (Document::of_path(path, server.issuer()).or_else(of_resource), request.method()) {
            (Some(document), &Method::GET | &Method::HEAD) => Ok(Self::Document(document)),
            (Some(_), &Method::OPTIONS) => Ok(Self::DocumentPreflight),
            (Some(_), _) => Err(RequestError::Method.into()),
            (None, &Method::OPTIONS) if is_page(path) && !is_of_deletion(request) => Ok(Self::PagePreflight),
            (None, &Method::OPTIONS) => Ok(Self::EndpointPreflight),
            (None, _) => Err(MetadataReason::NotFound.into()),
        }
    }
}

/// Whether browsers navigate to this path. The API's stage and a custom domain's base path may come before
/// it.
fn is_page(path: &str) -> bool {
    route::PAGES.into_iter().any(|page| path.ends_with(page))
}

/// Whether a preflight asks for the deletion of an account. That is an endpoint, though its path is a page's for
/// other methods.
fn is_of_deletion(request: &Request) -> bool {
    let method = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.uri().path().ends_with(route::ACCOUNT) && method.is_some_and(|method| method == "DELETE")
}

/// The documents with fixed paths.
const PATHS: [(&str, Document<'_>); 3] = [
    (route::JWKS, Document::Jwks),
    (route::AUTHORIZATION_SERVER, Document::AuthorizationServer),
    (route::OPENID_CONFIGURATION, Document::OpenIdConfiguration),
];

impl Document<'_> {
    /// The document at a path. The API's stage and a custom domain's base path may come before it. The
    /// issuer's path may follow RFC 8414's (section 3.1).
    fn of_path(path: &str, issuer: &str) -> Option<Self> {
        let at_root = PATHS.into_iter().find(|(suffix, _)| path.ends_with(suffix));
        let of_issuer = || {
            let below = path.strip_suffix(path_of(issuer)?)?;
            below.ends_with(route::AUTHORIZATION_SERVER).then_some(Self::AuthorizationServer)
        };
        at_root.map(|(_, document)| document).or_else(of_issuer)
    }
}

/// The path of an issuer, if it has one.
fn path_of(issuer: &str) -> Option<&str> {
    let (_, rest) = issuer.split_once("://")?;
    rest.find('/').map(|at| &rest[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_with_a_path_has_its_document_where_rfc_8414_says() {
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
    fn of_the_account_only_the_deletion_is_an_endpoint() {
        let asked = |path: &str, method: &str| {
            let ask =
                lambda_http::http::Request::options(path).header("access-control-request-method", method);
            is_of_deletion(&ask.body(lambda_http::Body::Empty).unwrap())
        };
        for path in ["/account", "/prod/account"] {
            assert!(is_page(path) && asked(path, "DELETE"));
            assert!(!asked(path, "POST") && !asked(path, "GET") && !asked(path, "delete"), "{path}");
        }
        for path in ["/account/delete", "/account/email", "/authorize"] {
            assert!(is_page(path) && !asked(path, "DELETE"), "{path}");
        }
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
