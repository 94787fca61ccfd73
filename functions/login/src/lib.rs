//! `POST /login`: a user name and password, on a registered client, become an access token and a refresh token.
//!
//! A first-party login, deliberately not `grant_type=password`, which RFC 9700 section 2.4 forbids.

mod error;
mod expired;
mod flow;
mod request;
mod session_limit;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use passwords::{Credentials, Passwords};
use shared::{
    client::Clients,
    clock::Clock,
    context::{Context, StartError},
    environment::variable,
    http::Endpoint,
    keys::Keysets,
    lifetimes::Lifetimes,
    random::Random,
    store::{SessionRevoker, Sessions, Users},
    tokens::TokenIssuer,
};

pub use self::error::{LoginError, LoginReason};

/// The function.
#[derive(Debug)]
pub struct Login {
    endpoint: Endpoint,
    keysets: Keysets,
    clients: Clients,
    credentials: Credentials,
    users: Users,
    sessions: Sessions,
    revoker: SessionRevoker,
    max_sessions: Option<usize>,
    passwords: Passwords,
    issuer: TokenIssuer,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Login {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys can't be used.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, hash_cost } = context;
        let login = Self {
            endpoint: Endpoint::new("login", "POST", context)?,
            clients: Clients::new(environment, dynamodb, clock.clone())?,
            credentials: Credentials::new(environment, dynamodb)?,
            users: Users::new(environment, dynamodb)?,
            sessions: Sessions::new(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            max_sessions: match environment.count(variable::MAX_SESSIONS, 0, 0..=10_000)? {
                0 => None,
                max_sessions => Some(max_sessions),
            },
            passwords: Passwords::with_cost(random.clone(), *hash_cost),
            issuer: TokenIssuer::new(environment)?,
            lifetimes: Lifetimes::from_environment(environment)?,
            keysets: Keysets::new(environment, aws)?,
            clock: clock.clone(),
            random: random.clone(),
        };
        login.keysets.load(clock.now()).await?;
        Ok(login)
    }

    /// Gets ready what the first request would wait for: connections, and memory to hash in. Lambda starts a function with a whole
    /// processor, and may give its requests a small part of one.
    pub async fn warm_up(&self) {
        self.passwords.warm_up();
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.login(request, &log))).await
    }
}
