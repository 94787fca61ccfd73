//! `GET /userinfo` and `POST /userinfo`: claims about the user (OpenID Connect Core 1.0 section 5.3).
//!
//! They are behind the authorizer, like your own endpoints: its context names the caller and the scope, so
//! this function reads no tokens.

mod error;
mod flow;

use lambda_http::{Body, Request, Response};
use shared::{
    context::{Context, StartError},
    error::chain,
    http::Endpoint,
    ids::UserId,
    store::Users,
};

pub use self::error::{UserinfoError, UserinfoReason};

/// The function.
#[derive(Debug)]
pub struct Userinfo {
    endpoint: Endpoint,
    users: Users,
}

impl Userinfo {
    /// Starts the function.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete.
    pub fn start(context: &Context) -> Result<Self, StartError> {
        Ok(Self {
            endpoint: Endpoint::new("userinfo", "GET, POST", context)?,
            users: Users::new(&context.environment, &context.dynamodb)?,
        })
    }

    /// Opens a connection by looking for a user who doesn't exist, so that the first request needn't. Lambda
    /// starts a function with a whole processor, but may give its requests only a small part of one.
    pub async fn warm_up(&self) {
        if let Err(error) = self.users.find(&UserId::nobody()).await {
            tracing::warn!(reason = chain(&error), "started without its connection to DynamoDB");
        }
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.claims(request, &log))).await
    }
}
