//! The request of a login.

use lambda_http::Request;
use passwords::{Password, Username};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    client::ClientCredentials,
    http::{Parameters, RequestError, client_credentials, device_name, parameter},
    scope::Scope,
};

use crate::{LoginError, LoginReason};

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
