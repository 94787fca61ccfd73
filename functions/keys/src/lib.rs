//! Secrets Manager's rotation function, which makes the keyset and replaces its keys.
//!
//! A new key is published first, and makes tokens only when its lead has passed. By then every function that
//! signs has the keyset with the key, and every function that verifies has its public half. A replaced key
//! stays published until its last token has expired. So a rotation refuses no token and ends no session.

mod error;
mod fence;
mod flow;
mod generate;
mod plan;
mod publish;
mod request;
mod secret;
mod steps;
mod trial;

use std::{sync::Arc, time::Duration};

use lambda_http::{LambdaEvent, lambda_runtime::Diagnostic};
use serde_json::Value;
use shared::{
    clock::Clock,
    context::{Context, StartError},
    keys::PublishedKeys,
    log::{FunctionLog, Invocation, RequestLog},
    random::Random,
};

use self::secret::KeysetSecret;
pub use self::{
    error::RotationError,
    fence::{Fence, FenceError},
    generate::GenerateError,
    plan::KeyPlan,
    publish::{publish, retire},
};

/// How long a step may take: a little less than Lambda allows (template.yaml, `Timeout`).
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
    /// [`StartError`], if its environment is incomplete or malformed.
    pub fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, .. } = context;
        Ok(Self {
            secret: KeysetSecret::new(environment, aws)?,
            published: PublishedKeys::new(environment, dynamodb)?,
            plan: KeyPlan::from_environment(environment)?,
            log: FunctionLog::new("keys", context)?.with_time_limit(TIME_LIMIT),
            clock: clock.clone(),
            random: random.clone(),
        })
    }

    /// Runs the step in Lambda's event.
    ///
    /// # Errors
    ///
    /// The message for Secrets Manager, if the step fails.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<(), Diagnostic> {
        Ok(self.handle(event.payload, Some(event.context.request_id)).await?)
    }

    /// Runs a step of a rotation. Steps may be repeated, at any time and in parallel. The second parameter is
    /// Lambda's identifier of the request.
    ///
    /// # Errors
    ///
    /// [`RotationError`], if the step fails. Secrets Manager repeats the rotation later.
    pub async fn handle(&self, event: Value, lambda_request_id: Option<String>) -> Result<(), RotationError> {
        let log = RequestLog::begin(&self.log, Invocation::of_event(&event, lambda_request_id));
        let result = log.carry_out(Box::pin(self.rotate(event, &log))).await;
        match &result {
            Ok(()) => log.answered(None),
            Err(error) => log.refused(&error.ending()),
        }
        result
    }
}
