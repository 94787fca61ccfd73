//! `POST /password`: a user changes the password. The user's other sessions end, and the caller's continues
//! with new tokens.
//!
//! The endpoint is behind the authorizer. It serves signed-in users, and users who have to change their
//! password first. It requires the current password too: an access token alone must not give anyone the
//! account.

mod error;
mod flow;
mod request;
mod successor;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use passwords::{Callers, Credentials, Passwords};
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

pub use self::error::{PasswordChangeError, PasswordChangeReason};

/// The function.
#[derive(Debug)]
pub struct PasswordChange {
    endpoint: Endpoint,
    keysets: Keysets,
    clients: Clients,
    callers: Callers,
    credentials: Credentials,
    users: Users,
    sessions: Sessions,
    revoker: SessionRevoker,
    passwords: Passwords,
    issuer: TokenIssuer,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl PasswordChange {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys are unusable.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, hash_cost } = context;
        let clients = Clients::new(environment, dynamodb, clock.clone())?;
        let password = Self {
            endpoint: Endpoint::new("password", "POST", context)?,
            callers: Callers::new(environment, dynamodb, &clients)?,
            credentials: Credentials::new(environment, dynamodb)?,
            users: Users::new(environment, dynamodb)?,
            sessions: Sessions::new(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            passwords: Passwords::with_cost(random.clone(), *hash_cost),
            issuer: TokenIssuer::new(environment)?,
            lifetimes: Lifetimes::from_environment(environment)?,
            keysets: Keysets::new(environment, aws)?,
            clock: clock.clone(),
            random: random.clone(),
            clients,
        };
        password.keysets.load(clock.now()).await?;
        Ok(password)
    }

    /// Opens connections and allocates memory for hashes, so that the first request needn't. Lambda starts a
    /// function with a whole processor, but may give its requests only a small part of one.
    pub async fn warm_up(&self) {
        self.passwords.warm_up();
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.change(request, &log))).await
    }
}
