//! The token response (RFC 6749 section 5.1): what login and refresh answer with.

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

use super::{AccessClaims, Issuance, IssueError, RefreshToken, access::password_audience};
use crate::{
    client::ClaimSelection,
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    keys::Keyset,
    random::{self, Random},
    scope::Scope,
    store::{Session, User},
};

/// What tokens are issued for.
#[derive(Debug)]
pub struct Grant<'a> {
    /// The session, as it is stored now.
    pub session: &'a Session,
    /// The session's live refresh token.
    pub refresh_token: &'a RefreshToken,
    /// The session's user.
    pub user: &'a User,
    /// Which of the user's claims the client's tokens carry.
    pub claims: &'a ClaimSelection,
    /// What the access token may be used for: the session's scope, or less.
    pub scope: &'a Scope,
    /// Lifetime of the access token.
    pub access_ttl: Duration,
}

/// Issues the tokens of grants.
#[derive(Clone, Debug)]
pub struct TokenIssuer {
    issuer: String,
    audience: String,
}

impl TokenIssuer {
    /// Issues as the issuer and for the audience that the variables name.
    ///
    /// # Errors
    ///
    /// If a variable is missing.
    pub fn new(environment: &Environment) -> Result<Self, EnvironmentError> {
        let issuer = environment.required(variable::ISSUER)?.to_owned();
        let audience = environment.required(variable::AUDIENCE)?.to_owned();
        Ok(Self { issuer, audience })
    }

    /// The tokens of a grant, as a response.
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
        let Grant { session, refresh_token, user, claims, scope, access_ttl } = grant;
        let session_ttl = session.ends_at().since(now);
        // An access token never outlives its session, not even where nobody looks the session up.
        let access_ttl = session_ttl.min(*access_ttl);
        let access_token = keyset.signing.active(now).issue(&AccessClaims {
            scope: scope.to_text(),
            user: claims.select(&user.claims),
            ..AccessClaims::new(
                self.issuance(&self.audience, now, now + access_ttl, random),
                &session.key,
                session.auth_time,
            )
        })?;
        Ok(TokenResponse {
            access_token,
            token_type: "bearer",
            expires_in: access_ttl.as_secs(),
            expires: access_ttl.as_secs(),
            refresh_token: keyset.refresh.encode(refresh_token, &session.key.client_id, now),
            refresh_token_expires_in: session_ttl.as_secs(),
            scope: scope.to_text(),
        })
    }
}

impl TokenIssuer {
    /// An access token that lives as long as its session, and is good for a change of password and nothing else.
    ///
    /// # Errors
    ///
    /// [`IssueError`], if it can't be signed.
    pub fn issue_for_password(
        &self,
        session: &Session,
        keyset: &Keyset,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<SecretString, IssueError> {
        let audience = password_audience(&self.issuer);
        let issuance = self.issuance(&audience, now, session.ends_at(), random);
        keyset.signing.active(now).issue(&AccessClaims::new(issuance, &session.key, session.auth_time))
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

/// A successful response of a token endpoint.
#[derive(Serialize)]
pub struct TokenResponse {
    #[serde(serialize_with = "expose")]
    access_token: SecretString,
    /// RFC 6750: the value is case-insensitive.
    token_type: &'static str,
    /// Lifetime of the access token, in seconds.
    expires_in: u64,
    /// The same, for clients of an older answer, which had this name.
    expires: u64,
    #[serde(serialize_with = "expose")]
    refresh_token: SecretString,
    /// After how many seconds without a refresh the session ends.
    refresh_token_expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// The one place where tokens leave their wrapping: the body of the response.
fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    secret.expose_secret().serialize(serializer)
}

/// Shows no token.
impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}
