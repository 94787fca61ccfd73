//! The audit log of an operator's changes: JSON lines in the operator's own file. No line contains a
//! password, a secret or a hash.

mod event;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::ProvideCredentials;
use mails::EmailAddress;
use serde::Serialize;
use shared::{
    clock::{Clock, Timestamp},
    ids::{ClientId, SessionId, UserId},
    store::SessionKey,
};

pub use self::event::OperatorEvent;
use crate::{deployment::Deployment, error::AdminError, variables};

/// The object of an event.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Subject {
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The user's former name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_username: Option<String>,
    /// The mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What the mail is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<&'static str>,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The reason, for sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// The names of the changed attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<&'static str>>,
}

impl Subject {
    /// A client as the subject.
    pub fn client(client_id: &ClientId) -> Self {
        Self { client_id: Some(client_id.clone()), ..Self::default() }
    }

    /// A user as the subject.
    pub fn user(user_id: &UserId, username: Option<&str>) -> Self {
        Self { user_id: Some(user_id.clone()), username: username.map(str::to_owned), ..Self::default() }
    }

    /// A mail address as the subject.
    pub fn address(address: &EmailAddress) -> Self {
        Self { email: Some(address.as_str().to_owned()), ..Self::default() }
    }

    /// A session that an operator ended, as the subject.
    pub fn session(key: &SessionKey) -> Self {
        Self {
            user_id: Some(key.user_id.clone()),
            client_id: Some(key.client_id.clone()),
            session_id: Some(key.session_id.clone()),
            cause: Some("operator"),
            ..Self::default()
        }
    }
}

/// The place of the audit log.
#[derive(Clone, Debug)]
pub enum AuditDestination {
    /// The default file.
    Default,
    /// Standard error.
    Stderr,
    /// This file.
    File(PathBuf),
}

impl AuditDestination {
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        match path {
            None => Self::Default,
            Some(path) if path == Path::new("-") => Self::Stderr,
            Some(path) => Self::File(path),
        }
    }
}

/// The open log.
#[derive(Debug)]
pub struct AuditLog {
    /// `None` for standard error.
    file: Mutex<Option<File>>,
    clock: Arc<dyn Clock>,
    operator: String,
    access_key_id: Option<String>,
    target: String,
}

/// A line of the log.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: Timestamp,
    event: &'static str,
    operator: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<&'a str>,
    target: &'a str,
    #[serde(flatten)]
    subject: &'a Subject,
}

impl AuditLog {
    pub(crate) async fn open(
        destination: &AuditDestination,
        deployment: &Deployment,
    ) -> Result<Self, AdminError> {
        let file = match destination {
            AuditDestination::Stderr => None,
            AuditDestination::File(path) => Some(open(path)?),
            AuditDestination::Default => {
                let folder = variables::state_folder().ok_or(AdminError::NoAuditLog)?.join("latchgate");
                let path = folder.join("audit.jsonl");
                create(&folder).map_err(|source| AdminError::AuditLog { path: path.clone(), source })?;
                Some(open(&path)?)
            }
        };
        Ok(Self {
            file: Mutex::new(file),
            clock: deployment.clock.clone(),
            operator: variables::operator(),
            access_key_id: access_key_id(&deployment.sdk_config).await,
            target: deployment.target.clone(),
        })
    }

    /// Records an event before its first write.
    ///
    /// # Errors
    ///
    /// [`AdminError::Unannounced`], if that fails. Then the change must not happen.
    pub(crate) fn announce(&self, event: OperatorEvent) -> Result<(), AdminError> {
        self.record(event, &Subject::default()).map_err(|error| match error {
            AdminError::Unrecorded(source) => AdminError::Unannounced(source),
            other => other,
        })
    }

    /// Records an event and its subject.
    ///
    /// # Errors
    ///
    /// [`AdminError::Unrecorded`], if that fails.
    pub fn record(&self, event: OperatorEvent, subject: &Subject) -> Result<(), AdminError> {
        let line = Line {
            timestamp: self.clock.now(),
            event: event.name(),
            operator: &self.operator,
            access_key_id: self.access_key_id.as_deref(),
            target: &self.target,
            subject,
        };
        let line = serde_json::to_string(&line).map_err(|e| AdminError::Unrecorded(e.into()))? + "\n";
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A single write, so that lines of simultaneous commands don't mix.
        let written = match &mut *file {
            Some(file) => file.write_all(line.as_bytes()),
            None => io::stderr().write_all(line.as_bytes()),
        };
        written.map_err(AdminError::Unrecorded)
    }
}

/// The access key ID of the operator's credentials. The store of `cargo run` uses the key ID only as a
/// password, which identifies no one, so it isn't recorded.
async fn access_key_id(sdk_config: &SdkConfig) -> Option<String> {
    if sdk_config.endpoint_url().is_some_and(|url| url.starts_with("http:")) {
        return Some("local".to_owned());
    }
    let credentials = sdk_config.credentials_provider()?.provide_credentials().await.ok()?;
    Some(credentials.access_key_id().to_owned())
}

fn open(path: &Path) -> Result<File, AdminError> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| AdminError::AuditLog { path: path.to_owned(), source })
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
