use jsonwebtoken::{Algorithm, Header};
use serde_json::json;

use super::*;
use crate::keys::{Keyset, PublishedKey};

const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://login.example";

fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(unix)
}

fn verifier() -> AccessTokenVerifier {
    AccessTokenVerifier {
        issuer: ISSUER.to_owned(),
        audience: "https://api.example".to_owned(),
        password_audience: password_audience(ISSUER),
    }
}

/// The claims of a token that is issued now, with these changes; `null` removes a claim.
fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "u1", "aud": "https://api.example", "client_id": "app", "iat": NOW, "exp": NOW + 100,
        "jti": "j1", "sid": SessionId::of_secret(b"secret"), "scope": "read write", "auth_time": NOW,
        "email": "somebody@example.org",
    });
    let Value::Object(changes) = changes else { panic!("{changes}") };
    for (name, value) in changes {
        claims[name] = value;
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn verified(changes: Value) -> Result<AccessToken, AccessTokenError> {
    verified_among(Audiences::Own, changes)
}

fn verified_among(audiences: Audiences<'_>, changes: Value) -> Result<AccessToken, AccessTokenError> {
    let Value::Object(claims) = claims(changes) else { unreachable!() };
    verifier().verify_claims(Claims(claims), audiences, at(NOW))
}

/// The key pair of RFC 8037 appendix A.
fn keyset() -> Keyset {
    let signing = json!({
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "k1",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let refresh = json!({ "kty": "oct", "alg": "HS256", "kid": "r1", "k": "A".repeat(43) });
    Keyset::parse(&json!({ "signing_keys": [signing], "refresh_keys": [refresh] }).to_string()).unwrap()
}

fn signed(typ: Option<&str>) -> String {
    let header =
        Header { typ: typ.map(str::to_owned), kid: Some("k1".to_owned()), ..Header::new(Algorithm::EdDSA) };
    keyset().signing.active(at(NOW)).signed(&header, &claims(json!({}))).unwrap()
}

#[test]
fn a_verified_token_has_the_session_scope_and_claims_it_was_issued_for() {
    let session = SessionKey {
        user_id: UserId::parse("u1").unwrap(),
        client_id: ClientId::parse("app").unwrap(),
        session_id: SessionId::of_secret(b"secret"),
    };
    let Value::Object(own) = json!({ "email": "somebody@example.org" }) else { unreachable!() };
    let token = AccessToken {
        access: Access::Api,
        session,
        scope: Scope::parse("read write").unwrap(),
        expires_at: at(NOW + 100),
        jkt: None,
        claims: own,
    };
    assert_eq!(verified(json!({})), Ok(token));
    assert!(verified(json!({ "scope": null })).unwrap().scope.is_empty());
}

#[test]
fn a_token_is_of_this_issuer_and_for_one_of_two_audiences() {
    let audience = |aud: &str| verified(json!({ "aud": aud })).map(|token| token.access);
    assert_eq!(audience("https://login.example/password"), Ok(Access::PasswordChange));
    assert_eq!(audience("https://api.example/"), Err(AccessTokenError::OtherResource));
    assert_eq!(verified(json!({ "iss": "https://login.example/" })), Err(AccessTokenError::Foreign));
}

#[test]
fn a_token_for_a_resource_opens_only_that_resource() {
    let notes = "https://notes.example/mcp";
    let for_notes = json!({ "aud": notes });
    let at_notes = |changes| verified_among(Audiences::Resource(notes), changes).map(|token| token.access);
    assert_eq!(at_notes(for_notes.clone()), Ok(Access::Api));
    assert_eq!(verified(for_notes.clone()), Err(AccessTokenError::OtherResource));
    for aud in [
        "https://api.example",
        "https://notes.example/mcp/",
        "https://notes.example",
        "https://login.example/password",
    ] {
        assert_eq!(at_notes(json!({ "aud": aud })), Err(AccessTokenError::OtherResource), "{aud}");
    }
    let password = "https://login.example/password";
    let misnamed = verified_among(Audiences::Resource(password), json!({ "aud": password }));
    assert_eq!(
        misnamed,
        Err(AccessTokenError::OtherResource),
        "a change of password is no resource of others"
    );
}

#[test]
fn any_token_of_ours_names_its_session() {
    let session = verified(json!({})).unwrap().session;
    for aud in ["https://api.example", "https://notes.example/mcp", "https://login.example/password"] {
        let token = verified_among(Audiences::Any, json!({ "aud": aud, "exp": NOW + 1 }));
        assert_eq!(token.map(|token| token.session), Ok(session.clone()), "{aud}");
    }
    let foreign = verified_among(Audiences::Any, json!({ "iss": "https://other.example" }));
    assert_eq!(foreign, Err(AccessTokenError::Foreign));
    let (keys, token) = (keyset().public, signed(Some(TYP)));
    assert_eq!(verifier().session_of(&token, &keys, at(NOW + 1000)), Ok((session.clone(), false)));
    let elsewhere = AccessTokenVerifier { audience: "https://other.example".to_owned(), ..verifier() };
    assert_eq!(elsewhere.session_of(&token, &keys, at(NOW + 1000)), Ok((session, true)));
    assert!(verifier().session_of(&signed(Some("JWT")), &keys, at(NOW)).is_err(), "an ID token");
}

#[test]
fn a_claim_that_is_missing_or_mistyped_is_named() {
    for name in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "sid", "auth_time"] {
        for bad in [Value::Null, json!([]), json!(1.5)] {
            assert_eq!(verified(json!({ name: bad })), Err(AccessTokenError::Claim(name)), "{name}");
        }
    }
    for name in ["iat", "exp", "nbf", "auth_time"] {
        let end = Timestamp::END.as_unix();
        assert_eq!(verified(json!({ name: end })), Err(AccessTokenError::Claim(name)), "{name}");
    }
    assert!(verified(json!({ "exp": Timestamp::END.as_unix() - 1 })).is_ok());
}

#[test]
fn a_token_may_be_from_a_clock_that_is_a_little_ahead() {
    for name in ["iat", "nbf"] {
        assert!(verified(json!({ name: NOW - 5 })).is_ok(), "{name}");
        assert!(verified(json!({ name: NOW + 5 })).is_ok(), "{name}");
        assert_eq!(verified(json!({ name: NOW + 6 })), Err(AccessTokenError::Future), "{name}");
    }
    assert!(verified(json!({ "exp": NOW + 1 })).is_ok());
    assert_eq!(verified(json!({ "exp": NOW })), Err(AccessTokenError::Future), "it ends as it begins");
}

#[test]
fn an_expired_token_can_only_end_its_session() {
    let (keys, token) = (keyset().public, signed(Some(TYP)));
    for now in [NOW + 99, NOW + 100, NOW + 101] {
        let result = verifier().verify(&token, &keys, at(now)).map(|token| token.expires_at);
        let expected = if now < NOW + 100 { Ok(at(NOW + 100)) } else { Err(AccessTokenError::Expired) };
        assert_eq!(result, expected, "{now}");
        assert!(verifier().verify_even_expired(&token, &keys, at(now)).is_ok());
    }
}

#[test]
fn another_jwt_of_the_same_key_is_not_an_access_token() {
    for typ in [None, Some("JWT"), Some("AT+JWT"), Some("application/at+jwt")] {
        let result = verifier().verify_even_expired(&signed(typ), &keyset().public, at(NOW));
        assert_eq!(result, Err(AccessTokenError::Header), "{typ:?}");
    }
}

#[test]
fn a_published_key_verifies_until_it_expires_and_not_until_it_is_swept() {
    let jwk = keyset().public.find("k1", at(NOW)).unwrap().jwk.clone();
    let published = PublishedKey { jwk, published_at: at(NOW), expires_at: at(NOW + 10) };
    let keys = PublicKeys::from_published(&[published]).unwrap();
    let token = signed(Some(TYP));
    assert!(verifier().verify(&token, &keys, at(NOW + 9)).is_ok());
    assert_eq!(verifier().verify(&token, &keys, at(NOW + 10)), Err(AccessTokenError::UnknownKey));
}
