//! `POST /login`: exchanges a user name and password, on a registered client, for an access token and a
//! refresh token.
//!
//! This is a first-party login. It is deliberately not `grant_type=password`, which RFC 9700 section 2.4
//! forbids.

mod error;
mod expired;
mod flow;
mod request;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use passwords::SignIn;
use shared::{
    client::Clients,
    clock::Clock,
    context::{Context, StartError},
    http::{Endpoint, Proofs},
    keys::Keysets,
    lifetimes::Lifetimes,
    random::Random,
    store::{SessionLimit, Sessions},
    tokens::TokenIssuer,
};

pub use self::error::{LoginError, LoginReason};

/// The function.
#[derive(Debug)]
pub struct Login {
    endpoint: Endpoint,
    keysets: Keysets,
    clients: Clients,
    sign_in: SignIn,
    sessions: Sessions,
    session_limit: SessionLimit,
    issuer: TokenIssuer,
    proofs: Proofs,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Login {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys are unusable.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, .. } = context;
        let login = Self {
            endpoint: Endpoint::new("login", "POST", context)?,
            clients: Clients::new(environment, dynamodb, clock.clone())?,
            sign_in: SignIn::new(context)?,
            sessions: Sessions::new(environment, dynamodb)?,
            session_limit: SessionLimit::from_environment(environment, dynamodb)?,
            issuer: TokenIssuer::new(environment)?,
            proofs: Proofs::from_environment(environment)?,
            lifetimes: Lifetimes::from_environment(environment)?,
            keysets: Keysets::new(environment, aws)?,
            clock: clock.clone(),
            random: random.clone(),
        };
        login.keysets.load(clock.now()).await?;
        Ok(login)
    }

    /// Opens connections and allocates memory for hashes, so that the first request needn't. Lambda starts a
    /// function with a whole processor, but may give its requests only a small part of one.
    pub async fn warm_up(&self) {
        self.sign_in.passwords.warm_up();
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.login(request, &log))).await
    }
}
