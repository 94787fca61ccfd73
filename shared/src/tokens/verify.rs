//! The one place where an access token is verified.
//!
//! The crypto library checks the signature; everything else is checked here and in [`super::jws`], against the injected
//! clock, because JWT libraries let through what RFC 8725 and RFC 9068 don't: unknown critical headers, any `typ`,
//! fractional or future instants, an array as issuer. What Latchgate issues has one exact shape, and only that shape is
//! accepted.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    AccessTokenError,
    access::{TYP, password_audience},
};
use crate::{
    claims::RESERVED_CLAIMS,
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::{ClientId, SessionId, UserId},
    json::UniqueObject,
    keys::PublicKeys,
    scope::Scope,
    store::SessionKey,
};

/// By how much the clock of the machine that issued a token may be ahead of ours: machines in AWS are within
/// milliseconds, but whole seconds round. `exp` gets no such allowance: a token never outlives what it says.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// What an access token gives access to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The API.
    Api,
    /// A change of the user's password, and nothing else.
    PasswordChange,
}

/// A verified access token.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessToken {
    /// What it gives access to.
    pub access: Access,
    /// Its session: the user, the client that it was issued to, and which of their sessions.
    pub session: SessionKey,
    /// What it may be used for.
    pub scope: Scope,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The user's own claims.
    pub claims: Map<String, Value>,
}

/// Verifies access tokens of one issuer for one audience.
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
            // Else a token for a change of password would be one for the API.
            return Err(EnvironmentError::Malformed(variable::AUDIENCE));
        }
        Ok(Self { issuer, audience, password_audience })
    }

    /// The token that `text` is, if one of these keys signed it and it is valid `now`, whatever it gives access to.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], otherwise. RFC 7519 section 4.1.4: at `exp` itself it is no longer valid.
    pub fn verify(
        &self,
        text: &str,
        keys: &PublicKeys,
        now: Timestamp,
    ) -> Result<AccessToken, AccessTokenError> {
        let token = self.verify_even_expired(text, keys, now)?;
        if now < token.expires_at { Ok(token) } else { Err(AccessTokenError::Expired) }
    }

    /// The token that `text` is, if it is or was valid: enough to end its session, and for nothing else.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], otherwise.
    pub fn verify_even_expired(
        &self,
        text: &str,
        keys: &PublicKeys,
        now: Timestamp,
    ) -> Result<AccessToken, AccessTokenError> {
        let jws = keys.verify(text, now)?;
        if jws.typ.as_deref() != Some(TYP) {
            return Err(AccessTokenError::Header);
        }
        let claims = UniqueObject::parse(&jws.payload).map_err(|_| AccessTokenError::Malformed)?;
        self.verify_claims(Claims(claims.0), now)
    }

    fn verify_claims(&self, mut claims: Claims, now: Timestamp) -> Result<AccessToken, AccessTokenError> {
        if claims.text("iss")? != self.issuer {
            return Err(AccessTokenError::Foreign);
        }
        let access = match claims.text("aud")? {
            aud if aud == self.audience => Access::Api,
            aud if aud == self.password_audience => Access::PasswordChange,
            _ => return Err(AccessTokenError::Foreign),
        };
        let (issued_at, expires_at) = (claims.instant("iat")?, claims.instant("exp")?);
        let not_before = if claims.0.contains_key("nbf") { claims.instant("nbf")? } else { issued_at };
        if issued_at.max(not_before) > now + CLOCK_SKEW || issued_at >= expires_at {
            return Err(AccessTokenError::Future);
        }
        let scope = if claims.0.contains_key("scope") { claims.text("scope")? } else { String::new() };
        // RFC 9068 section 2.2 requires the first; nobody here needs what they say.
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
            claims: claims.rest(),
        })
    }
}

/// The claims that have not been looked at yet.
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

    /// RFC 7519 section 2 allows fractions in a NumericDate; Latchgate writes none, and accepts none.
    fn instant(&mut self, name: &'static str) -> Result<Timestamp, AccessTokenError> {
        let seconds = self.0.remove(name).and_then(|value| value.as_u64());
        seconds
            .map(Timestamp::from_unix)
            .filter(|instant| *instant < Timestamp::END)
            .ok_or(AccessTokenError::Claim(name))
    }

    fn rest(mut self) -> Map<String, Value> {
        self.0.retain(|name, _| !RESERVED_CLAIMS.contains(&name.as_str()));
        self.0
    }
}

#[cfg(test)]
mod tests;
