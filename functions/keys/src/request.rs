//! The request of Secrets Manager.

use serde::Deserialize;
use serde_json::Value;

use crate::RotationError;

/// One step of a rotation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RotationRequest {
    pub(crate) step: Step,
    /// The ARN of the secret.
    pub(crate) secret_id: String,
    /// The version of the secret that the rotation is to make.
    pub(crate) client_request_token: String,
}

/// The steps, in order.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) enum Step {
    /// Make the new version, as pending.
    #[serde(rename = "createSecret")]
    Create,
    /// Make it known to whoever has to know it first: publish the public halves.
    #[serde(rename = "setSecret")]
    Set,
    /// Try it.
    #[serde(rename = "testSecret")]
    Test,
    /// Make it the current one.
    #[serde(rename = "finishSecret")]
    Finish,
}

impl Step {
    /// Its name in audit events.
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
