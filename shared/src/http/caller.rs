//! The caller of an endpoint behind the authorizer.

use lambda_http::{Request, RequestExt, request::RequestContext};

use crate::{
    ids::{ClientId, SessionId, UserId},
    store::SessionKey,
};

/// The request did not come through the authorizer. An endpoint that can be reached without it is deployed wrongly, so this
/// is a failure of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request has no authorizer context: the endpoint is deployed without its authorizer")]
pub struct NoAuthorizer;

/// The session of a request's access token.
///
/// # Errors
///
/// [`NoAuthorizer`], if the authorizer's context is missing.
pub fn caller(request: &Request) -> Result<SessionKey, NoAuthorizer> {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else {
        return Err(NoAuthorizer);
    };
    let text = |name| context.authorizer.fields.get(name).and_then(|value| value.as_str());
    let session = || {
        Some(SessionKey {
            user_id: text("sub").and_then(UserId::parse)?,
            client_id: text("client_id").and_then(ClientId::parse)?,
            session_id: text("sid").and_then(SessionId::parse)?,
        })
    };
    session().ok_or(NoAuthorizer)
}
