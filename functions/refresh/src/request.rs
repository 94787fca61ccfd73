//! The request of a refresh.

use lambda_http::Request;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    client::ClientCredentials,
    http::{IdempotencyKey, Parameters, client_credentials, parameter},
    ids::SessionId,
    random::{self, Random},
    scope::Scope,
};

use crate::{RefreshError, RefreshReason};

/// Separates these hashes from others.
const LABEL: &[u8] = b"latchgate retry key 1";

#[derive(Debug)]
pub(crate) struct RefreshRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) refresh_token: SecretString,
    pub(crate) scope: Option<Scope>,
    pub(crate) resources: Vec<SecretString>,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
}

impl RefreshRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, RefreshError> {
        let parameters = Parameters::from_request(request)?;
        let grant_type = parameters.required(parameter::GRANT_TYPE)?;
        if grant_type.expose_secret() != "refresh_token" {
            return Err(RefreshReason::GrantType.into());
        }
        let scope = parameters.optional(parameter::SCOPE)?;
        Ok(Self {
            refresh_token: parameters.required(parameter::REFRESH_TOKEN)?.clone(),
            scope: scope
                .map(|text| Scope::requested(text.expose_secret()).ok_or(RefreshReason::Scope))
                .transpose()?,
            resources: parameters.all(parameter::RESOURCE)?,
            idempotency_key: IdempotencyKey::of(request)?,
            client: client_credentials(request, &parameters)?,
        })
    }

    /// The value that recognises a retry of this request: a hash of its `Idempotency-Key`, or else a random
    /// value, which only the SDK's own retry of the write has.
    pub(crate) fn retry_key(&self, session_id: &SessionId, random: &dyn Random) -> String {
        match &self.idempotency_key {
            Some(key) => key.text_hash(LABEL, session_id),
            None => random::identifier(random),
        }
    }
}
