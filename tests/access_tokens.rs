//! The access token: what is in it, and that nothing else than what Latchgate issues is accepted.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto};
use serde_json::{Value, json};

use crate::harness::{APP, Api, USER_ID};

pub(crate) fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// Signs anything with the API's own key: what its holder could forge is what verification must still refuse.
pub(crate) struct Forge {
    key: EncodingKey,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Forge {
    pub(crate) fn new(api: &Api, token: &str) -> Self {
        let keyset = api.keyset();
        let jwk = &keyset["signing_keys"][0];
        let member = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let point = [&[4], &member("x")[..], &member("y")[..]].concat();
        let algorithm = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = aws_lc_rs::signature::EcdsaKeyPair::from_private_key_and_public_key(
            algorithm,
            &member("d"),
            &point,
        );
        let key = EncodingKey::from_ec_der(pair.unwrap().to_pkcs8v1().unwrap().as_ref());
        Self { key, header: part(token, 0), claims: part(token, 1) }
    }

    pub(crate) fn sign_raw(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = crypto::sign(message.as_bytes(), &self.key, Algorithm::ES256).unwrap();
        format!("{message}.{signature}")
    }

    pub(crate) fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.sign_raw(&self.header.to_string(), &claims.to_string())
    }

    pub(crate) fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        self.sign_raw(&header.to_string(), &self.claims.to_string())
    }
}

#[tokio::test]
async fn it_is_a_jwt_of_rfc_9068() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let header = part(&token, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"ES256".into()));
    assert!(header["kid"].is_string());
    let claims = claims(&token);
    let now = api.clock.unix();
    for (name, value) in [
        ("iss", json!("https://issuer.example.com")),
        ("aud", json!("api")),
        ("sub", json!(USER_ID)),
        ("client_id", json!(APP)),
        ("iat", json!(now)),
        ("exp", json!(now + 1800)),
        ("auth_time", json!(now)),
        ("scope", json!("read write")),
        ("email", json!("demo@example.com")),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    let session_key = api.session().await["session_key"].as_s().unwrap().clone();
    assert_eq!(session_key, format!("{APP}#{}", claims["sid"].as_str().unwrap()));
}

#[tokio::test]
async fn a_refreshed_token_keeps_auth_time_and_session_and_has_a_jti_of_its_own() {
    let api = Api::start().await;
    let first = api.login().await;
    api.clock.advance(100);
    let second = api.refresh(&first.refresh).await.tokens();
    let (first, second) = (claims(&first.access), claims(&second.access));
    assert_eq!((&first["auth_time"], &first["sid"]), (&second["auth_time"], &second["sid"]));
    assert_ne!(first["jti"], second["jti"]);
}

#[tokio::test]
async fn a_forger_with_the_key_still_has_to_write_what_latchgate_writes() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let forge = Forge::new(&api, &token);
    let same = forge.sign_raw(&forge.header.to_string(), &forge.claims.to_string());
    assert_eq!(api.call(&same).await.status, 200, "the forge works");
    let now = api.clock.unix();
    let wrong_claims = [
        ("iss", json!("https://other.example.com")),
        ("iss", json!(["https://issuer.example.com"])),
        ("iss", json!(null)),
        ("aud", json!("other")),
        ("aud", json!(["api"])),
        ("aud", json!(null)),
        ("sub", json!("someone")),
        ("sub", json!([USER_ID])),
        ("sub", json!("")),
        ("client_id", json!("demo-server")),
        ("sid", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("sid", json!("x#y")),
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("exp", json!(null)),
        ("exp", json!(u64::MAX)),
        ("exp", serde_json::from_str("1800000100.5").unwrap()),
        ("iat", json!(now + 6)),
        ("iat", json!("0")),
        ("iat", json!(-5)),
        ("iat", json!(null)),
        ("iat", json!(now + 1800)),
        ("nbf", json!(now + 60)),
        ("nbf", json!("x")),
        ("jti", json!(7)),
        ("scope", json!(["read"])),
        ("auth_time", json!("x")),
    ];
    for (name, value) in wrong_claims {
        let forged = forge.with_claim(name, value.clone());
        assert_eq!(api.call(&forged).await.status, 401, "{name}: {value}");
    }
    let wrong_headers = [
        ("typ", json!("JWT")),
        ("typ", json!("at+JWT")),
        ("typ", json!(null)),
        ("alg", json!("none")),
        ("alg", json!("NONE")),
        ("alg", json!("HS256")),
        ("alg", json!("ES384")),
        ("kid", json!("../../key")),
        ("kid", json!("a\u{0}")),
        ("kid", json!(1)),
        ("kid", json!("k".repeat(5000))),
        ("crit", json!([])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("jwk", json!({})),
        ("jku", json!("https://evil.example.com")),
        ("x5u", json!("https://evil.example.com")),
        ("x5c", json!([])),
    ];
    for (name, value) in wrong_headers {
        assert_eq!(api.call(&forge.with_header(name, value.clone())).await.status, 401, "{name}: {value}");
    }
    let claims = forge.claims.to_string();
    let repeated = format!("{},\"sub\":\"{USER_ID}\"}}", claims.trim_end_matches('}'));
    assert_eq!(
        api.call(&forge.sign_raw(&forge.header.to_string(), &repeated)).await.status,
        401,
        "repeated claim"
    );
    let header = forge.header.to_string();
    let repeated = format!("{},\"alg\":\"ES256\"}}", header.trim_end_matches('}'));
    assert_eq!(api.call(&forge.sign_raw(&repeated, &claims)).await.status, 401, "repeated header");
}

#[tokio::test]
async fn a_forger_without_the_key_gets_nowhere() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"none","kid":"x"}"#);
    let zero = URL_SAFE_NO_PAD.encode([0; 64]);
    let mut hs256 = Header::new(Algorithm::HS256);
    hs256.typ = Some("at+jwt".into());
    hs256.kid = part(&token, 0)["kid"].as_str().map(str::to_owned);
    let keyset = api.keyset();
    let secret = EncodingKey::from_secret(keyset["signing_keys"][0]["x"].as_str().unwrap().as_bytes());
    let confused = jsonwebtoken::encode(&hs256, &part(&token, 1), &secret).unwrap();
    let padded = format!("{header}.{claims}.{signature}==");
    let dots = ".".repeat(10_000);
    let last = signature.chars().last().unwrap();
    // The last character of 64 bytes carries four unused bits: another one that decodes alike is not canonical.
    let sibling = format!(
        "{}{}",
        &token[..token.len() - 1],
        if last == 'A' { 'B' } else { char::from(last as u8 + 1) }
    );
    for forged in [
        format!("{message}."),
        message.to_owned(),
        format!("{message}.{zero}"),
        format!("{none}.{claims}."),
        confused,
        padded,
        dots,
        sibling,
        format!("{token}.x"),
        format!("{token} {token}"),
        token.to_uppercase(),
        String::new(),
        format!("{header}.{claims}.{signature}.{signature}.{signature}"),
        format!("{{\"payload\":\"{claims}\"}}"),
    ] {
        assert_eq!(api.call(&forged).await.status, 401, "{forged:.60}");
    }
}

#[tokio::test]
async fn another_deployments_token_is_foreign_even_with_the_same_key() {
    let api = Api::start().await;
    let token = api.login().await.access;
    for parameter in ["Issuer", "Audience"] {
        let mut deployment = api.deployment.clone();
        deployment.parameters = deployment.parameters.with(parameter, "https://other.example.com");
        assert_eq!(api.redeployed(deployment).await.call(&token).await.status, 401, "{parameter}");
    }
}
