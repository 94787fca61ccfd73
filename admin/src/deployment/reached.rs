//! A deployment that can be reached.

use std::{collections::BTreeMap, fmt, sync::Arc};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use shared::{
    clock::{Clock, SystemClock, Timestamp},
    environment::Environment,
    random::{Random, SystemRandom},
    store::Table,
};

use crate::error::AdminError;

/// A deployment that can be reached.
#[derive(Clone)]
pub struct Deployment {
    /// What clients of AWS's services are made from.
    pub sdk_config: SdkConfig,
    /// The way to its tables.
    pub dynamodb: Client,
    /// The functions' variables that say which tables these are, and where the keyset is.
    pub environment: Environment,
    /// Where its API is served, if that is known.
    pub api_url: Option<String>,
    /// The stack's parameters, if it is one.
    pub parameters: BTreeMap<String, String>,
    /// What people call it.
    pub target: String,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Deployment {
    pub(super) fn over(sdk_config: SdkConfig, environment: Environment, target: String) -> Self {
        Self {
            dynamodb: Client::new(&sdk_config),
            sdk_config,
            environment,
            api_url: None,
            parameters: BTreeMap::new(),
            target,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom::new()),
        }
    }

    /// The table that the variable names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn table(&self, variable: &'static str) -> Result<Table, AdminError> {
        Ok(Table::from_environment(variable, &self.environment, &self.dynamodb)?)
    }

    /// A parameter of the stack, if it is one.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl fmt::Debug for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployment")
            .field("target", &self.target)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
