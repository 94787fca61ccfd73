//! The secret that holds a stack's keyset.

use std::time::Duration;

use aws_sdk_secretsmanager::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::describe_secret::DescribeSecretOutput,
};
use shared::{aws, environment::variable};
use tokio::time::sleep;

use crate::{deployment::Deployment, error::AdminError};

/// How long a rotation may take: the function's time is a minute, and Secrets Manager begins when it pleases.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is asked about.
const INTERVAL: Duration = Duration::from_secs(2);
/// The label of the version that is in use.
const CURRENT: &str = "AWSCURRENT";

/// The secret.
pub(crate) struct KeysetSecret {
    client: Client,
    id: String,
}

impl KeysetSecret {
    pub(crate) fn new(deployment: &Deployment) -> Result<Self, AdminError> {
        let id = deployment.environment.optional(variable::KEYSET_SECRET).ok_or(AdminError::NoKeyset)?;
        Ok(Self { client: Client::new(&deployment.sdk_config), id: id.to_owned() })
    }

    /// The keyset that is in use, as it is written there.
    pub(crate) async fn text(&self) -> Result<String, AdminError> {
        let get = self.client.get_secret_value().secret_id(&self.id).version_stage(CURRENT);
        let output = get.send().await.map_err(|e| failed("GetSecretValue", e))?;
        Ok(output.secret_string.unwrap_or_default())
    }

    pub(crate) async fn describe(&self) -> Result<DescribeSecretOutput, AdminError> {
        let described = self.client.describe_secret().secret_id(&self.id).send().await;
        described.map_err(|e| failed("DescribeSecret", e))
    }

    /// Puts the keyset away: what a stack has before its first rotation is in its place.
    pub(crate) async fn discard(&self) -> Result<(), AdminError> {
        let put = self.client.put_secret_value().secret_id(&self.id).secret_string("{}");
        put.send().await.map_err(|e| failed("PutSecretValue", e))?;
        Ok(())
    }

    /// Has Secrets Manager rotate it now, and waits until the new version is in use.
    pub(crate) async fn rotate(&self) -> Result<(), AdminError> {
        let rotate = self.client.rotate_secret().secret_id(&self.id).rotate_immediately(true);
        let version = rotate.send().await.map_err(|e| failed("RotateSecret", e))?.version_id;
        let version = version.unwrap_or_default();
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            let versions = self.describe().await?.version_ids_to_stages.unwrap_or_default();
            if versions.get(&version).is_some_and(|labels| labels.iter().any(|label| label == CURRENT)) {
                return Ok(());
            }
            sleep(INTERVAL).await;
            waited += INTERVAL;
        }
        Err(AdminError::RotationPending(PATIENCE.as_secs()))
    }
}

fn failed<E: ProvideErrorMetadata>(operation: &'static str, error: SdkError<E, HttpResponse>) -> AdminError {
    AdminError::Secret { operation, reason: aws::reason(error) }
}
