//! The request of a login.

use lambda_http::Request;
use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};
use secrecy::ExposeSecret;
use shared::{
    client::ClientCredentials,
    http::{Parameters, RequestError, parameter},
    scope::Scope,
};

use crate::{LoginError, Password};

/// The longest device name, in bytes.
const MAX_DEVICE_NAME_LEN: usize = 128;

/// A user name, normalised (RFC 8265 section 3.3): case, width and composition make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// The longest user name, in bytes: an email address has 254 at most (RFC 5321 section 4.5.3.1.3).
    pub const MAX_LEN: usize = 256;

    /// Takes 1 to 256 bytes of letters, digits and ASCII symbols, without spaces.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::MAX_LEN {
            return None;
        }
        let normalised = UsernameCaseMapped::enforce(text).ok()?;
        (1..=Self::MAX_LEN).contains(&normalised.len()).then(|| Self(normalised.into_owned()))
    }

    /// The normalised name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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
            return Err(LoginError::GrantType);
        }
        let username = parameters.required(parameter::USERNAME)?;
        let password = parameters.required(parameter::PASSWORD)?;
        let scope = parameters.optional(parameter::SCOPE)?;
        Ok(Self {
            username: Username::parse(username.expose_secret())
                .ok_or(RequestError::Mistyped(parameter::USERNAME))?,
            password: Password::parse(password).ok_or(RequestError::Mistyped(parameter::PASSWORD))?,
            scope: scope
                .map(|text| Scope::parse(text.expose_secret()).ok_or(LoginError::Scope))
                .transpose()?,
            device_name: device_name(&parameters)?,
            client: ClientCredentials::from_request(request, &parameters)?,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_the_same_however_it_is_typed() {
        let name = |text| Username::parse(text).map(|name| name.0);
        assert_eq!(name("Ada@Example.com").as_deref(), Some("ada@example.com"));
        assert_eq!(name("\u{ff21}da"), name("ada"), "full width");
        assert_eq!(name("J\u{fc}rgen"), name("ju\u{308}rgen"), "composition");
        for bad in ["", "two words", "a\u{0}", &"x".repeat(257)] {
            assert_eq!(name(bad), None, "{bad:.10?}");
        }
    }
}
