//! The ID token (OpenID Connect Core 1.0 section 2), which tells a client about the user who signed in.
//!
//! The keys of access tokens sign it too. The `typ` tells the two apart: neither is ever accepted for the
//! other.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Header;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};

use super::IssueError;
use crate::{
    claims::standard_claims,
    client::stored_client_id,
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    json::UniqueObject,
    keys::{Keyset, PublicKeys, SigningAlgorithm, SigningKey},
    scope::Scope,
    store::{Session, SessionKey},
};

/// The `typ` of an ID token (RFC 7519 section 5.1).
const TYP: &str = "JWT";

/// The scope that asks for an ID token (OpenID Connect Core 1.0 section 3.1.2.1).
pub const OPENID: &str = "openid";

/// How users sign in: by password (RFC 8176 section 2).
const AMR: [&str; 1] = ["pwd"];

/// The content of an ID token.
#[derive(Debug)]
pub struct IdTokenGrant<'a> {
    /// The session, as it is stored now.
    pub session: &'a Session,
    /// The `client_id` as the client knows it.
    pub client_id: &'a str,
    /// The granted scope. Its scopes select the user's claims (section 5.4).
    pub scope: &'a Scope,
    /// The user's own claims.
    pub claims: &'a Map<String, Value>,
    /// The nonce of the authorization request.
    pub nonce: Option<&'a str>,
    /// The access token that is issued with it.
    pub access_token: &'a SecretString,
    /// The expiry of the access token, and of this token.
    pub expires_at: Timestamp,
}

/// The claims of sections 2 and 3.1.3.6, and the user's.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a UserId,
    aud: &'a str,
    azp: &'a str,
    iat: Timestamp,
    exp: Timestamp,
    auth_time: Timestamp,
    amr: [&'static str; 1],
    at_hash: String,
    /// OpenID Connect Back-Channel Logout 1.0 section 2.1.
    sid: &'a SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(flatten)]
    user: Map<String, Value>,
}

/// Signs the ID token of a session for its client.
///
/// # Errors
///
/// [`IssueError`], if the token can't be signed.
pub fn issue_id_token(
    issuer: &str,
    grant: &IdTokenGrant<'_>,
    keyset: &Keyset,
    now: Timestamp,
) -> Result<SecretString, IssueError> {
    let key = keyset.signing.active(now);
    let SessionKey { user_id, session_id, .. } = &grant.session.key;
    let claims = Claims {
        iss: issuer,
        sub: user_id,
        aud: grant.client_id,
        azp: grant.client_id,
        iat: now,
        exp: grant.expires_at,
        auth_time: grant.session.auth_time,
        amr: AMR,
        at_hash: half_hash(key, grant.access_token),
        sid: session_id,
        nonce: grant.nonce,
        user: standard_claims(grant.claims, grant.scope),
    };
    let mut header = Header::new(key.algorithm().to_jwt());
    header.typ = Some(TYP.to_owned());
    header.kid = Some(key.kid().to_owned());
    Ok(key.signed(&header, &claims)?.into())
}

/// The left half of a token's hash, by the hash of the signature algorithm (section 3.1.3.6). For Ed25519
/// this is SHA-512 (RFC 8032 section 5.1).
fn half_hash(key: &SigningKey, token: &SecretString) -> String {
    let algorithm = match key.algorithm() {
        SigningAlgorithm::Es256 | SigningAlgorithm::Rs256 => &digest::SHA256,
        SigningAlgorithm::EdDsa => &digest::SHA512,
    };
    let hash = digest::digest(algorithm, token.expose_secret().as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
}

/// The session of an ID token of ours, even if the token has expired. This is enough to end the session, and
/// must not be used for anything else (OpenID Connect RP-Initiated Logout 1.0 section 2, `id_token_hint`).
pub fn verify_id_token_hint(
    text: &str,
    issuer: &str,
    keys: &PublicKeys,
    now: Timestamp,
) -> Option<SessionKey> {
    let jws = keys.verify(text, now).ok().filter(|jws| jws.typ.as_deref() == Some(TYP))?;
    let claims = UniqueObject::parse(&jws.payload).ok()?.0;
    let text = |name| claims.get(name).and_then(Value::as_str);
    (text("iss") == Some(issuer)).then_some(())?;
    Some(SessionKey {
        user_id: UserId::parse(text("sub")?)?,
        client_id: stored_client_id(text("aud")?)?,
        session_id: SessionId::parse(text("sid")?)?,
    })
}

/// The client in the `aud` of an ID token, unverified, so it proves no more than a `client_id` in a request.
/// It identifies the client even if the token's key has been replaced.
pub fn unverified_audience(text: &str) -> Option<ClientId> {
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    let claims = UniqueObject::parse(&payload).ok()?.0;
    stored_client_id(claims.get("aud").and_then(Value::as_str)?)
}
