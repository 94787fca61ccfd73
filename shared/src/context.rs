//! The inputs that a function starts with.

use std::{fmt, sync::Arc};

pub use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;

use crate::{
    aws,
    clock::{Clock, SystemClock},
    environment::{Environment, EnvironmentError},
    hash_cost::HashCost,
    keys::KeysetsError,
    random::{Random, SystemRandom},
};

/// Everything that a function gets from outside: from the process in Lambda, from the test in a test.
#[derive(Clone)]
pub struct Context {
    /// The configuration.
    pub environment: Environment,
    /// The DynamoDB client, built once and kept warm.
    pub dynamodb: Client,
    /// The configuration for clients of other services.
    pub aws: SdkConfig,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// The cost of new password hashes.
    pub hash_cost: HashCost,
}

impl Context {
    /// The context of this process.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if the variables for AWS are missing or malformed.
    pub fn of_process() -> Result<Self, EnvironmentError> {
        Self::of(Environment::from_process())
    }

    fn of(environment: Environment) -> Result<Self, EnvironmentError> {
        let aws = aws::config(&environment)?;
        Ok(Self {
            environment,
            dynamodb: aws::dynamodb(&aws),
            aws,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom::new()),
            hash_cost: HashCost::PRODUCTION,
        })
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("environment", &self.environment).finish_non_exhaustive()
    }
}

/// Why a function doesn't start. A function never starts in part.
#[derive(thiserror::Error)]
pub enum StartError {
    /// A variable is missing or malformed.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The keyset can't be used.
    #[error(transparent)]
    Keyset(#[from] KeysetsError),
}

/// Prints the message, since `main` prints its error with `Debug`.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::variable;

    #[test]
    fn a_process_hashes_at_the_cost_of_a_deployment() {
        let region = (variable::AWS_REGION.to_owned(), "eu-central-1".to_owned());
        let context = Context::of(Environment::from_variables([region])).unwrap();
        assert_eq!(context.hash_cost, HashCost::PRODUCTION);
    }
}
