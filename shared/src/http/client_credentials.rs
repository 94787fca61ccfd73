//! How a request says which client it is from, and how the client proves it (RFC 6749 section 2.3).

use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{
    Request,
    http::{HeaderValue, header},
};
use secrecy::ExposeSecret;

use super::{Parameters, RequestError, form::decode_component, parameter};
use crate::{client::ClientCredentials, ids::ClientId};

/// Why a request doesn't say which client it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// No `client_id` anywhere, or one that no client can have.
    #[error("the request names no client")]
    Missing,
    /// An Authorization header of another scheme than Basic.
    #[error("unsupported client authentication scheme")]
    Scheme,
    /// An Authorization header that can't be decoded.
    #[error("malformed Basic credentials")]
    Malformed,
    /// More than one method at once, or two identifiers that differ.
    #[error("two client authentication methods at once")]
    Twice,
    /// A parameter that can't be read.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl CredentialsError {
    /// Its name in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "no_client",
            Self::Scheme => "client_scheme",
            Self::Malformed => "malformed_client_credentials",
            Self::Twice => "two_client_credentials",
            Self::Request(error) => error.reason(),
        }
    }
}

/// The credentials of this request: by Basic or in the body, never both. A `client_id` in the body beside Basic
/// is tolerated if it is the same: some clients always send it.
///
/// # Errors
///
/// [`CredentialsError`], if there are none or too many.
pub fn client_credentials(
    request: &Request,
    parameters: &Parameters,
) -> Result<ClientCredentials, CredentialsError> {
    let client_id = parameters.optional(parameter::CLIENT_ID)?;
    let client_secret = parameters.optional(parameter::CLIENT_SECRET)?;
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    match (headers.next(), headers.next()) {
        (None, _) => Ok(ClientCredentials {
            client_id: client_id
                .and_then(|id| ClientId::parse(id.expose_secret()))
                .ok_or(CredentialsError::Missing)?,
            client_secret: client_secret.cloned(),
        }),
        (Some(header), None) => {
            let basic = basic_credentials(header)?;
            let same_id = client_id.is_none_or(|id| id.expose_secret() == basic.client_id.as_str());
            if client_secret.is_some() || !same_id {
                return Err(CredentialsError::Twice);
            }
            Ok(basic)
        }
        (Some(_), Some(_)) => Err(CredentialsError::Twice),
    }
}

/// RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
fn basic_credentials(header: &HeaderValue) -> Result<ClientCredentials, CredentialsError> {
    let text = header.to_str().map_err(|_| CredentialsError::Malformed)?;
    let (scheme, encoded) = text.split_once(' ').ok_or(CredentialsError::Scheme)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(CredentialsError::Scheme);
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| CredentialsError::Malformed)?;
    let decoded = String::from_utf8(decoded).map_err(|_| CredentialsError::Malformed)?;
    let (client_id, client_secret) = decoded.split_once(':').ok_or(CredentialsError::Malformed)?;
    let client_id = decode_component(client_id).ok_or(CredentialsError::Malformed)?;
    let client_secret = decode_component(client_secret).ok_or(CredentialsError::Malformed)?;
    Ok(ClientCredentials {
        client_id: ClientId::parse(&client_id).ok_or(CredentialsError::Missing)?,
        client_secret: (!client_secret.is_empty()).then(|| client_secret.into()),
    })
}
