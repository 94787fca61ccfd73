//! The handlers that Lambda runs, started with template.yaml's variables.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use accounts::AccountsApi;
use authorize::{Authorize, Web};
use authorizer::Authorizer;
use aws_sdk_dynamodb::Client;
use keys::{Fence, FenceError};
use lambda_http::{Body, Request, Response};
use login::Login;
use logout::Logout;
use metadata::Metadata;
use password::PasswordChange;
use refresh::Refresh;
use secrecy::{ExposeSecret, SecretString};
use sessions::SessionsApi;
use shared::{
    aws,
    clock::Clock,
    context::{Context, SdkConfig, StartError},
    environment::{Environment, variable},
    hash_cost::HashCost,
    keys::{KeysetDocument, PublishedKeys},
    random::Random,
    store::Table,
};
use token::TokenEndpoint;
use userinfo::Userinfo;

use crate::{
    keyset::{self, KeysetFileError},
    template::{ApiKind, Function, Parameters, Template, TemplateError},
};

pub use authorize::Internet;

pub use crate::template::NAMES;

/// Errors from starting the functions.
#[derive(Debug, thiserror::Error)]
pub enum FunctionsError {
    /// A function's definition can't be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// template.yaml has no function of this name.
    #[error("template.yaml has no function whose CodeUri is functions/{0}/")]
    Missing(String),
    /// The function rejected its environment.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The keys in the file can't be read.
    #[error(transparent)]
    Keyset(#[from] KeysetFileError),
    /// The keys could not be published.
    #[error(transparent)]
    Publish(#[from] FenceError),
}

/// The settings that the functions start with.
#[derive(Clone)]
pub struct Deployment {
    /// Which kind of API is in front of the functions.
    pub api: ApiKind,
    /// The template's parameters.
    pub parameters: Parameters,
    /// The names of the tables, by logical id.
    pub tables: BTreeMap<String, String>,
    /// Where the keys are.
    pub keyset: Keyset,
    /// The key of links and codes in mails.
    pub mail_key: SecretString,
    /// The endpoint of Lambda, for the captcha. `None`: AWS's.
    pub lambda_endpoint: Option<String>,
    /// The store.
    pub dynamodb: Client,
    /// The SDK configuration for other services.
    pub aws: SdkConfig,
    /// The lifetime of the gateway's cached authorizer answers. `None` leaves it as the template says.
    pub authorizer_cache_ttl: Option<Duration>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// The cost of password hashes.
    pub hash_cost: HashCost,
    /// The access to clients' documents: the Internet, except in tests.
    pub web: Arc<dyn Web>,
}

/// The source of the functions' keys.
#[derive(Clone, Debug)]
pub enum Keyset {
    /// This document, which the functions receive as it is. It is published at deployment.
    Document(Box<KeysetDocument>),
    /// A file, with the document that it holds now. The functions read it again every few minutes, like a secret, to
    /// pick up a rotation. Its present keys are published at deployment; the program that rotates the file publishes
    /// later ones.
    File(PathBuf, Box<KeysetDocument>),
    /// The secret of this name. Its owner creates and publishes it.
    Secret(String),
}

/// The names of the crates whose log events come from the functions.
pub fn logging_crates() -> Vec<&'static str> {
    NAMES.into_iter().chain(["passwords", "mails"]).collect()
}

/// The running functions that answer requests.
#[derive(Debug)]
pub struct Functions {
    login: Login,
    refresh: Refresh,
    logout: Logout,
    sessions: SessionsApi,
    password: PasswordChange,
    token: TokenEndpoint,
    authorize: Authorize,
    userinfo: Userinfo,
    metadata: Metadata,
    accounts: AccountsApi,
    /// The authorizer, which the gateway asks before it calls protected functions.
    pub authorizer: Authorizer,
}

impl Functions {
    /// Starts the functions, each with the variables of its definition.
    ///
    /// # Errors
    ///
    /// [`FunctionsError`], if one doesn't start.
    pub async fn start(template: &Template, deployment: &Deployment) -> Result<Self, FunctionsError> {
        let mut definitions = template.functions(&deployment.parameters)?;
        let mut context = |name: &str| {
            let definition = definitions.remove(name);
            let definition = definition.ok_or_else(|| FunctionsError::Missing(name.to_owned()))?;
            Ok::<_, FunctionsError>(deployment.context(definition))
        };
        Ok(Self {
            login: Login::start(&context("login")?).await?,
            refresh: Refresh::start(&context("refresh")?).await?,
            logout: Logout::start(&context("logout")?).await?,
            sessions: SessionsApi::start(&context("sessions")?)?,
            password: PasswordChange::start(&context("password")?).await?,
            token: TokenEndpoint::start(&context("token")?).await?,
            authorize: Authorize::start_in(deployment.web.clone(), &context("authorize")?).await?,
            userinfo: Userinfo::start(&context("userinfo")?)?,
            metadata: Metadata::start(&context("metadata")?).await?,
            accounts: AccountsApi::start(&context("accounts")?).await?,
            authorizer: Authorizer::start(&context("authorizer")?).await?,
        })
    }

    /// Calls the function of this name. `None` if there is none.
    pub async fn call(&self, name: &str, request: &Request) -> Option<Response<Body>> {
        match name {
            "login" => Some(self.login.handle(request).await),
            "refresh" => Some(self.refresh.handle(request).await),
            "logout" => Some(self.logout.handle(request).await),
            "sessions" => Some(self.sessions.handle(request).await),
            "password" => Some(self.password.handle(request).await),
            "token" => Some(self.token.handle(request).await),
            "authorize" => Some(self.authorize.handle(request).await),
            "userinfo" => Some(self.userinfo.handle(request).await),
            "metadata" => Some(self.metadata.handle(request).await),
            "accounts" => Some(self.accounts.handle(request).await),
            _ => None,
        }
    }
}

impl Deployment {
    /// Publishes the current keys, and lets published keys that are no longer current expire.
    pub(crate) async fn publish_keys(&self) -> Result<(), FunctionsError> {
        let (document, _lock) = match &self.keyset {
            Keyset::Secret(_) => return Ok(()),
            Keyset::Document(document) => (document.as_ref().clone(), None),
            // The lock is held until the keys are published: a rotation may have replaced the file since it was read.
            Keyset::File(path, _) => {
                let lock = keyset::lock(path).await?;
                (keyset::read(path)?, lock)
            }
        };
        let name = self.tables.get("KeysTable").cloned().unwrap_or_default();
        let published = PublishedKeys { table: Table { client: self.dynamodb.clone(), name } };
        let now = self.clock.now();
        let fence = Fence::read(&published, &*self.random).await.map_err(FenceError::from)?;
        keys::publish(&published, &document, &fence, now).await?;
        Ok(keys::retire(&published, &document, &fence, now).await?)
    }

    /// The function's variables. Logical ids become table names, and references to secrets become the keys.
    pub fn context(&self, function: Function) -> Context {
        let variables =
            function.variables.into_iter().map(|(name, value)| match (name.as_str(), &self.keyset) {
                (variable::KEYSET_SECRET, Keyset::Document(document)) => {
                    (variable::KEYSET.to_owned(), document.to_json())
                }
                (variable::KEYSET_SECRET, Keyset::File(path, _)) => {
                    (variable::KEYSET_FILE.to_owned(), path.to_string_lossy().into_owned())
                }
                (variable::KEYSET_SECRET, Keyset::Secret(id)) => (name, id.clone()),
                (variable::MAIL_KEY_SECRET, _) if !value.is_empty() => {
                    (variable::MAIL_KEY.to_owned(), self.mail_key.expose_secret().to_owned())
                }
                _ => (name, self.tables.get(&value).cloned().unwrap_or(value)),
            });
        let endpoint = self.lambda_endpoint.clone();
        let endpoint = endpoint.map(|endpoint| (variable::AWS_ENDPOINT_URL_LAMBDA.to_owned(), endpoint));
        Context {
            environment: Environment::from_variables(variables.chain(endpoint)),
            dynamodb: aws::timed(&self.dynamodb),
            aws: self.aws.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            hash_cost: self.hash_cost,
        }
    }
}
