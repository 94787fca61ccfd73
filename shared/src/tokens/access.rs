//! The access token: a signed JWT of RFC 9068.

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
    store::SessionKey,
    thumbprint::Thumbprint,
};

/// The `typ` of an access token (RFC 9068 section 2.1). It keeps other JWTs of the same key from passing for
/// one.
pub(super) const TYP: &str = "at+jwt";

/// The claims of an access token (RFC 9068 section 2.2), together with the user's own.
#[derive(Debug, Serialize)]
pub struct AccessClaims<'a> {
    /// The issuer.
    pub iss: &'a str,
    /// The user.
    pub sub: &'a UserId,
    /// The audience.
    pub aud: &'a str,
    /// The client that it was issued to.
    pub client_id: &'a ClientId,
    /// The time of issue.
    pub iat: Timestamp,
    /// The expiry.
    pub exp: Timestamp,
    /// The identifier of the token.
    pub jti: String,
    /// The session.
    pub sid: &'a SessionId,
    /// The scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// When the user last entered the password.
    pub auth_time: Timestamp,
    /// The key that it is bound to, if any (RFC 7800 section 3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// The user's own claims.
    #[serde(flatten)]
    pub user: BTreeMap<&'a str, &'a Value>,
}

/// The key that the sender of the token has to prove.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Confirmation {
    /// The thumbprint of a key (RFC 9449 section 6.1).
    pub jkt: Thumbprint,
}

/// The issuer, audience and validity of a token.
#[derive(Clone, Debug)]
pub struct Issuance<'a> {
    /// The `iss` of the token.
    pub issuer: &'a str,
    /// The `aud` of the token.
    pub audience: &'a str,
    /// The time of issue.
    pub issued_at: Timestamp,
    /// The expiry.
    pub expires_at: Timestamp,
    /// The identifier of the token.
    pub jti: String,
}

impl<'a> AccessClaims<'a> {
    /// The claims that every token of a session has, without a scope, a key, or the user's own claims.
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
            cnf: None,
            user: BTreeMap::new(),
        }
    }
}

/// Why a token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be signed")]
pub enum IssueError {
    /// The claims can't be serialised.
    Claims(#[from] serde_json::Error),
    /// The crypto library refused to sign.
    Signature(#[from] aws_lc_rs::error::Unspecified),
}

impl IssueError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        "signing_failed"
    }
}

impl SigningKey {
    /// Signs an access token.
    ///
    /// # Errors
    ///
    /// [`IssueError`], if the token can't be signed.
    pub fn issue(&self, claims: &AccessClaims<'_>) -> Result<SecretString, IssueError> {
        let mut header = Header::new(self.algorithm().to_jwt());
        header.typ = Some(TYP.to_owned());
        header.kid = Some(self.kid().to_owned());
        Ok(self.signed(&header, claims)?.into())
    }

    /// Signs a JWT in the compact serialisation (RFC 7515 section 7.1).
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
