//! The requests of the two endpoints.

use lambda_http::{Request, RequestExt, http::Method};
use shared::http::RequestError;

/// The path parameter of `/sessions/{session_id}`.
const SESSION_ID: &str = "session_id";
const LIMIT: &str = "limit";
pub(crate) const CURSOR: &str = "cursor";

/// The most sessions on a page, and the default.
const MAX_LIMIT: i32 = 100;

#[derive(Debug)]
pub(crate) enum SessionsRequest {
    /// `GET /sessions`.
    List {
        /// The most sessions to return.
        limit: i32,
        /// The cursor as sent.
        cursor: Option<String>,
    },
    /// `DELETE /sessions/{session_id}`, with the identifier in the path.
    End(Option<String>),
}

impl SessionsRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, RequestError> {
        match (request.method(), request.path_parameters_ref()) {
            (&Method::GET, None) => Ok(Self::List {
                limit: query(request, LIMIT)?.map_or(Ok(MAX_LIMIT), |text| limit(&text))?,
                cursor: query(request, CURSOR)?,
            }),
            (&Method::DELETE, Some(path)) => Ok(Self::End(path.first(SESSION_ID).map(str::to_owned))),
            _ => Err(RequestError::Method),
        }
    }
}

/// A parameter of the query, if present.
fn query(request: &Request, name: &str) -> Result<Option<String>, RequestError> {
    let values = request.query_string_parameters_ref().and_then(|query| query.all(name));
    match values.unwrap_or_default()[..] {
        [] => Ok(None),
        [value] => Ok(Some(value.to_owned())),
        [..] => Err(RequestError::Repeated),
    }
}

fn limit(text: &str) -> Result<i32, RequestError> {
    let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    number.filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or(RequestError::Mistyped(LIMIT))
}
