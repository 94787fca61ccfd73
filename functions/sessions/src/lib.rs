//! `GET /sessions` and `DELETE /sessions/{session_id}`: a user's signed-in devices.
//!
//! They are behind the authorizer, like your own endpoints: its context names the caller, so this function
//! reads no tokens.

mod cursor;
mod error;
mod flow;
mod request;
mod view;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use shared::{
    clock::Clock,
    context::{Context, StartError},
    http::Endpoint,
    store::{SessionRevoker, Sessions},
};

pub use self::error::{SessionsError, SessionsReason};

/// The function.
#[derive(Debug)]
pub struct SessionsApi {
    endpoint: Endpoint,
    sessions: Sessions,
    revoker: SessionRevoker,
    clock: Arc<dyn Clock>,
}

impl SessionsApi {
    /// Starts the function.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete.
    pub fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, .. } = context;
        Ok(Self {
            endpoint: Endpoint::new("sessions", "GET, DELETE", context)?,
            sessions: Sessions::new(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            clock: clock.clone(),
        })
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.list_or_end(request, &log))).await
    }
}
