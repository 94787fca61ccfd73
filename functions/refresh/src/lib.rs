//! `POST /refresh`: a refresh token becomes a new access token and a new refresh token.
//!
//! A token endpoint in the sense of RFC 6749 section 6, with rotation as RFC 9700 section 4.14.2 asks: one conditional
//! write decides, and what it found decides what a refusal means ([`decide`]).

mod decision;
mod error;
mod flow;
mod request;
mod rotation;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use shared::{
    client::Clients,
    clock::Clock,
    context::{Context, StartError},
    http::Endpoint,
    keys::Keysets,
    lifetimes::Lifetimes,
    random::Random,
    store::{SessionRevoker, Sessions, Users},
    tokens::TokenIssuer,
};

pub use self::{
    decision::{Bounds, Decision, End, Presented, Reuse, decide},
    error::{RefreshError, RefreshReason},
};

/// The function.
#[derive(Debug)]
pub struct Refresh {
    endpoint: Endpoint,
    keysets: Keysets,
    clients: Clients,
    users: Users,
    sessions: Sessions,
    revoker: SessionRevoker,
    issuer: TokenIssuer,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Refresh {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys can't be used.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, .. } = context;
        let refresh = Self {
            endpoint: Endpoint::new("refresh", "POST", context)?,
            clients: Clients::new(environment, dynamodb, clock.clone())?,
            users: Users::new(environment, dynamodb)?,
            sessions: Sessions::new(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            issuer: TokenIssuer::new(environment)?,
            lifetimes: Lifetimes::from_environment(environment)?,
            keysets: Keysets::new(environment, aws)?,
            clock: clock.clone(),
            random: random.clone(),
        };
        refresh.keysets.load(clock.now()).await?;
        Ok(refresh)
    }

    /// Gets ready what the first request would wait for: connections. Lambda starts a function with a whole
    /// processor, and may give its requests a small part of one.
    pub async fn warm_up(&self) {
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.refresh(request, &log))).await
    }
}
