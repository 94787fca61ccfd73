//! What a function is started with.

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

/// Everything that comes to a function from outside. In Lambda it comes from the process, in a test from the test.
#[derive(Clone)]
pub struct Context {
    /// Its configuration.
    pub environment: Environment,
    /// Its DynamoDB client, built once and kept warm.
    pub dynamodb: Client,
    /// The configuration that clients of other services are made from.
    pub aws: SdkConfig,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Its randomness.
    pub random: Arc<dyn Random>,
    /// The cost of the password hashes that it makes.
    pub hash_cost: HashCost,
}

impl Context {
    /// The context of this process.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if its variables don't say how AWS is reached.
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

/// Why a function doesn't start: it starts whole or not at all.
#[derive(thiserror::Error)]
pub enum StartError {
    /// A variable is missing or makes no sense.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The keyset can't be used.
    #[error(transparent)]
    Keyset(#[from] KeysetsError),
}

/// The sentence, since `Debug` is what is printed of an error that `main` returns.
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
