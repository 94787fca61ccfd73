//! `POST /refresh`: exchanges a refresh token for a new access token and a new refresh token.
//!
//! This is a token endpoint as in RFC 6749 section 6, with rotation as in RFC 9700 section 4.14.2. One
//! conditional write decides. If it fails, the item that it returns tells why ([`decide`]).

mod decision;
mod error;
mod flow;
mod request;
mod rotation;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use shared::{
    client::{Clients, ResourceIndicators},
    clock::Clock,
    context::{Context, StartError},
    http::{Endpoint, Proofs},
    keys::Keysets,
    lifetimes::Lifetimes,
    random::Random,
    route,
    store::{SessionRevoker, Sessions, Users},
    tokens::TokenIssuer,
};

pub use self::{
    decision::{Bounds, Decision, End, Presented, Reuse, decide},
    error::{Misuse, RefreshError, RefreshReason},
};

/// The function.
#[derive(Debug)]
pub struct Refresh {
    endpoint: Endpoint,
    route: &'static str,
    keysets: Keysets,
    clients: Clients,
    users: Users,
    sessions: Sessions,
    revoker: SessionRevoker,
    issuer: TokenIssuer,
    indicators: ResourceIndicators,
    proofs: Proofs,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Refresh {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys are unusable.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, .. } = context;
        let keysets = Keysets::new(environment, aws)?;
        let clients = Clients::new(environment, dynamodb, clock.clone())?;
        let refresh = Self::at(route::REFRESH, keysets, clients, context)?;
        refresh.keysets.load(clock.now()).await?;
        Ok(refresh)
    }

    /// The flow as a part of the endpoint at this route, with that endpoint's keys and clients.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete.
    pub fn at(
        route: &'static str,
        keysets: Keysets,
        clients: Clients,
        context: &Context,
    ) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, random, .. } = context;
        Ok(Self {
            endpoint: Endpoint::new("refresh", "POST", context)?,
            route,
            keysets,
            clients,
            users: Users::new(environment, dynamodb)?,
            sessions: Sessions::new(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            issuer: TokenIssuer::new(environment)?,
            indicators: ResourceIndicators::from_environment(environment)?,
            proofs: Proofs::from_environment(environment)?,
            lifetimes: Lifetimes::from_environment(environment)?,
            clock: clock.clone(),
            random: random.clone(),
        })
    }

    /// Opens connections, so that the first request needn't. Lambda starts a function with a whole processor,
    /// but may give its requests only a small part of one.
    pub async fn warm_up(&self) {
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.refresh(request, &log))).await
    }
}
