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

/// The longest device name that is kept, in bytes.
const MAX_DEVICE_NAME_LEN: usize = 128;

#[derive(Debug)]
pub(crate) struct LoginRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) username: Username,
    pub(crate) password: Password,
    pub(crate) scope: Option<Scope>,
    pub(crate) device_name: Option<String>,
    /// One that the device has of an earlier session. Anything may stand here: it is never a reason to refuse.
    pub(crate) refresh_token: Option<SecretString>,
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

/// The name as the list of devices shows it: a space for each control character, and cut to its longest. Programs make it up
/// from what a system calls itself, so no name is a reason to refuse a login.
fn device_name(text: &str) -> Option<String> {
    let printable: String = text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect();
    let name = printable.trim();
    let name = name[..name.floor_char_boundary(MAX_DEVICE_NAME_LEN)].trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Unicode's category Cc, its separators of lines and paragraphs, and the characters of UAX #9 that make text read otherwise
/// than it is written.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
