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

use std::{sync::Arc, time::Duration};

use lambda_http::{LambdaEvent, lambda_runtime::Diagnostic};
use serde_json::Value;
use shared::{
    aborted,
    audit::{Event, FunctionLog, Invocation, RequestLog},
    clock::Clock,
    context::{Context, StartError},
    random::Random,
    store::PublishedKeys,
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

/// How long a step may take: a little less than Lambda lets it (template.yaml, `Timeout`).
pub const TIME_LIMIT: Duration = Duration::from_secs(55);

/// The function.
#[derive(Debug)]
pub struct KeyRotation {
    secret: KeysetSecret,
    published: PublishedKeys,
    plan: KeyPlan,
    log: FunctionLog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl KeyRotation {
    /// Starts the function.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or makes no sense.
    pub fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random } = context;
        Ok(Self {
            secret: KeysetSecret::new(environment, aws)?,
            published: PublishedKeys::new(environment, dynamodb)?,
            plan: KeyPlan::from_environment(environment)?,
            log: FunctionLog::new("keys", context).with_time_limit(TIME_LIMIT),
            clock: clock.clone(),
            random: random.clone(),
        })
    }

    /// Carries out the step that Lambda brings.
    ///
    /// # Errors
    ///
    /// What Secrets Manager is told, if it can't be carried out.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<(), Diagnostic> {
        let LambdaEvent { payload, context, .. } = event;
        let taken = aborted::caught(self.take(payload, Some(context.request_id))).await;
        taken.unwrap_or_else(|panic| Err(panic.into())).map_err(Diagnostic::from)
    }

    /// Carries out one step of a rotation. Any of them may be repeated, at any time and in parallel.
    ///
    /// # Errors
    ///
    /// [`RotationError`], if it can't be carried out: Secrets Manager repeats the rotation later.
    pub async fn handle(&self, event: Value) -> Result<(), RotationError> {
        self.take(event, None).await
    }

    async fn take(&self, event: Value, lambda_request_id: Option<String>) -> Result<(), RotationError> {
        let log = self.log.begin(Invocation::of_event(&event, lambda_request_id));
        let taken = log.carry_out(Box::pin(self.step(event, &log))).await;
        let taken = taken.unwrap_or_else(|aborted| Err(aborted.into()));
        match &taken {
            Ok(()) => log.answered(None),
            Err(error) => log.refused(&error.ending()),
        }
        taken
    }

    async fn step(&self, event: Value, log: &RequestLog) -> Result<(), RotationError> {
        let RotationEvent { step, secret_id, client_request_token } = RotationEvent::parse(event)?;
        log.rotation(step.name(), &client_request_token);
        if secret_id != self.secret.id() {
            return Err(RotationError::AnotherSecret);
        }
        let version = &client_request_token;
        match step {
            Step::Create => self.create(version).await?,
            Step::Set => self.set(version).await?,
            Step::Test => self.test(version).await?,
            Step::Finish => self.finish(version).await?,
        }
        log.outcome(match step {
            Step::Create | Step::Set | Step::Test => Event::KeysetPrepared,
            Step::Finish => Event::KeysetRotated,
        });
        Ok(())
    }
}
