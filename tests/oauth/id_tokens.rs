//! The ID token: its claims, its readers, and its limits (OpenID Connect Core 1.0 section 2).

use axum::http::Request;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Value, json};
use shared::{keys::SigningAlgorithm, route};

use crate::harness::{
    Api, Browser, Flow, Forge, USER_ID, WEB, WEB_SERVER, bearer, claims, hash, id_token, keyset_of, part,
};

#[tokio::test]
async fn an_id_token_states_the_user_time_method_and_client() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    Flow::of(WEB_SERVER).tokens(&api, &mut browser).await;
    let signed_in_at = api.clock.unix();
    api.clock.advance(100);
    let flow = Flow::of(WEB).with("scope", "openid read");
    let reply = flow.tokens(&api, &mut browser).await;
    let token = id_token(&reply);
    let access = claims(&reply.tokens().access);
    let mut expected = json!({
        "iss": "https://issuer.example.com",
        "sub": USER_ID,
        "aud": WEB,
        "azp": WEB,
        "iat": signed_in_at + 100,
        "exp": signed_in_at + 100 + 1800,
        "auth_time": signed_in_at,
        "amr": ["pwd"],
        "nonce": "a-nonce",
        "sid": access["sid"],
    });
    // The left half of the hash, with ES256's digest.
    expected["at_hash"] = json!(at_hash_of(&reply.tokens().access));
    assert_eq!(claims(token), expected);
    assert_eq!(access["auth_time"], signed_in_at, "and the access token says the same");
    assert_eq!(part(token, 0)["typ"], "JWT");
}

/// Base64url: 43 characters encode 32 bytes, 22 encode the first 16.
fn at_hash_of(access_token: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let whole = URL_SAFE_NO_PAD.decode(hash(access_token)).unwrap();
    URL_SAFE_NO_PAD.encode(&whole[..16])
}

/// OpenID Connect Core 1.0 section 5.4.
#[tokio::test]
async fn scopes_choose_the_user_claims_of_an_id_token() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    for (scope, email, name) in [
        ("openid", Value::Null, Value::Null),
        ("openid email", json!("demo@example.com"), Value::Null),
        ("openid profile", Value::Null, json!("Demo User")),
        ("openid profile email", json!("demo@example.com"), json!("Demo User")),
    ] {
        let reply = Flow::of(WEB).with("scope", scope).tokens(&api, &mut browser).await;
        let claims = claims(id_token(&reply));
        assert_eq!((&claims["email"], &claims["name"]), (&email, &name), "{scope}");
        assert_eq!(claims["roles"], Value::Null, "no scope asks for it");
        assert_eq!((&claims["client_id"], &claims["scope"]), (&Value::Null, &Value::Null));
    }
}

/// Verified with the published keys, as any library would.
#[tokio::test]
async fn an_id_token_is_signed_with_a_published_key_of_any_algorithm() {
    for (algorithm, jwa) in [
        (SigningAlgorithm::Es256, Algorithm::ES256),
        (SigningAlgorithm::EdDsa, Algorithm::EdDSA),
        (SigningAlgorithm::Rs256, Algorithm::RS256),
    ] {
        let api = Api::with_keyset(keyset_of(algorithm), |parameters| parameters).await.with_clients().await;
        let reply = Flow::of(WEB).tokens(&api, &mut Browser::new(&api)).await;
        let token = id_token(&reply);
        let jwks = api.send(Request::get(route::JWKS), "").await.body;
        let jwks: JwkSet = serde_json::from_value(jwks).unwrap();
        let key = jwks.find(part(token, 0)["kid"].as_str().unwrap()).unwrap();
        let mut validation = Validation::new(jwa);
        validation.set_issuer(&["https://issuer.example.com"]);
        validation.set_audience(&[WEB]);
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(key).unwrap();
        let verified = jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap();
        assert_eq!(verified.claims["sub"], USER_ID, "{algorithm:?}");
    }
}

/// Each kind of token works only for its own purpose.
#[tokio::test]
async fn an_id_token_opens_nothing() {
    let api = Api::with_pages().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    let reply = flow.tokens(&api, &mut browser).await;
    let (token, tokens) = (id_token(&reply), reply.tokens());
    api.call(token).await.assert_gateway_error(401, "unauthorized");
    let userinfo = api.send(bearer(Request::get(route::USERINFO), token), "").await;
    userinfo.assert_gateway_error(401, "unauthorized");
    for path in [route::REFRESH, route::TOKEN] {
        api.post(path, &flow.refresh_form(token)).await.assert_error(400, "invalid_grant");
    }
    flow.redeem(&api, token).await.assert_error(400, "invalid_grant");
    // Logout doesn't recognise it, and ends nothing.
    api.post(route::LOGOUT, &[("client_id", WEB), ("token", token)]).await;
    assert_eq!(api.call(&tokens.access).await.status, 200);
    // Not even an ID token with an access token's claims, signed with the deployment's key.
    let forge = Forge::new(&api, token);
    let access = Forge::new(&api, &tokens.access);
    let header = json!({ "typ": "JWT", "alg": forge.header["alg"], "kid": forge.header["kid"] });
    let disguised = access.sign_raw(&header.to_string(), &access.claims.to_string());
    api.call(&disguised).await.assert_gateway_error(401, "unauthorized");
}

#[tokio::test]
async fn a_refresh_gives_no_second_id_token() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let tokens = flow.tokens(&api, &mut Browser::new(&api)).await.tokens();
    for path in [route::TOKEN, route::REFRESH] {
        let reply = api.post(path, &flow.refresh_form(&tokens.refresh)).await;
        assert_eq!((reply.status, &reply.body["id_token"]), (200, &Value::Null), "{path}");
    }
}
