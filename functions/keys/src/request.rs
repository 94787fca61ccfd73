//! Secrets Manager's request.

use serde::Deserialize;
use serde_json::Value;

use crate::RotationError;

/// A step of a rotation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RotationRequest {
    pub(crate) step: Step,
    /// The ARN of the secret.
    pub(crate) secret_id: String,
    /// The version of the secret that the rotation makes.
    pub(crate) client_request_token: String,
}

/// The steps, in order.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) enum Step {
    /// Makes the new version, which is pending.
    #[serde(rename = "createSecret")]
    Create,
    /// Publishes the public halves, so that verifiers know them first.
    #[serde(rename = "setSecret")]
    Set,
    /// Tests the new version.
    #[serde(rename = "testSecret")]
    Test,
    /// Makes the new version current.
    #[serde(rename = "finishSecret")]
    Finish,
}

impl Step {
    /// The step's name in audit events.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Set => "set",
            Self::Test => "test",
            Self::Finish => "finish",
        }
    }
}

impl RotationRequest {
    pub(crate) fn parse(event: Value) -> Result<Self, RotationError> {
        serde_json::from_value(event).map_err(|_| RotationError::Event)
    }
}
