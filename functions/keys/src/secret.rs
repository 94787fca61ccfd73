//! The secret, with versions of the keyset: a current one, and possibly a pending one.

use aws_sdk_secretsmanager::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        get_secret_value::GetSecretValueError, put_secret_value::PutSecretValueError,
        update_secret_version_stage::UpdateSecretVersionStageError,
    },
};
use shared::{
    aws,
    context::SdkConfig,
    environment::{Environment, EnvironmentError, variable},
};

use crate::RotationError;

const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";

/// The secret with the keyset.
#[derive(Debug)]
pub(crate) struct KeysetSecret {
    client: Client,
    id: String,
}

/// A version of the secret, with its text.
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) text: String,
}

impl KeysetSecret {
    pub(crate) fn new(environment: &Environment, config: &SdkConfig) -> Result<Self, EnvironmentError> {
        let id = environment.required(variable::KEYSET_SECRET)?.to_owned();
        Ok(Self { client: aws::secrets_manager(config), id })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Returns the current version.
    pub(crate) async fn current(&self) -> Result<Version, RotationError> {
        let get = self.client.get_secret_value().secret_id(&self.id).version_stage(CURRENT);
        let output = get.send().await.map_err(|e| failed("GetSecretValue", e))?;
        let id = output.version_id.unwrap_or_default();
        Ok(Version { id, text: output.secret_string.unwrap_or_default() })
    }

    /// Returns the text of a version; `None`, if the version is empty or doesn't exist.
    pub(crate) async fn find(&self, version: &str) -> Result<Option<String>, RotationError> {
        match self.client.get_secret_value().secret_id(&self.id).version_id(version).send().await {
            Ok(output) => Ok(output.secret_string),
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), GetSecretValueError::ResourceNotFoundException(_)) =>
            {
                Ok(None)
            }
            Err(error) => Err(failed("GetSecretValue", error)),
        }
    }

    /// Makes a pending version. If another call of the same step has made it already, that one stays.
    pub(crate) async fn put(&self, version: &str, text: String) -> Result<(), RotationError> {
        let put = self
            .client
            .put_secret_value()
            .secret_id(&self.id)
            .client_request_token(version)
            .secret_string(text)
            .version_stages(PENDING);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), PutSecretValueError::ResourceExistsException(_)) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("PutSecretValue", error)),
        }
    }

    /// Makes a version current, in place of `instead_of`. It fails if another version is current.
    pub(crate) async fn promote(&self, version: &str, instead_of: &str) -> Result<(), RotationError> {
        self.client
            .update_secret_version_stage()
            .secret_id(&self.id)
            .version_stage(CURRENT)
            .move_to_version_id(version)
            .remove_from_version_id(instead_of)
            .send()
            .await
            .map_err(|e| failed("UpdateSecretVersionStage", e))?;
        Ok(())
    }

    /// Removes the pending label from a finished or abandoned version, so that the next rotation makes its
    /// own. Other versions stay unchanged.
    pub(crate) async fn unlabel(&self, version: &str) -> Result<(), RotationError> {
        let update = self.client.update_secret_version_stage().secret_id(&self.id);
        match update.version_stage(PENDING).remove_from_version_id(version).send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), UpdateSecretVersionStageError::InvalidParameterException(_)) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("UpdateSecretVersionStage", error)),
        }
    }
}

fn failed<E: ProvideErrorMetadata>(
    operation: &'static str,
    error: SdkError<E, HttpResponse>,
) -> RotationError {
    RotationError::Secret { operation, reason: aws::reason(error) }
}
