//! The access token: a JWT of RFC 9068, signed.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Header;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use crate::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    keys::SigningKey,
    route,
    store::SessionKey,
};

/// The `typ` of an access token (RFC 9068 section 2.1): what keeps other JWTs of the same key from passing for one.
pub(super) const TYP: &str = "at+jwt";

/// The `aud` of a token that is good for a change of password and nothing else: the one resource that it gives access
/// to (RFC 9068 section 3). Whoever verifies tokens for the API, with whatever library, so refuses it.
pub(super) fn password_audience(issuer: &str) -> String {
    format!("{issuer}{}", route::PASSWORD)
}

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
    pub user: BTreeMap<&'a str, &'a Value>,
}

/// Who issues a token, for whom, and for how long.
#[derive(Clone, Debug)]
pub struct Issuance<'a> {
    /// The `iss` of the token.
    pub issuer: &'a str,
    /// The `aud` of the token.
    pub audience: &'a str,
    /// When it is issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Its own identifier.
    pub jti: String,
}

impl<'a> AccessClaims<'a> {
    /// The claims that every token of a session has; it has no scope and none of the user's own claims yet.
    pub fn new(issuance: Issuance<'a>, session: &'a SessionKey, auth_time: Timestamp) -> Self {
        let Issuance { issuer, audience, issued_at, expires_at, jti } = issuance;
        Self {
            iss: issuer,
            sub: &session.user_id,
            aud: audience,
            client_id: &session.client_id,
            iat: issued_at,
            exp: expires_at,
            jti,
            sid: &session.session_id,
            scope: None,
            auth_time,
            user: BTreeMap::new(),
        }
    }
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be signed")]
pub enum IssueError {
    /// The claims have no JSON.
    Claims(#[from] serde_json::Error),
    /// The crypto library refuses to sign.
    Signature(#[from] aws_lc_rs::error::Unspecified),
}

impl IssueError {
    /// Its name in audit events.
    pub fn reason(&self) -> &'static str {
        "signing_failed"
    }
}

impl SigningKey {
    /// Signs an access token.
    ///
    /// # Errors
    ///
    /// [`IssueError`], if the crypto library refuses to sign.
    pub fn issue(&self, claims: &AccessClaims<'_>) -> Result<SecretString, IssueError> {
        let mut header = Header::new(self.algorithm().to_jwt());
        header.typ = Some(TYP.to_owned());
        header.kid = Some(self.kid().to_owned());
        Ok(self.signed(&header, claims)?.into())
    }

    /// A JWT in the compact serialisation (RFC 7515 section 7.1).
    pub(super) fn signed(&self, header: &Header, claims: &impl Serialize) -> Result<String, IssueError> {
        let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(header)?);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}
