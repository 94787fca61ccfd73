//! Who a request behind the authorizer is from, as the authorizer said.

use lambda_http::{Request, RequestExt, request::RequestContext};

use crate::{
    ids::{ClientId, SessionId, UserId},
    store::SessionKey,
};

/// The session of a request's access token; `None`, if the request did not come through the authorizer. An endpoint that is reached
/// without it is deployed wrongly: a failure of ours.
pub fn caller(request: &Request) -> Option<SessionKey> {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else { return None };
    let text = |name| context.authorizer.fields.get(name).and_then(|value| value.as_str());
    Some(SessionKey {
        user_id: text("sub").and_then(UserId::parse)?,
        client_id: text("client_id").and_then(ClientId::parse)?,
        session_id: text("sid").and_then(SessionId::parse)?,
    })
}
