//! The keyset of a running function: loaded at start, then cached for minutes.

use std::{fmt, path::PathBuf, sync::Arc};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;

use super::{Keyset, KeysetError};
use crate::{
    aws,
    cached::{Cached, Source},
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    error::chain,
};

/// The staging label of the current version.
const CURRENT: &str = "AWSCURRENT";

/// Why the keyset isn't available.
#[derive(Debug, thiserror::Error)]
pub enum KeysetsError {
    /// Secrets Manager refused, failed or could not be reached, after the SDK's retries.
    #[error("Secrets Manager did not return the keyset: {0}")]
    Unavailable(String),
    /// The file can't be read.
    #[error("the file with the keyset can't be read: {0}")]
    File(std::io::ErrorKind),
    /// The text is not a keyset.
    #[error(transparent)]
    Keyset(#[from] KeysetError),
}

impl KeysetsError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unavailable(_) | Self::File(_) => "keyset_unavailable",
            Self::Keyset(_) => "keyset_unusable",
        }
    }

    /// Whether the error may pass without a new deployment or keyset.
    fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Keyset(KeysetError::NotMade) => true,
            Self::File(_) | Self::Keyset(_) => false,
        }
    }
}

/// The current keyset. Clones share one cache.
#[derive(Clone, Debug)]
pub struct Keysets(Arc<Cached<KeysetSource>>);

impl Keysets {
    /// The keyset from the secret, the file or the text in the variables. The first use fetches it.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if no variable names a keyset.
    pub fn new(environment: &Environment, aws: &SdkConfig) -> Result<Self, EnvironmentError> {
        Ok(Self(Arc::new(Cached::new(KeysetSource::new(environment, aws)?))))
    }

    /// Fetches the keyset before the first request. If it is unreachable or not made yet, the function starts
    /// anyway, and each request tries again.
    ///
    /// # Errors
    ///
    /// [`KeysetsError`], if the keyset is unusable.
    pub async fn load(&self, now: Timestamp) -> Result<(), KeysetsError> {
        match self.current(now).await {
            Err(error) if !error.is_transient() => Err(error),
            Err(error) => {
                tracing::error!(reason = chain(&error), "started without a keyset");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    /// The keyset, at most an hour old.
    ///
    /// # Errors
    ///
    /// [`KeysetsError`], if it isn't available.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<Keyset>, KeysetsError> {
        self.0.current(now).await
    }
}

/// The place of the keyset.
enum KeysetSource {
    Secret { client: Client, id: String },
    File(PathBuf),
    Text(String),
}

impl KeysetSource {
    fn new(environment: &Environment, config: &SdkConfig) -> Result<Self, EnvironmentError> {
        let optional = |name| environment.optional(name).map(str::to_owned);
        if let Some(id) = optional(variable::KEYSET_SECRET) {
            return Ok(Self::Secret { client: aws::secrets_manager(config), id });
        }
        if let Some(path) = optional(variable::KEYSET_FILE) {
            return Ok(Self::File(path.into()));
        }
        let text = optional(variable::KEYSET).ok_or(EnvironmentError::Missing(variable::KEYSET_SECRET))?;
        Ok(Self::Text(text))
    }
}

impl Source for KeysetSource {
    type Value = Keyset;
    type Error = KeysetsError;
    const NAME: &str = "the keyset";

    async fn fetch(&self) -> Result<Keyset, KeysetsError> {
        let parsed = match self {
            Self::Secret { client, id } => {
                let output = client.get_secret_value().secret_id(id).version_stage(CURRENT).send().await;
                let output = output.map_err(|error| KeysetsError::Unavailable(aws::reason(error)))?;
                Keyset::parse(output.secret_string().unwrap_or_default())
            }
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| KeysetsError::File(e.kind()))?;
                Keyset::parse(&text)
            }
            Self::Text(text) => Keyset::parse(text),
        };
        Ok(parsed?)
    }
}

/// Shows the kind of place only: the text variant is the keys themselves.
impl fmt::Debug for KeysetSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret { .. } => "Secret",
            Self::File(_) => "File",
            Self::Text(_) => "Text",
        })
    }
}
