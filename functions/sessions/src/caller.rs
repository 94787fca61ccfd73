//! Who the request is from, as the authorizer said.

use lambda_http::{Request, RequestExt, request::RequestContext};
use shared::ids::{SessionId, UserId};

use crate::SessionsError;

pub(crate) struct Caller {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
}

impl Caller {
    /// An endpoint that is reached without the authorizer is deployed wrongly: a failure of ours.
    pub(crate) fn of(request: &Request) -> Result<Self, SessionsError> {
        let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else {
            return Err(SessionsError::Unauthorized);
        };
        let text = |name| context.authorizer.fields.get(name).and_then(|value| value.as_str());
        Ok(Self {
            user_id: text("sub").and_then(UserId::parse).ok_or(SessionsError::Unauthorized)?,
            session_id: text("sid").and_then(SessionId::parse).ok_or(SessionsError::Unauthorized)?,
        })
    }
}
