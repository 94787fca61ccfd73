//! A deployment that can be reached.

use std::{collections::BTreeMap, fmt, sync::Arc};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use shared::{
    clock::{Clock, SystemClock, Timestamp},
    environment::{Environment, variable},
    random::{Random, SystemRandom},
    resource::Resources,
    store::Table,
};

use super::tables::of_pairs;
use crate::error::AdminError;

/// A deployment that can be reached.
#[derive(Clone)]
pub struct Deployment {
    /// The configuration for clients of AWS's services.
    pub sdk_config: SdkConfig,
    /// The client for its tables.
    pub dynamodb: Client,
    /// The functions' variables with the names of the tables and the place of the keyset; where they are
    /// known, also the sender of mails, and who may sign up.
    pub environment: Environment,
    /// The URL of its API, if known. For a stack, this is its own URL, even if an HTTP API serves there
    /// instead of its REST API.
    pub api_url: Option<String>,
    /// The name of the stack, if this is one.
    pub stack: Option<String>,
    /// The stack's parameters; empty, if this is no stack.
    pub parameters: BTreeMap<String, String>,
    /// The stack's tags; empty, if this is no stack.
    pub tags: BTreeMap<String, String>,
    /// The deployment's name for people.
    pub target: String,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
}

impl Deployment {
    pub(super) fn over(sdk_config: SdkConfig, environment: Environment, target: String) -> Self {
        Self {
            dynamodb: shared::aws::dynamodb(&sdk_config),
            sdk_config,
            environment,
            api_url: None,
            stack: None,
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            target,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom::new()),
        }
    }

    /// This deployment with only these tables, by variable.
    pub(crate) fn with_tables<'a>(&self, tables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { environment: of_pairs(tables), ..self.clone() }
    }

    /// Opens the table that the variable names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn table(&self, variable: &'static str) -> Result<Table, AdminError> {
        Ok(Table::from_environment(variable, &self.environment, &self.dynamodb)?)
    }

    /// A parameter of the stack; `None`, if this is no stack.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Whether the deployment binds tokens, by the stack's parameter; `None`, if this is no stack. A stack of
    /// a release without the parameter binds none.
    pub fn binds_tokens(&self) -> Option<bool> {
        let is_on = self.parameter("Dpop").map(|dpop| dpop == "on");
        is_on.or(self.stack.as_ref().map(|_| false))
    }

    /// The registered resources, by the stack's parameter; `None`, if this is no stack, or its release has no
    /// such parameter.
    pub fn resources(&self) -> Option<Resources> {
        let value = self.parameter("ProtectedResources")?.to_owned();
        let variables = [(variable::PROTECTED_RESOURCES.to_owned(), value)];
        Resources::from_environment(&Environment::from_variables(variables)).ok()
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
