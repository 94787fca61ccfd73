//! The handlers that Lambda runs, started with what template.yaml gives them.

use std::{collections::BTreeMap, sync::Arc};

use authorizer::Authorizer;
use aws_sdk_dynamodb::Client;
use lambda_http::{Body, Request, Response};
use login::Login;
use logout::Logout;
use refresh::Refresh;
use sessions::SessionsApi;
use shared::{
    clock::Clock,
    environment::{Environment, variable},
    random::Random,
    surroundings::{StartError, Surroundings},
};

use crate::{
    keyset::KeysetDocument,
    template::{Function, Parameters, Template, TemplateError},
};

/// A function can't be started.
#[derive(Debug, thiserror::Error)]
pub enum FunctionsError {
    /// Its definition can't be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// template.yaml has no function of this name, or one that isn't known here.
    #[error("template.yaml and this program disagree about the function {0}")]
    Unknown(String),
    /// It refused its environment.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// What the functions are started with.
#[derive(Clone)]
pub struct Deployment {
    /// The template's parameters.
    pub parameters: Parameters,
    /// The names of the tables, by logical id.
    pub tables: BTreeMap<String, String>,
    /// The keys.
    pub keyset: KeysetDocument,
    /// The store.
    pub dynamodb: Client,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// The functions, started.
#[derive(Debug)]
pub struct Functions {
    login: Login,
    refresh: Refresh,
    logout: Logout,
    sessions: SessionsApi,
    /// The one that is asked about the others.
    pub authorizer: Authorizer,
}

impl Functions {
    /// Starts the functions, each with the variables that the template gives it.
    ///
    /// # Errors
    ///
    /// [`FunctionsError`], if one doesn't start.
    pub fn start(template: &Template, deployment: &Deployment) -> Result<Self, FunctionsError> {
        let mut definitions = template.functions(&deployment.parameters)?;
        let mut surroundings = |name: &str| {
            let definition = definitions.remove(name);
            let definition = definition.ok_or_else(|| FunctionsError::Unknown(name.to_owned()))?;
            Ok::<_, FunctionsError>(deployment.surroundings(definition))
        };
        let functions = Self {
            login: Login::new(&surroundings("login")?)?,
            refresh: Refresh::new(&surroundings("refresh")?)?,
            logout: Logout::new(&surroundings("logout")?)?,
            sessions: SessionsApi::new(&surroundings("sessions")?)?,
            authorizer: Authorizer::new(&surroundings("authorizer")?)?,
        };
        match definitions.into_keys().next() {
            Some(unknown) => Err(FunctionsError::Unknown(unknown)),
            None => Ok(functions),
        }
    }

    /// Calls the function of this name; `None`, if there is none.
    pub async fn call(&self, name: &str, request: &Request) -> Option<Response<Body>> {
        match name {
            "login" => Some(self.login.handle(request).await),
            "refresh" => Some(self.refresh.handle(request).await),
            "logout" => Some(self.logout.handle(request).await),
            "sessions" => Some(self.sessions.handle(request).await),
            _ => None,
        }
    }
}

impl Deployment {
    /// The function's variables, with logical ids resolved to tables and references to secrets to the keys.
    pub fn surroundings(&self, function: Function) -> Surroundings {
        let variables = function.variables.into_iter().map(|(name, value)| {
            let value = match name.as_str() {
                variable::KEYSET => self.keyset.private.clone(),
                variable::PUBLIC_KEYS => self.keyset.public.clone(),
                _ => self.tables.get(&value).cloned().unwrap_or(value),
            };
            (name, value)
        });
        Surroundings {
            environment: Environment::from_variables(variables),
            dynamodb: self.dynamodb.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        }
    }
}
