//! The request of a refresh.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use lambda_http::Request;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    client::ClientCredentials,
    http::{Parameters, RequestError, client_credentials, parameter},
    ids::SessionId,
    random::{self, Random},
    scope::Scope,
};

use crate::{RefreshError, RefreshReason};

/// The header with which a client makes its retries recognisable.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The longest key, in bytes.
const MAX_IDEMPOTENCY_KEY_LEN: usize = 255;
/// Keeps these hashes apart from any other.
const LABEL: &[u8] = b"latchgate retry key 1";

#[derive(Debug)]
pub(crate) struct RefreshRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) refresh_token: SecretString,
    pub(crate) scope: Option<Scope>,
    pub(crate) idempotency_key: Option<SecretString>,
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
            idempotency_key: idempotency_key(request)?,
            client: client_credentials(request, &parameters)?,
        })
    }

    /// What a retry of this request can show: a hash of its `Idempotency-Key`, or else something random, which only
    /// the SDK's own retry of the write has.
    pub(crate) fn retry_key(&self, session_id: &SessionId, random: &dyn Random) -> String {
        let Some(key) = &self.idempotency_key else { return random::identifier(random) };
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(LABEL);
        // Of fixed length, so the two parts can't run into each other.
        context.update(session_id.as_str().as_bytes());
        context.update(key.expose_secret().as_bytes());
        URL_SAFE_NO_PAD.encode(context.finish())
    }
}

fn idempotency_key(request: &Request) -> Result<Option<SecretString>, RequestError> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    // By either of two, a retry could not be recognised for sure.
    let text =
        value.to_str().ok().filter(|text| text.len() <= MAX_IDEMPOTENCY_KEY_LEN && values.next().is_none());
    let text = text.ok_or(RequestError::Mistyped(IDEMPOTENCY_KEY))?;
    Ok((!text.is_empty()).then(|| text.into()))
}
