//! `POST /password`: a user chooses another password. The user's other sessions end; the one that asked goes on, with
//! new tokens.
//!
//! Behind the authorizer, as an endpoint for whoever is signed in, and for whoever has to change the password before
//! anything else. The current password is asked for all the same: an access token alone is no reason to give somebody
//! the account.

mod error;
mod flow;
mod request;
mod successor;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use passwords::{Credentials, Passwords};
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
    /// [`StartError`], if its environment is incomplete or its keys can't be used.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, hash_cost } = context;
        let password = Self {
            endpoint: Endpoint::new("password", "POST", context)?,
            clients: Clients::new(environment, dynamodb, clock.clone())?,
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
        };
        password.keysets.load(clock.now()).await?;
        Ok(password)
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
        self.endpoint.answer(request, &log, Box::pin(self.change(request, &log))).await
    }
}
