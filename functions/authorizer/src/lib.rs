//! The Lambda authorizer: who may pass to the endpoints behind it.
//!
//! It verifies the access token and asks whether its session still lives. A refusal that means "log in or refresh" is
//! the error whose message is exactly `Unauthorized`, which API Gateway turns into a 401; a failure of ours is any
//! other error, which it turns into a 500; nothing else but a verified token of a live session is an Allow.

mod error;
mod event;
mod liveness;
mod policy;

use std::sync::Arc;

use secrecy::ExposeSecret;
use serde_json::Value;
use shared::{
    clock::Clock,
    keys::PublicKeys,
    surroundings::{StartError, Surroundings},
    tokens::AccessTokenVerifier,
};

pub use self::{
    error::AuthorizerError,
    policy::{Policy, Stage},
};
use self::{
    event::{TokenEvent, bearer_token},
    liveness::LiveSessions,
};

/// The function.
#[derive(Debug)]
pub struct Authorizer {
    verifier: AccessTokenVerifier,
    sessions: LiveSessions,
    clock: Arc<dyn Clock>,
}

impl Authorizer {
    /// Starts the function. It has the public halves of the signing keys, and no others.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete.
    pub fn new(surroundings: &Surroundings) -> Result<Self, StartError> {
        let Surroundings { environment, dynamodb, clock, .. } = surroundings;
        let keys = PublicKeys::from_environment(environment)?;
        Ok(Self {
            verifier: AccessTokenVerifier::new(keys, environment)?,
            sessions: LiveSessions::new(environment, dynamodb)?,
            clock: clock.clone(),
        })
    }

    /// Decides about one request, and logs what it decided.
    ///
    /// # Errors
    ///
    /// [`AuthorizerError`], if it is refused, or the decision failed.
    pub async fn handle(&self, event: Value) -> Result<Policy, AuthorizerError> {
        let result = self.authorize(event).await;
        match &result {
            Ok(_) => tracing::info!(function = "authorizer", "allowed"),
            Err(error) => error.log(),
        }
        result
    }

    async fn authorize(&self, event: Value) -> Result<Policy, AuthorizerError> {
        let now = self.clock.now();
        let event = TokenEvent::parse(event).ok_or(AuthorizerError::Event)?;
        let stage = Stage::of_method_arn(&event.method_arn).ok_or(AuthorizerError::MethodArn)?;
        let token =
            bearer_token(event.authorization_token.expose_secret()).ok_or(AuthorizerError::NoBearer)?;
        let token = self.verifier.verify(token, now)?;
        if !self.sessions.is_live(&token, now).await? {
            return Err(AuthorizerError::SessionEnded);
        }
        Ok(Policy::allow(&stage, &token))
    }
}
