//! The request of a login.

use lambda_http::Request;
use passwords::{Password, Username};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    client::ClientCredentials,
    http::{Parameters, RequestError, client_credentials, parameter},
    scope::Scope,
};

use crate::{LoginError, LoginReason};

/// The longest device name that is stored, in bytes.
const MAX_DEVICE_NAME_LEN: usize = 128;

#[derive(Debug)]
pub(crate) struct LoginRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) username: Username,
    pub(crate) password: Password,
    pub(crate) scope: Option<Scope>,
    pub(crate) device_name: Option<String>,
    /// The device's refresh token of an earlier session. Any text is accepted.
    pub(crate) refresh_token: Option<SecretString>,
}

impl LoginRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, LoginError> {
        let parameters = Parameters::from_request(request)?;
        // Tells a client with the password grant that this is not a token endpoint.
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
                .map(|text| Scope::requested(text.expose_secret()).ok_or(LoginReason::Scope))
                .transpose()?,
            device_name: parameters
                .optional(parameter::DEVICE_NAME)?
                .and_then(|text| device_name(text.expose_secret())),
            refresh_token: parameters.optional(parameter::REFRESH_TOKEN)?.cloned(),
            client: client_credentials(request, &parameters)?,
        })
    }
}

/// The name for the list of devices, with spaces for control characters, and cut to the longest length.
/// Programs derive it from the system's name, so no name is a reason to refuse a login.
fn device_name(text: &str) -> Option<String> {
    let printable: String = text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect();
    let name = printable.trim();
    let name = name[..name.floor_char_boundary(MAX_DEVICE_NAME_LEN)].trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Unicode's category Cc, its line and paragraph separators, and the characters of UAX #9 that change the
/// reading order of text.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
