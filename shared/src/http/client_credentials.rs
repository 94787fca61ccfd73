//! How a request names its client, and how the client authenticates (RFC 6749 section 2.3).

use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{
    Request,
    http::{HeaderValue, header},
};
use secrecy::ExposeSecret;

use super::{Parameters, RequestError, form::decode_component, parameter};
use crate::client::{ClientCredentials, stored_client_id};

/// Why a request doesn't name its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// There is no `client_id`, or a malformed one.
    #[error("the request names no client")]
    Missing,
    /// The Authorization header has another scheme than Basic.
    #[error("unsupported client authentication scheme")]
    Scheme,
    /// The Authorization header can't be decoded.
    #[error("malformed Basic credentials")]
    Malformed,
    /// There are two methods at once, or two identifiers that differ.
    #[error("two client authentication methods at once")]
    Twice,
    /// A parameter can't be read.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl CredentialsError {
    /// The name of this error in audit events.
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

/// The credentials of a request, either in the Basic header or in the body. A `client_id` in the body may
/// accompany Basic if both are equal: some clients always send it.
///
/// # Errors
///
/// [`CredentialsError`], if there are none, or more than one.
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
                .and_then(|id| stored_client_id(id.expose_secret()))
                .ok_or(CredentialsError::Missing)?,
            client_secret: client_secret.cloned(),
        }),
        (Some(header), None) => {
            let basic = basic_credentials(header)?;
            let same_id = client_id
                .is_none_or(|id| stored_client_id(id.expose_secret()).as_ref() == Some(&basic.client_id));
            if client_secret.is_some() || !same_id {
                return Err(CredentialsError::Twice);
            }
            Ok(basic)
        }
        (Some(_), Some(_)) => Err(CredentialsError::Twice),
    }
}

/// Decodes Basic credentials. Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
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
        client_id: stored_client_id(&client_id).ok_or(CredentialsError::Missing)?,
        client_secret: (!client_secret.is_empty()).then(|| client_secret.into()),
    })
}
