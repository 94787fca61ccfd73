//! The secret with a stack's keyset.

use std::time::Duration;

use aws_sdk_secretsmanager::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        describe_secret::DescribeSecretOutput, rotate_secret::RotateSecretError,
        update_secret_version_stage::UpdateSecretVersionStageError,
    },
};
use shared::{aws, environment::variable};
use tokio::time::sleep;

use crate::{deployment::Deployment, error::AdminError};

/// How long a rotation may take: the function has a minute, but Secrets Manager may start it late.
const PATIENCE: Duration = Duration::from_secs(180);
/// The interval between checks.
const INTERVAL: Duration = Duration::from_secs(2);
/// The label of the current version.
const CURRENT: &str = "AWSCURRENT";
/// The label of the version that a rotation is to make current.
const PENDING: &str = "AWSPENDING";
/// How often a rotation is started if another one blocks it.
const ATTEMPTS: u32 = 5;

/// The secret with the keyset.
pub(crate) struct KeysetSecret {
    client: Client,
    id: String,
}

impl KeysetSecret {
    pub(crate) fn new(deployment: &Deployment) -> Result<Self, AdminError> {
        let id = deployment.environment.optional(variable::KEYSET_SECRET).ok_or(AdminError::NoKeyset)?;
        Ok(Self { client: Client::new(&deployment.sdk_config), id: id.to_owned() })
    }

    /// Reads the current keyset, as text.
    pub(crate) async fn text(&self) -> Result<String, AdminError> {
        let get = self.client.get_secret_value().secret_id(&self.id).version_stage(CURRENT);
        let output = get.send().await.map_err(|e| failed("GetSecretValue", e))?;
        Ok(output.secret_string.unwrap_or_default())
    }

    pub(crate) async fn describe(&self) -> Result<DescribeSecretOutput, AdminError> {
        let described = self.client.describe_secret().secret_id(&self.id).send().await;
        described.map_err(|e| failed("DescribeSecret", e))
    }

    /// Discards the keyset: replaces it with the content that a stack has before its first rotation.
    pub(crate) async fn discard(&self) -> Result<(), AdminError> {
        let put = self.client.put_secret_value().secret_id(&self.id).secret_string("{}");
        put.send().await.map_err(|e| failed("PutSecretValue", e))?;
        Ok(())
    }

    /// Makes Secrets Manager rotate the secret now, and waits until the new version is current.
    pub(crate) async fn rotate(&self) -> Result<(), AdminError> {
        let rotate = self.client.rotate_secret().secret_id(&self.id).rotate_immediately(true);
        let version = rotate.send().await.map_err(|e| failed("RotateSecret", e))?.version_id;
        self.until_current(&version.unwrap_or_default()).await
    }

    /// Like [`Self::rotate`], but abandons a running rotation: Secrets Manager starts none while another
    /// version is pending.
    pub(crate) async fn rotate_afresh(&self) -> Result<(), AdminError> {
        let mut attempt = 1;
        loop {
            self.give_pending_up().await?;
            let rotate = self.client.rotate_secret().secret_id(&self.id).rotate_immediately(true);
            match rotate.send().await {
                Ok(begun) => return self.until_current(&begun.version_id.unwrap_or_default()).await,
                // A running step has made another version pending meanwhile.
                Err(SdkError::ServiceError(e))
                    if attempt < ATTEMPTS
                        && matches!(e.err(), RotateSecretError::InvalidRequestException(_)) =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(failed("RotateSecret", error)),
            }
        }
    }

    /// Removes the pending label from its version, unless that version is current.
    async fn give_pending_up(&self) -> Result<(), AdminError> {
        let versions = self.describe().await?.version_ids_to_stages.unwrap_or_default();
        let has = |labels: &[String], label: &str| labels.iter().any(|l| l == label);
        let pending = versions.iter().find(|(_, labels)| has(labels, PENDING) && !has(labels, CURRENT));
        let Some((version, _)) = pending else { return Ok(()) };
        let update = self.client.update_secret_version_stage().secret_id(&self.id).version_stage(PENDING);
        match update.remove_from_version_id(version).send().await {
            Ok(_) => Ok(()),
            // The version was finished or abandoned meanwhile.
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), UpdateSecretVersionStageError::InvalidParameterException(_)) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("UpdateSecretVersionStage", error)),
        }
    }

    async fn until_current(&self, version: &str) -> Result<(), AdminError> {
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            let versions = self.describe().await?.version_ids_to_stages.unwrap_or_default();
            if versions.get(version).is_some_and(|labels| labels.iter().any(|label| label == CURRENT)) {
                return Ok(());
            }
            sleep(INTERVAL).await;
            waited += INTERVAL;
        }
        Err(AdminError::RotationPending(PATIENCE.as_secs()))
    }
}

fn failed<E: ProvideErrorMetadata>(operation: &'static str, error: SdkError<E, HttpResponse>) -> AdminError {
    AdminError::Service { service: "Secrets Manager", operation, reason: aws::reason(error) }
}
