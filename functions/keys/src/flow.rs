//! The flow of a rotation's step.

use serde_json::Value;
use shared::log::{Event, RequestLog};

use crate::{
    KeyRotation, RotationError,
    request::{RotationRequest, Step},
};

impl KeyRotation {
    pub(crate) async fn rotate(&self, event: Value, log: &RequestLog) -> Result<(), RotationError> {
        let RotationRequest { step, secret_id, client_request_token } = RotationRequest::parse(event)?;
        log.rotation(step.name(), &client_request_token);
        if secret_id != self.secret.id() {
            return Err(RotationError::AnotherSecret);
        }
        let version = &client_request_token;
        match step {
            Step::Create => self.create(version).await?,
            Step::Set => self.set(version).await?,
            Step::Test => self.test(version).await?,
            Step::Finish => self.finish(version).await?,
        }
        log.outcome(match step {
            Step::Create | Step::Set | Step::Test => Event::KeysetPrepared,
            Step::Finish => Event::KeysetRotated,
        });
        Ok(())
    }
}
