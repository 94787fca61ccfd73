//! The requests of the two grants.

use lambda_http::Request;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    client::ClientCredentials,
    http::{Parameters, RequestError, client_credentials, parameter},
};

use crate::{TokenError, TokenReason, pkce::challenge_of};

#[derive(Debug)]
pub(crate) enum TokenRequest {
    Code(CodeRequest),
    /// The refresh token grant, whose flow reads the other parameters.
    Refresh,
}

/// An access token request (RFC 6749 section 4.1.3).
#[derive(Debug)]
pub(crate) struct CodeRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) code: SecretString,
    pub(crate) redirect_uri: String,
    /// The hash of the verifier.
    pub(crate) code_challenge: String,
    pub(crate) resources: Vec<SecretString>,
}

impl TokenRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, TokenError> {
        let parameters = Parameters::from_request(request)?;
        match parameters.required(parameter::GRANT_TYPE)?.expose_secret() {
            "authorization_code" => CodeRequest::of(request, &parameters).map(Self::Code),
            "refresh_token" => Ok(Self::Refresh),
            _ => Err(TokenReason::GrantType.into()),
        }
    }
}

impl CodeRequest {
    fn of(request: &Request, parameters: &Parameters) -> Result<Self, TokenError> {
        let verifier = parameters.required(parameter::CODE_VERIFIER)?;
        Ok(Self {
            code: parameters.required(parameter::CODE)?.clone(),
            redirect_uri: parameters.required(parameter::REDIRECT_URI)?.expose_secret().to_owned(),
            code_challenge: challenge_of(verifier.expose_secret())
                .ok_or(RequestError::Mistyped(parameter::CODE_VERIFIER))?,
            resources: parameters.all(parameter::RESOURCE)?,
            client: client_credentials(request, parameters)?,
        })
    }
}
