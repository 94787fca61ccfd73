//! The deployment that the checks use. Its keys are examples from RFCs, and its clock stands still.

use std::sync::LazyLock;

use secrecy::ExposeSecret;
use serde_json::Value;
use shared::{
    clock::{Clock, Timestamp},
    environment::{Environment, variable},
    ids::{ClientId, SessionId, UserId},
    keys::Keyset,
    tokens::{AccessClaims, AccessTokenVerifier},
};

/// The signing key's `kid`.
pub(crate) const KID: &str = "rfc";
/// The signing key is that of RFC 8037 appendix A.1, the refresh key that of RFC 7515 appendix A.1.
const KEYSET: &str = r#"{
    "signing_keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "rfc",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" }],
    "refresh_keys": [{ "kty": "oct", "alg": "HS256", "kid": "rfc",
        "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow" }] }"#;

pub(crate) const ISSUER: &str = "https://issuer.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
/// The audience of tokens that only allow a change of password.
pub(crate) const PASSWORD_AUDIENCE: &str = "https://issuer.example.com/password";
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
/// The live session.
pub(crate) const SESSION_ID: &str = "47DEQpj8HBSa-_TImW-5JA";

/// A clock that stands still.
#[derive(Debug)]
pub(crate) struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        NOW
    }
}

pub(crate) static KEYS: LazyLock<Keyset> = LazyLock::new(|| Keyset::parse(KEYSET).unwrap());

/// A member of a key in the keyset. The checks use the private half to sign as the key's holder could.
pub(crate) fn key_member(list: &str, name: &str) -> String {
    let keyset: Value = serde_json::from_str(KEYSET).unwrap();
    keyset[list][0][name].as_str().unwrap().to_owned()
}

pub(crate) fn client() -> ClientId {
    ClientId::parse("app").unwrap()
}

pub(crate) fn environment() -> Environment {
    let variables = [
        (variable::ISSUER, ISSUER),
        (variable::AUDIENCE, AUDIENCE),
        (variable::SESSIONS_TABLE, "Sessions"),
        (variable::KEYS_TABLE, "Keys"),
        (variable::CONTEXT_CLAIMS, "*"),
    ];
    Environment::from_variables(variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

pub(crate) static VERIFIER: LazyLock<AccessTokenVerifier> =
    LazyLock::new(|| AccessTokenVerifier::new(&environment()).unwrap());

/// The issued access tokens: for the API, for a change of password, and an expired one. EdDSA is deterministic, so
/// these texts never change.
pub(crate) static ISSUED: LazyLock<[String; 3]> = LazyLock::new(|| {
    [(AUDIENCE, NOW), (PASSWORD_AUDIENCE, NOW), (AUDIENCE, Timestamp::from_unix(1_700_000_000))]
        .map(|(audience, issued_at)| issued(audience, issued_at))
});

fn issued(audience: &str, issued_at: Timestamp) -> String {
    let claims = AccessClaims {
        iss: ISSUER,
        sub: &UserId::parse("u1").unwrap(),
        aud: audience,
        client_id: &client(),
        iat: issued_at,
        exp: issued_at + std::time::Duration::from_secs(1800),
        jti: "t1".to_owned(),
        sid: &SessionId::parse(SESSION_ID).unwrap(),
        scope: Some("read write".to_owned()),
        auth_time: issued_at,
        cnf: None,
        user: [].into(),
    };
    KEYS.signing.active(NOW).issue(&claims).unwrap().expose_secret().to_owned()
}
