//! Secrets Manager's rotation function: it makes the keyset, and replaces its keys.
//!
//! A new key is published first, and makes tokens only when its lead has passed: by then every function that signs has
//! the keyset that names it, and every one that verifies has its public half. A key that was replaced stays published
//! until the last token that it signed has expired. So nobody notices a rotation: no token is refused over it, and no
//! session ends.

mod error;
mod event;
mod generate;
mod plan;
mod publish;
mod secret;
mod steps;
mod trial;

use std::sync::Arc;

use serde_json::Value;
use shared::{
    audit::Event,
    clock::Clock,
    random::Random,
    store::PublishedKeys,
    surroundings::{StartError, Surroundings},
};

pub use self::{
    error::RotationError,
    generate::{GenerateError, SigningAlgorithm},
    plan::KeyPlan,
    publish::{publish, retire},
};
use self::{
    event::{RotationEvent, Step},
    secret::KeysetSecret,
};

/// The function.
#[derive(Debug)]
pub struct KeyRotation {
    secret: KeysetSecret,
    published: PublishedKeys,
    plan: KeyPlan,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl KeyRotation {
    /// Starts the function.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or makes no sense.
    pub fn start(surroundings: &Surroundings) -> Result<Self, StartError> {
        let Surroundings { environment, dynamodb, aws, clock, random } = surroundings;
        Ok(Self {
            secret: KeysetSecret::new(environment, aws)?,
            published: PublishedKeys::new(environment, dynamodb)?,
            plan: KeyPlan::from_environment(environment)?,
            clock: clock.clone(),
            random: random.clone(),
        })
    }

    /// Carries out one step of a rotation. Any of them may be repeated, at any time and in parallel.
    ///
    /// # Errors
    ///
    /// [`RotationError`], if it can't be carried out: Secrets Manager repeats the rotation later.
    pub async fn handle(&self, event: Value) -> Result<(), RotationError> {
        let RotationEvent { step, secret_id, client_request_token } = RotationEvent::parse(event)?;
        let result = if secret_id == self.secret.id() {
            let version = &client_request_token;
            match step {
                Step::Create => self.create(version).await,
                Step::Set => self.set(version).await,
                Step::Test => self.test(version).await,
                Step::Finish => self.finish(version).await,
            }
        } else {
            Err(RotationError::AnotherSecret)
        };
        match &result {
            Ok(()) => {
                let event = matches!(step, Step::Finish).then(|| Event::KeysetRotated.name());
                let version = client_request_token.as_str();
                tracing::info!(event, function = "keys", ?step, version, "carried out");
            }
            Err(error) => {
                let reason = shared::http::chain(error);
                tracing::error!(function = "keys", ?step, version = client_request_token, reason, "failed");
            }
        }
        result
    }
}
