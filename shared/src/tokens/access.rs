//! The access token: a JWT of RFC 9068, signed.

use jsonwebtoken::Header;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    keys::SigningKey,
};

/// The `typ` of an access token (RFC 9068 section 2.1): what keeps other JWTs of the same key from passing for one.
pub(super) const TYP: &str = "at+jwt";

/// The claims that only Latchgate sets. A user's own claims can't take these names.
pub const RESERVED_CLAIMS: [&str; 12] =
    ["iss", "sub", "aud", "client_id", "iat", "nbf", "exp", "jti", "sid", "scope", "auth_time", "cnf"];

/// The claims of an access token (RFC 9068 section 2.2), and the user's own beside them.
#[derive(Debug, Serialize)]
pub struct AccessClaims<'a> {
    /// Who issued it.
    pub iss: &'a str,
    /// The user.
    pub sub: &'a UserId,
    /// Whom it is for.
    pub aud: &'a str,
    /// The client that it was issued to.
    pub client_id: &'a ClientId,
    /// When it was issued.
    pub iat: Timestamp,
    /// When it ends.
    pub exp: Timestamp,
    /// Its own identifier.
    pub jti: String,
    /// Its session.
    pub sid: &'a SessionId,
    /// What it may be used for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// When the user last gave a password.
    pub auth_time: Timestamp,
    /// The user's own claims.
    #[serde(flatten)]
    pub user: &'a Map<String, Value>,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be signed")]
pub struct IssueError(#[from] pub(crate) jsonwebtoken::errors::Error);

impl SigningKey {
    /// Signs an access token.
    ///
    /// # Errors
    ///
    /// If the crypto library refuses to sign.
    pub fn issue(&self, claims: &AccessClaims<'_>) -> Result<SecretString, IssueError> {
        let mut header = Header::new(self.algorithm());
        header.typ = Some(TYP.to_owned());
        header.kid = Some(self.kid().to_owned());
        Ok(jsonwebtoken::encode(&header, claims, &self.key)?.into())
    }
}
