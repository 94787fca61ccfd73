//! What a command works on.

mod local;
mod sdk;
mod stack;
mod target;

use std::{collections::BTreeMap, fmt, sync::Arc};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use shared::{
    clock::{Clock, SystemClock, Timestamp},
    environment::{Environment, variable},
    random::{Random, SystemRandom},
    store::Table,
};

pub use self::target::Target;
use crate::{error::AdminError, variables};

/// The tables, as template.yaml names them, and the variables by which the functions find them.
const TABLES: [(&str, &str); 6] = [
    ("ClientsTable", variable::CLIENTS_TABLE),
    ("CredentialsTable", variable::CREDENTIALS_TABLE),
    ("UsersTable", variable::USERS_TABLE),
    ("SessionsTable", variable::SESSIONS_TABLE),
    ("RevocationsTable", variable::REVOCATIONS_TABLE),
    ("KeysTable", variable::KEYS_TABLE),
];

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
    /// The deployment that is named, or else the one that the variables name.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if none is, or it can't be reached.
    pub async fn connect(target: &Target) -> Result<Self, AdminError> {
        if let Some(port) = target.local {
            return local::connect(port, target).await;
        }
        if let Some(endpoint) = &target.endpoint {
            return Ok(Self::at(endpoint, target).await);
        }
        if let Some(stack) = target.stack.clone().or_else(variables::stack) {
            return stack::connect(&stack, target).await;
        }
        let environment = Environment::from_process();
        if TABLES.iter().all(|(_, name)| environment.optional(name).is_none()) {
            return Err(AdminError::NoDeployment);
        }
        Ok(Self::over(sdk::of_operator(target).await, environment, "environment".to_owned()))
    }

    /// The deployment in this store, in tables of their own names unless variables say otherwise.
    async fn at(endpoint: &str, target: &Target) -> Self {
        let said = Environment::from_process();
        let tables = TABLES.map(|(id, name)| (name, said.optional(name).unwrap_or(id)));
        let keyset = [variable::KEYSET_SECRET, variable::KEYSET_FILE]
            .into_iter()
            .filter_map(|name| Some((name, said.optional(name)?)));
        let environment = of_pairs(tables.into_iter().chain(keyset));
        Self::over(sdk::at(endpoint, target).await, environment, endpoint.to_owned())
    }

    fn over(sdk_config: SdkConfig, environment: Environment, target: String) -> Self {
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

fn of_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
    Environment::from_variables(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())))
}

impl fmt::Debug for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployment")
            .field("target", &self.target)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
