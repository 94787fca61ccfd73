//! The verification of access tokens. No other code verifies them.
//!
//! The crypto library checks the signature. This module and [`super::jws`] check everything else, against the
//! injected clock. JWT libraries accept things that RFC 8725 and RFC 9068 don't: unknown critical headers,
//! any `typ`, fractional or future instants, an array as issuer. Latchgate's tokens have one exact form, and
//! only this form is accepted.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{AccessTokenError, access::TYP};
use crate::{
    claims::RESERVED_CLAIMS,
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::{ClientId, SessionId, UserId},
    json::UniqueObject,
    keys::PublicKeys,
    resource::password_audience,
    scope::Scope,
    store::SessionKey,
    thumbprint::Thumbprint,
};

/// How far the issuing machine's clock may be ahead of ours. Machines in AWS are within milliseconds, but
/// whole seconds round. `exp` gets no such allowance, so a token never outlives it.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The access that a token gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The API.
    Api,
    /// A change of the user's password only.
    PasswordChange,
}

/// The values of `aud` that are accepted.
#[derive(Clone, Copy, Debug)]
enum Audiences<'a> {
    /// The API's, or that of a change of password.
    Own,
    /// Only that of this resource.
    Resource(&'a str),
    /// Any audience of this issuer.
    Any,
}

/// A verified access token.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessToken {
    /// The access that it gives.
    pub access: Access,
    /// Its session: the user, the client that it was issued to, and the session's identifier.
    pub session: SessionKey,
    /// The scope.
    pub scope: Scope,
    /// The expiry.
    pub expires_at: Timestamp,
    /// The key that it is bound to. The token is useless without a proof by that key.
    pub jkt: Option<Thumbprint>,
    /// The user's own claims.
    pub claims: Map<String, Value>,
}

/// Verifies access tokens of one issuer, for its audience or for a given resource.
#[derive(Clone, Debug)]
pub struct AccessTokenVerifier {
    issuer: String,
    audience: String,
    password_audience: String,
}

impl AccessTokenVerifier {
    /// A verifier for the issuer and the audience that the variables name.
    ///
    /// # Errors
    ///
    /// If a variable is missing.
    pub fn new(environment: &Environment) -> Result<Self, EnvironmentError> {
        let issuer = environment.required(variable::ISSUER)?.to_owned();
        let audience = environment.required(variable::AUDIENCE)?.to_owned();
        let password_audience = password_audience(&issuer);
        if audience == password_audience {
            // Otherwise a token for a change of password would give access to the API.
            return Err(EnvironmentError::Malformed(variable::AUDIENCE));
        }
        Ok(Self { issuer, audience, password_audience })
    }

    /// Verifies that one of these keys signed `text` and that it is valid `now`, whichever access it gives.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], if not. At `exp` itself a token is no longer valid (RFC 7519 section 4.1.4).
    pub fn verify(
        &self,
        text: &str,
        keys: &PublicKeys,
        now: Timestamp,
    ) -> Result<AccessToken, AccessTokenError> {
        unexpired(self.verify_even_expired(text, keys, now)?, now)
    }

    /// Like [`Self::verify`], but only for a token for this resource. It refuses tokens for the deployment's
    /// audience or a change of password (RFC 8707 section 2.2).
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], if the token is refused.
    pub fn verify_for(
        &self,
        resource: &str,
        text: &str,
        keys: &PublicKeys,
        now: Timestamp,
    ) -> Result<AccessToken, AccessTokenError> {
        unexpired(self.verify_among(Audiences::Resource(resource), text, keys, now)?, now)
    }

    /// Like [`Self::verify`], but accepts an expired token.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], if the token is refused.
    pub fn verify_even_expired(
        &self,
        text: &str,
        keys: &PublicKeys,
        now: Timestamp,
    ) -> Result<AccessToken, AccessTokenError> {
        self.verify_among(Audiences::Own, text, keys, now)
    }

    /// The session of a token that is or was valid, and whether the token is for another resource of this
    /// issuer. This is enough to end the session, and must not be used for anything else.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], if the token is refused.
    pub fn session_of(
        &self,
        text: &str,
        keys: &PublicKeys,
        now: Timestamp,
    ) -> Result<(SessionKey, bool), AccessTokenError> {
        match self.verify_even_expired(text, keys, now) {
            Err(AccessTokenError::OtherResource) => {
                let token = self.verify_among(Audiences::Any, text, keys, now)?;
                Ok((token.session, true))
            }
            token => Ok((token?.session, false)),
        }
    }

    fn verify_among(
        &self,
        audiences: Audiences<'_>,
        text: &str,
        keys: &PublicKeys,
        now: Timestamp,
    ) -> Result<AccessToken, AccessTokenError> {
        let jws = keys.verify(text, now)?;
        if jws.typ.as_deref() != Some(TYP) {
            return Err(AccessTokenError::Header);
        }
        let claims = UniqueObject::parse(&jws.payload).map_err(|_| AccessTokenError::Malformed)?;
        self.verify_claims(Claims(claims.0), audiences, now)
    }

    fn access(&self, aud: &str, audiences: Audiences<'_>) -> Result<Access, AccessTokenError> {
        let (is_meant, is_resource) = match audiences {
            Audiences::Own => (aud == self.audience, false),
            Audiences::Resource(resource) => (aud == resource, true),
            Audiences::Any => (true, false),
        };
        match (aud == self.password_audience, is_resource) {
            (true, false) => Ok(Access::PasswordChange),
            (false, _) if is_meant => Ok(Access::Api),
            (true, true) | (false, _) => Err(AccessTokenError::OtherResource),
        }
    }

    fn verify_claims(
        &self,
        mut claims: Claims,
        audiences: Audiences<'_>,
        now: Timestamp,
    ) -> Result<AccessToken, AccessTokenError> {
        if claims.text("iss")? != self.issuer {
            return Err(AccessTokenError::Foreign);
        }
        let access = self.access(&claims.text("aud")?, audiences)?;
        let (issued_at, expires_at) = (claims.instant("iat")?, claims.instant("exp")?);
        let not_before = if claims.0.contains_key("nbf") { claims.instant("nbf")? } else { issued_at };
        if issued_at.max(not_before) > now + CLOCK_SKEW || issued_at >= expires_at {
            return Err(AccessTokenError::Future);
        }
        let scope = if claims.0.contains_key("scope") { claims.text("scope")? } else { String::new() };
        // Both must be present (RFC 9068 section 2.2 requires `jti`), but their values aren't used.
        claims.text("jti")?;
        claims.instant("auth_time")?;
        Ok(AccessToken {
            access,
            session: SessionKey {
                user_id: claims.parsed("sub", UserId::parse)?,
                client_id: claims.parsed("client_id", ClientId::parse)?,
                session_id: claims.parsed("sid", SessionId::parse)?,
            },
            scope: Scope::parse(&scope).ok_or(AccessTokenError::Claim("scope"))?,
            expires_at,
            jkt: claims.confirmation()?,
            claims: claims.rest(),
        })
    }
}

fn unexpired(token: AccessToken, now: Timestamp) -> Result<AccessToken, AccessTokenError> {
    if now < token.expires_at { Ok(token) } else { Err(AccessTokenError::Expired) }
}

/// The claims that have not been read yet.
struct Claims(Map<String, Value>);

impl Claims {
    fn text(&mut self, name: &'static str) -> Result<String, AccessTokenError> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(AccessTokenError::Claim(name)),
        }
    }

    fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, AccessTokenError> {
        parse(&self.text(name)?).ok_or(AccessTokenError::Claim(name))
    }

    /// Reads a NumericDate. RFC 7519 section 2 allows fractions, but Latchgate neither writes nor accepts
    /// them.
    fn instant(&mut self, name: &'static str) -> Result<Timestamp, AccessTokenError> {
        let seconds = self.0.remove(name).and_then(|value| value.as_u64());
        seconds
            .map(Timestamp::from_unix)
            .filter(|instant| *instant < Timestamp::END)
            .ok_or(AccessTokenError::Claim(name))
    }

    /// The key in `cnf` (RFC 9449 section 6.1). Other members are refused, since nothing here would check
    /// them.
    fn confirmation(&mut self) -> Result<Option<Thumbprint>, AccessTokenError> {
        let error = AccessTokenError::Claim("cnf");
        let Some(cnf) = self.0.remove("cnf") else { return Ok(None) };
        let members = cnf.as_object().filter(|members| members.len() == 1);
        let jkt = members.and_then(|members| members.get("jkt")).and_then(Value::as_str);
        jkt.and_then(Thumbprint::parse).map(Some).ok_or(error)
    }

    fn rest(mut self) -> Map<String, Value> {
        self.0.retain(|name, _| !RESERVED_CLAIMS.contains(&name.as_str()));
        self.0
    }
}

#[cfg(test)]
mod tests;
