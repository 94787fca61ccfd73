//! `POST /logout`: the session ends, and with it its refresh token and its access tokens.
//!
//! Also the revocation endpoint of RFC 7009: it takes either token as `token`, and answers 200 to one that it doesn't
//! know, since what the client wants is already so.

mod error;
mod flow;
mod request;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use shared::{
    client::Clients,
    clock::Clock,
    context::{Context, StartError},
    http::Endpoint,
    keys::Keysets,
    store::{SessionRevoker, Sessions},
    tokens::AccessTokenVerifier,
};

pub use self::error::{LogoutError, LogoutReason};

/// The function.
#[derive(Debug)]
pub struct Logout {
    endpoint: Endpoint,
    keysets: Keysets,
    verifier: AccessTokenVerifier,
    clients: Clients,
    sessions: Sessions,
    revoker: SessionRevoker,
    clock: Arc<dyn Clock>,
}

impl Logout {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys can't be used.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, .. } = context;
        let logout = Self {
            endpoint: Endpoint::new("logout", "POST", context)?,
            verifier: AccessTokenVerifier::new(environment)?,
            keysets: Keysets::new(environment, aws)?,
            clients: Clients::new(environment, dynamodb, clock.clone())?,
            sessions: Sessions::new(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            clock: clock.clone(),
        };
        logout.keysets.load(clock.now()).await?;
        Ok(logout)
    }

    /// Gets ready what the first request would wait for: connections. Lambda starts a function with a whole
    /// processor, and may give its requests a small part of one.
    pub async fn warm_up(&self) {
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.logout(request, &log))).await
    }
}
