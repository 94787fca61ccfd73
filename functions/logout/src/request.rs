//! The request of a logout.

use lambda_http::Request;
use secrecy::SecretString;
use shared::{
    client::ClientCredentials,
    http::{Parameters, RequestError, client_credentials, parameter},
};

use crate::LogoutError;

#[derive(Debug)]
pub(crate) struct LogoutRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) token: SecretString,
    pub(crate) everywhere: bool,
}

impl LogoutRequest {
    /// Parses a request. `token_type_hint` is read and ignored (RFC 7009 section 2.1): our tokens show their
    /// type.
    pub(crate) fn parse(request: &Request) -> Result<Self, LogoutError> {
        let parameters = Parameters::from_request(request)?;
        parameters.optional(parameter::TOKEN_TYPE_HINT)?;
        let token = parameters.optional(parameter::TOKEN)?;
        let token = match (token, parameters.optional(parameter::REFRESH_TOKEN)?) {
            (Some(_), Some(_)) => return Err(RequestError::Repeated.into()),
            (token, refresh_token) => token.or(refresh_token),
        };
        Ok(Self {
            token: token.ok_or(RequestError::Missing(parameter::TOKEN))?.clone(),
            everywhere: parameters.flag(parameter::EVERYWHERE)?,
            client: client_credentials(request, &parameters)?,
        })
    }
}
