//! Where the key of links and codes comes from.

use std::{fmt, sync::Arc};

use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    aws,
    cached::{Cached, Source},
    clock::Timestamp,
    context::SdkConfig,
    environment::{Environment, EnvironmentError, variable},
};

use crate::MailKey;

/// Why the key isn't available.
#[derive(Debug, thiserror::Error)]
pub enum MailKeyError {
    /// Secrets Manager refused, failed or could not be reached, after the SDK's retries.
    #[error("Secrets Manager did not return the key of mails: {0}")]
    Unavailable(String),
    /// The secret has less than 32 bytes of text.
    #[error("the key of mails is shorter than 32 bytes")]
    Unusable,
}

impl MailKeyError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "mail_key_unavailable",
            Self::Unusable => "mail_key_unusable",
        }
    }
}

/// The key, kept for minutes. Clones share one copy.
#[derive(Clone, Debug)]
pub struct MailKeys(Arc<Cached<KeySource>>);

impl MailKeys {
    /// The key from the secret or the text in the variables. The first use fetches it. `None`, if neither
    /// variable is set, so that the deployment sends no mail.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if the text is not a key.
    pub fn new(environment: &Environment, aws: &SdkConfig) -> Result<Option<Self>, EnvironmentError> {
        let source = if let Some(id) = environment.optional(variable::MAIL_KEY_SECRET) {
            KeySource::Secret { client: aws::secrets_manager(aws), id: id.to_owned() }
        } else if let Some(text) = environment.optional(variable::MAIL_KEY) {
            MailKey::new(text).ok_or(EnvironmentError::Malformed(variable::MAIL_KEY))?;
            KeySource::Text(text.into())
        } else {
            return Ok(None);
        };
        Ok(Some(Self(Arc::new(Cached::new(source)))))
    }

    /// The key, at most an hour old.
    ///
    /// # Errors
    ///
    /// [`MailKeyError`], if it isn't available.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<MailKey>, MailKeyError> {
        self.0.current(now).await
    }
}

/// The place of the key.
enum KeySource {
    Secret { client: Client, id: String },
    Text(SecretString),
}

impl Source for KeySource {
    type Value = MailKey;
    type Error = MailKeyError;
    const NAME: &str = "the key of mails";

    async fn fetch(&self) -> Result<MailKey, MailKeyError> {
        let key = match self {
            Self::Secret { client, id } => {
                let output = client.get_secret_value().secret_id(id).send().await;
                let output = output.map_err(|error| MailKeyError::Unavailable(aws::reason(error)))?;
                MailKey::new(output.secret_string().unwrap_or_default())
            }
            Self::Text(text) => MailKey::new(text.expose_secret()),
        };
        key.ok_or(MailKeyError::Unusable)
    }
}

/// Shows the kind of place only: the text variant is the key itself.
impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret { .. } => "Secret",
            Self::Text(_) => "Text",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(name: &str, value: &str) -> Result<Option<MailKeys>, EnvironmentError> {
        let environment = Environment::from_variables([(name.to_owned(), value.to_owned())]);
        MailKeys::new(&environment, &SdkConfig::builder().build())
    }

    #[test]
    fn a_deployment_without_a_key_sends_no_mail() {
        assert!(keys("", "").unwrap().is_none());
        assert!(keys(variable::MAIL_KEY, "").unwrap().is_none());
    }

    #[tokio::test]
    async fn a_key_may_be_in_the_variable_itself() {
        let keys = keys(variable::MAIL_KEY, &"k".repeat(32)).unwrap().unwrap();
        assert!(keys.current(Timestamp::from_unix(1000)).await.is_ok());
        assert!(!format!("{keys:?}").contains("kk"));
    }

    #[test]
    fn a_short_key_is_refused_without_being_shown() {
        let refused = keys(variable::MAIL_KEY, &"k".repeat(31)).unwrap_err();
        assert_eq!(refused, EnvironmentError::Malformed(variable::MAIL_KEY));
    }
}
