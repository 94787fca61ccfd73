//! The requests of the two endpoints.

use lambda_http::{Request, RequestExt, http::Method};
use shared::{http::RequestError, ids::SessionId};

use crate::{SessionsError, SessionsReason};

/// The path parameter of `/sessions/{session_id}`.
const SESSION_ID: &str = "session_id";

#[derive(Debug)]
pub(crate) enum SessionsRequest {
    /// `GET /sessions`.
    List,
    /// `DELETE /sessions/{session_id}`.
    End(SessionId),
}

impl SessionsRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, SessionsError> {
        match (request.method(), request.path_parameters_ref()) {
            (&Method::GET, None) => Ok(Self::List),
            (&Method::DELETE, Some(path)) => {
                let session_id = path.first(SESSION_ID).and_then(SessionId::parse);
                Ok(Self::End(session_id.ok_or(SessionsReason::NotFound)?))
            }
            _ => Err(RequestError::Method.into()),
        }
    }
}
