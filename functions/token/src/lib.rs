//! `POST /token`: exchanges an authorization code or a refresh token for tokens (RFC 6749 section 3.2).
//!
//! The refresh token grant is the flow of the package `refresh`. The authorization code grant is here. One
//! conditional write redeems the code. If it fails, the row that it returns tells why ([`decide`]).

mod decision;
mod error;
mod flow;
mod opening;
mod pkce;
mod request;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use refresh::Refresh;
use shared::{
    client::{Clients, ResourceIndicators},
    clock::Clock,
    context::{Context, StartError},
    http::{Endpoint, Proofs},
    keys::Keysets,
    lifetimes::Lifetimes,
    random::Random,
    route,
    store::{Codes, SessionLimit, SessionRevoker, Sessions, Users},
    tokens::TokenIssuer,
};

pub use self::{
    decision::{Decision, Mismatch, decide},
    error::{TokenError, TokenReason},
};

/// The function.
#[derive(Debug)]
pub struct TokenEndpoint {
    endpoint: Endpoint,
    refresh: Refresh,
    keysets: Keysets,
    clients: Clients,
    codes: Codes,
    users: Users,
    sessions: Sessions,
    session_limit: SessionLimit,
    revoker: SessionRevoker,
    issuer: TokenIssuer,
    indicators: ResourceIndicators,
    proofs: Proofs,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl TokenEndpoint {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys are unusable.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, .. } = context;
        let keysets = Keysets::new(environment, aws)?;
        let clients = Clients::new(environment, dynamodb, clock.clone())?;
        let token = Self {
            endpoint: Endpoint::new("token", "POST", context)?,
            refresh: Refresh::at(route::TOKEN, keysets.clone(), clients.clone(), context)?,
            keysets,
            clients,
            codes: Codes::new(environment, dynamodb)?,
            users: Users::new(environment, dynamodb)?,
            sessions: Sessions::new(environment, dynamodb)?,
            session_limit: SessionLimit::from_environment(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            issuer: TokenIssuer::new(environment)?,
            indicators: ResourceIndicators::from_environment(environment)?,
            proofs: Proofs::from_environment(environment)?,
            lifetimes: Lifetimes::from_environment(environment)?,
            clock: clock.clone(),
            random: random.clone(),
        };
        token.keysets.load(clock.now()).await?;
        Ok(token)
    }

    /// Opens connections, so that the first request needn't. Lambda starts a function with a whole processor,
    /// but may give its requests only a small part of one.
    pub async fn warm_up(&self) {
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.issue(request, &log))).await
    }
}
