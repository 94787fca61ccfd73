//! The request of a change of password.

use lambda_http::Request;
use passwords::Password;
use secrecy::SecretString;
use shared::http::{IdempotencyKey, Parameters, RequestError, parameter};

#[derive(Debug)]
pub(crate) struct ChangeRequest {
    pub(crate) current: Password,
    /// The new password as typed. Whether it is allowed depends on the user.
    pub(crate) new: SecretString,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
}

impl ChangeRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, RequestError> {
        let parameters = Parameters::from_request(request)?;
        let current = parameters.required(parameter::CURRENT_PASSWORD)?;
        Ok(Self {
            current: Password::parse(current).ok_or(RequestError::Mistyped(parameter::CURRENT_PASSWORD))?,
            new: parameters.required(parameter::NEW_PASSWORD)?.clone(),
            idempotency_key: IdempotencyKey::of(request)?,
        })
    }
}
