//! The token response (RFC 6749 section 5.1), which login and refresh return.

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

use super::{AccessClaims, Issuance, IssueError, RefreshToken, access::Confirmation};
use crate::{
    client::ClaimSelection,
    clock::Timestamp,
    dpop,
    environment::{Environment, EnvironmentError, variable},
    keys::Keyset,
    random::{self, Random},
    resource::{Resource, password_audience},
    scope::Scope,
    store::{Session, User},
    thumbprint::Thumbprint,
};

/// The grant that tokens are issued for.
#[derive(Debug)]
pub struct Grant<'a> {
    /// The session, as it is stored now.
    pub session: &'a Session,
    /// The session's live refresh token.
    pub refresh_token: &'a RefreshToken,
    /// The session's user.
    pub user: &'a User,
    /// The selection of the user's claims for the client's tokens.
    pub claims: &'a ClaimSelection,
    /// The scope of the access token: the session's, or less.
    pub scope: &'a Scope,
    /// The resource that the access token is for. Its scope is then limited to the resource's scopes. `None`
    /// means the deployment's audience.
    pub resource: Option<&'a Resource>,
    /// Lifetime of the access token.
    pub access_ttl: Duration,
    /// The key that the access token is bound to, if any: the session's, or, for a confidential client whose
    /// session has none, the key of the request's proof.
    pub jkt: Option<Thumbprint>,
}

/// Issues the tokens of grants.
#[derive(Clone, Debug)]
pub struct TokenIssuer {
    issuer: String,
    audience: String,
}

impl TokenIssuer {
    /// An issuer with the `iss` and the `aud` that the variables name.
    ///
    /// # Errors
    ///
    /// If a variable is missing.
    pub fn new(environment: &Environment) -> Result<Self, EnvironmentError> {
        let issuer = environment.required(variable::ISSUER)?.to_owned();
        let audience = environment.required(variable::AUDIENCE)?.to_owned();
        Ok(Self { issuer, audience })
    }

    /// The `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Issues the tokens of a grant, as a response.
    ///
    /// # Errors
    ///
    /// [`IssueError`], if the access token can't be signed.
    pub fn issue(
        &self,
        grant: &Grant<'_>,
        keyset: &Keyset,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<TokenResponse, IssueError> {
        let Grant { session, refresh_token, user, claims, scope, resource, access_ttl, jkt } = grant;
        let audience = resource.map_or(&*self.audience, |resource| &*resource.identifier);
        let scope = resource.map_or_else(|| (*scope).clone(), |resource| resource.bound(scope));
        let session_ttl = session.ends_at().since(now);
        // An access token never outlives its session, even where sessions aren't looked up.
        let access_ttl = session_ttl.min(*access_ttl);
        let access_token = keyset.signing.active(now).issue(&AccessClaims {
            scope: scope.to_text(),
            user: claims.select(&user.claims),
            cnf: jkt.map(|jkt| Confirmation { jkt }),
            ..AccessClaims::new(
                self.issuance(audience, now, now + access_ttl, random),
                &session.key,
                session.auth_time,
            )
        })?;
        Ok(TokenResponse {
            access_token,
            token_type: token_type(*jkt),
            expires_in: access_ttl.as_secs(),
            expires: access_ttl.as_secs(),
            // Bound to the stored key: each generation has one successor, which has one key.
            refresh_token: Some(keyset.refresh.encode(
                &(*refresh_token).clone().bound_to(session.jkt),
                &session.key.client_id,
                now,
            )),
            refresh_token_expires_in: Some(session_ttl.as_secs()),
            id_token: None,
            scope: scope.to_text(),
        })
    }
}

impl TokenIssuer {
    /// Issues an access token that only allows a change of password. It is bound to this key, and lives as
    /// long as its session.
    ///
    /// # Errors
    ///
    /// [`IssueError`], if the token can't be signed.
    pub fn issue_for_password(
        &self,
        session: &Session,
        jkt: Option<Thumbprint>,
        keyset: &Keyset,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<SecretString, IssueError> {
        let audience = password_audience(&self.issuer);
        let issuance = self.issuance(&audience, now, session.ends_at(), random);
        keyset.signing.active(now).issue(&AccessClaims {
            cnf: jkt.map(|jkt| Confirmation { jkt }),
            ..AccessClaims::new(issuance, &session.key, session.auth_time)
        })
    }

    fn issuance<'a>(
        &'a self,
        audience: &'a str,
        issued_at: Timestamp,
        expires_at: Timestamp,
        random: &dyn Random,
    ) -> Issuance<'a> {
        Issuance { issuer: &self.issuer, audience, issued_at, expires_at, jti: random::identifier(random) }
    }
}

/// The `token_type` of an access token: `DPoP` if it is bound to a key (RFC 9449 section 5), otherwise
/// `bearer` (RFC 6750 section 6.1.1). Its case doesn't matter (RFC 6749 section 5.1).
pub fn token_type(jkt: Option<Thumbprint>) -> &'static str {
    if jkt.is_some() { dpop::SCHEME } else { "bearer" }
}

/// A successful response of a token endpoint.
#[derive(Serialize)]
pub struct TokenResponse {
    #[serde(serialize_with = "expose")]
    access_token: SecretString,
    token_type: &'static str,
    /// Lifetime of the access token, in seconds.
    expires_in: u64,
    /// The same value under its old name, for older clients.
    expires: u64,
    #[serde(serialize_with = "expose_some", skip_serializing_if = "Option::is_none")]
    refresh_token: Option<SecretString>,
    /// The number of seconds after which the session ends without a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expires_in: Option<u64>,
    /// The ID token (OpenID Connect Core 1.0 section 3.1.3.3).
    #[serde(serialize_with = "expose_some", skip_serializing_if = "Option::is_none")]
    id_token: Option<SecretString>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl TokenResponse {
    /// The access token, and its lifetime in seconds.
    pub fn access_token(&self) -> (&SecretString, u64) {
        (&self.access_token, self.expires_in)
    }

    /// The same response with an ID token.
    #[must_use]
    pub fn with_id_token(self, id_token: Option<SecretString>) -> Self {
        Self { id_token, ..self }
    }

    /// The same response for a client that gets no refresh token.
    #[must_use]
    pub fn without_refresh_token(self) -> Self {
        Self { refresh_token: None, refresh_token_expires_in: None, ..self }
    }
}

/// Writes a token into the body of the response. No other code exposes tokens.
fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    secret.expose_secret().serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
fn expose_some<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}

/// Hides the tokens.
impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}
