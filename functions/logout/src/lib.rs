//! `POST /logout`: ends a session, with its refresh token and its access tokens.
//!
//! This is also the revocation endpoint of RFC 7009: it takes either token as `token`, and answers 200 to an
//! unknown one, since there is nothing left to revoke.

mod error;
mod flow;
mod request;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use shared::{
    client::Clients,
    clock::Clock,
    context::{Context, StartError},
    http::{Endpoint, Proofs},
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
    proofs: Proofs,
    clock: Arc<dyn Clock>,
}

impl Logout {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys are unusable.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, .. } = context;
        let logout = Self {
            endpoint: Endpoint::new("logout", "POST", context)?,
            verifier: AccessTokenVerifier::new(environment)?,
            keysets: Keysets::new(environment, aws)?,
            clients: Clients::new(environment, dynamodb, clock.clone())?,
            sessions: Sessions::new(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            proofs: Proofs::from_environment(environment)?,
            clock: clock.clone(),
        };
        logout.keysets.load(clock.now()).await?;
        Ok(logout)
    }

    /// Opens connections, so that the first request needn't. Lambda starts a function with a whole processor,
    /// but may give its requests only a small part of one.
    pub async fn warm_up(&self) {
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.logout(request, &log))).await
    }
}
