//! The caller of an endpoint behind the authorizer.

use lambda_http::{Request, RequestExt, request::RequestContext};

use crate::{
    ids::{ClientId, SessionId, UserId},
    scope::Scope,
    store::SessionKey,
    thumbprint::Thumbprint,
};

/// The name of the `jkt` in the authorizer's context: the thumbprint of the key that the access token is
/// bound to. It's absent if the token is not bound. The name is that of the parameter in RFC 9449 section 10.
pub const CONTEXT_JKT: &str = "dpop_jkt";

/// The request did not come through the authorizer. Then the endpoint is deployed wrongly, so this is a
/// failure of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request has no authorizer context: deploy the endpoint with its authorizer")]
pub struct NoAuthorizer;

/// The session of a request's access token.
///
/// # Errors
///
/// [`NoAuthorizer`], if the authorizer's context is missing.
pub fn caller(request: &Request) -> Result<SessionKey, NoAuthorizer> {
    let text = |name| text(request, name);
    let session = || {
        Some(SessionKey {
            user_id: text("sub").and_then(UserId::parse)?,
            client_id: text("client_id").and_then(ClientId::parse)?,
            session_id: text("sid").and_then(SessionId::parse)?,
        })
    };
    session().ok_or(NoAuthorizer)
}

/// The key that a request's access token is bound to. The authorizer has verified a proof by it.
///
/// # Errors
///
/// [`NoAuthorizer`], if the value in the authorizer's context is malformed.
pub fn caller_jkt(request: &Request) -> Result<Option<Thumbprint>, NoAuthorizer> {
    let jkt = text(request, CONTEXT_JKT);
    jkt.map(|jkt| Thumbprint::parse(jkt).ok_or(NoAuthorizer)).transpose()
}

/// The scope of a request's access token.
///
/// # Errors
///
/// [`NoAuthorizer`], if the value in the authorizer's context is malformed.
pub fn caller_scope(request: &Request) -> Result<Scope, NoAuthorizer> {
    text(request, "scope").map_or_else(|| Ok(Scope::default()), |text| Scope::parse(text).ok_or(NoAuthorizer))
}

/// A value of the authorizer's context.
fn text<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else { return None };
    context.authorizer.fields.get(name).and_then(|value| value.as_str())
}
