//! The requests of the two endpoints.

use lambda_http::{Request, RequestExt, http::Method};
use shared::http::RequestError;

/// The path parameter of `/sessions/{session_id}`.
const SESSION_ID: &str = "session_id";

#[derive(Debug)]
pub(crate) enum SessionsRequest<'a> {
    /// `GET /sessions`.
    List,
    /// `DELETE /sessions/{session_id}`, with what stands in the place of the identifier.
    End(Option<&'a str>),
}

impl<'a> SessionsRequest<'a> {
    pub(crate) fn parse(request: &'a Request) -> Result<Self, RequestError> {
        match (request.method(), request.path_parameters_ref()) {
            (&Method::GET, None) => Ok(Self::List),
            (&Method::DELETE, Some(path)) => Ok(Self::End(path.first(SESSION_ID))),
            _ => Err(RequestError::Method),
        }
    }
}
