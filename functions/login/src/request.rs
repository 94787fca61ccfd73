//! The request of a login.

use lambda_http::Request;
use passwords::{Password, Username};
use secrecy::ExposeSecret;
use shared::{
    client::ClientCredentials,
    http::{Parameters, RequestError, client_credentials, parameter},
    scope::Scope,
};

use crate::{LoginError, LoginReason};

/// The longest device name, in bytes.
const MAX_DEVICE_NAME_LEN: usize = 128;

#[derive(Debug)]
pub(crate) struct LoginRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) username: Username,
    pub(crate) password: Password,
    pub(crate) scope: Option<Scope>,
    pub(crate) device_name: Option<String>,
}

impl LoginRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, LoginError> {
        let parameters = Parameters::from_request(request)?;
        // Who takes this for a token endpoint with the password grant should learn that it is none.
        if parameters.optional(parameter::GRANT_TYPE)?.is_some() {
            return Err(LoginReason::GrantType.into());
        }
        let username = parameters.required(parameter::USERNAME)?;
        let password = parameters.required(parameter::PASSWORD)?;
        let scope = parameters.optional(parameter::SCOPE)?;
        Ok(Self {
            username: Username::parse(username.expose_secret())
                .ok_or(RequestError::Mistyped(parameter::USERNAME))?,
            password: Password::parse(password).ok_or(RequestError::Mistyped(parameter::PASSWORD))?,
            scope: scope
                .map(|text| Scope::parse(text.expose_secret()).ok_or(LoginReason::Scope))
                .transpose()?,
            device_name: device_name(&parameters)?,
            client: client_credentials(request, &parameters)?,
        })
    }
}

/// Shown to the user in the list of devices, so it holds no control characters, those of writing direction included.
fn device_name(parameters: &Parameters) -> Result<Option<String>, RequestError> {
    let Some(text) = parameters.optional(parameter::DEVICE_NAME)? else { return Ok(None) };
    let text = text.expose_secret();
    if text.len() > MAX_DEVICE_NAME_LEN || text.chars().any(is_control) {
        return Err(RequestError::Mistyped(parameter::DEVICE_NAME));
    }
    Ok(Some(text.to_owned()))
}

/// Unicode's category Cc, and the characters of UAX #9 that make text read otherwise than it is written.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
