//! `latchgate tokens inspect` tells a token's kind, its owner, its key, and whether it is valid or why not.

use admin::{deployment::Deployment, tokens::inspect};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::{
    clock::Timestamp,
    ids::{ClientId, UserId},
    keys::{Keyset, Keysets},
    thumbprint::Thumbprint,
    tokens::RefreshToken,
};

use crate::{
    harness::{APP, Api, Forge, PASSWORD, Secrets, USER_ID, USERNAME, forged, part},
    key_rotation::rotate,
};

async fn explained(deployment: &Deployment, token: &str) -> Value {
    let view = serde_json::to_value(inspect(deployment, token).await.unwrap()).unwrap();
    assert!(!view.to_string().contains(token), "the token is not printed");
    view
}

async fn why(deployment: &Deployment, token: &str) -> String {
    let view = explained(deployment, token).await;
    assert_eq!(view["valid"], false, "{view}");
    view["why"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_access_token_is_explained() {
    let api = Api::start().await;
    let deployment = api.operator(None);
    let tokens = api.login().await;
    let view = explained(&deployment, &tokens.access).await;
    for (name, value) in [
        ("kind", json!("access token")),
        ("valid", json!(true)),
        ("kid", part(&tokens.access, 0)["kid"].clone()),
        ("user_id", json!(USER_ID)),
        ("username", json!(USERNAME)),
        ("client_id", json!(APP)),
        ("session_id", part(&tokens.access, 1)["sid"].clone()),
        ("session", json!("live")),
        ("scope", json!("read write")),
        ("dpop_bound", json!(false)),
        ("jkt", Value::Null),
        ("expires_at", part(&tokens.access, 1)["exp"].clone()),
    ] {
        assert_eq!(view[name], value, "{name}");
    }
    let forge = Forge::new(&api, &tokens.access);
    assert!(why(&deployment, &forged(&tokens.access)).await.contains("signature"));
    assert!(why(&deployment, &forge.with_claim("aud", json!("another"))).await.contains("another audience"));
    assert!(why(&deployment, &forge.with_claim("iss", json!("another"))).await.contains("another issuer"));
    assert!(
        why(&deployment, &forge.with_header("kid", json!("unheard-of"))).await.contains("No published key")
    );
    assert!(why(&deployment, "a.b.c").await.contains("malformed"));
    assert!(why(&deployment, "junk").await.contains("neither"));
    api.logout(&tokens.refresh).await;
    assert!(why(&deployment, &tokens.access).await.contains("session is over"));
    let tokens = api.login().await;
    api.clock.advance(1800);
    assert!(why(&deployment, &tokens.access).await.contains("expired"));
    let unknown = Deployment { parameters: std::collections::BTreeMap::new(), ..deployment };
    let tokens = api.login().await;
    let view = explained(&unknown, &tokens.access).await;
    assert!(view["why"].as_str().unwrap().contains("not known here"), "what was left unchecked is said");
}

/// Such a token is valid, and the output names the resource.
#[tokio::test]
async fn a_token_for_a_resource_is_explained() {
    let resource = "https://notes.example.com/mcp";
    let api = Api::start().await;
    let mut deployment = api.operator(None);
    deployment.parameters.insert("ProtectedResources".to_owned(), resource.to_owned());
    let tokens = api.login().await;
    let forge = Forge::new(&api, &tokens.access);
    let view = explained(&deployment, &forge.with_claim("aud", json!(resource))).await;
    assert_eq!((&view["valid"], &view["resource"]), (&json!(true), &json!(resource)), "{view}");
    assert_eq!(explained(&deployment, &tokens.access).await.get("resource"), None);
    let other = forge.with_claim("aud", json!("https://other.example.com"));
    assert!(why(&deployment, &other).await.contains("another audience"));
}

#[tokio::test]
async fn a_refresh_token_is_explained_with_the_keyset_and_without() {
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    rotate(&keys::KeyRotation::start(&api.context("keys")).unwrap(), &secrets, "first").await.unwrap();
    let api = api.restarted().await;
    let (with, without) = (api.operator(Some(&secrets)), api.operator(None));
    let first = api.login().await;
    let view = explained(&with, &first.refresh).await;
    assert_eq!(
        (&view["kind"], &view["valid"], &view["why"]),
        (&json!("refresh token"), &json!(true), &Value::Null)
    );
    assert_eq!(
        (&view["user_id"], &view["client_id"], &view["generation"]),
        (&json!(USER_ID), &json!(APP), &json!(0))
    );
    let view = explained(&without, &first.refresh).await;
    assert!(view["why"].as_str().unwrap().contains("without the keyset"));
    let second = api.refresh(&first.refresh).await.tokens();
    assert!(why(&with, &first.refresh).await.contains("used before"));
    assert_eq!(explained(&with, &second.refresh).await["generation"], 1);
    assert!(why(&with, &forged(&second.refresh)).await.contains("altered or forged"));
    assert!(why(&with, "lgr1_x").await.contains("malformed"));
    api.change_password(&second.access, PASSWORD, "a much better password").await.tokens();
    assert!(why(&with, &second.refresh).await.contains("session is over"));
}

#[tokio::test]
async fn the_cookie_of_a_page_session_is_distinguished_from_a_forged_one() {
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    rotate(&keys::KeyRotation::start(&api.context("keys")).unwrap(), &secrets, "first").await.unwrap();
    let api = api.restarted().await;
    let (deployment, context) = (api.operator(Some(&secrets)), api.context("login"));
    let now = Timestamp::from_unix(api.clock.unix());
    let keyset = Keysets::new(&context.environment, &context.aws).unwrap().current(now).await.unwrap();
    let token = RefreshToken::first(UserId::parse(USER_ID).unwrap(), &*context.random);
    for (client_id, said) in [
        (ClientId::browser(), "session is over"),
        (ClientId::parse("gone").unwrap(), "altered or forged, or issued to a client that is gone"),
    ] {
        let cookie = keyset.refresh.encode(&token, &client_id, now);
        let why = why(&deployment, cookie.expose_secret()).await;
        assert!(why.contains(said), "{client_id}: {why}");
    }
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_explained_with_its_thumbprint() {
    let api = Api::start().await;
    let (deployment, tokens) = (api.operator(None), api.login().await);
    let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let access = Forge::new(&api, &tokens.access).with_claim("cnf", json!({ "jkt": jkt }));
    let keys = Keyset::parse(&api.keyset().to_string()).unwrap().refresh;
    let client_id = ClientId::parse(APP).unwrap();
    let refresh = keys.verify(&tokens.refresh, &client_id).unwrap().bound_to(Thumbprint::parse(jkt));
    let refresh = keys.encode(&refresh, &client_id, Timestamp::from_unix(api.clock.unix()));
    for (token, is_bound) in [
        (&*access, true),
        (refresh.expose_secret(), true),
        (&*tokens.access, false),
        (&*tokens.refresh, false),
    ] {
        let view = explained(&deployment, token).await;
        assert_eq!(view["dpop_bound"], is_bound, "{view}");
        assert_eq!(view.get("jkt"), is_bound.then(|| json!(jkt)).as_ref(), "{view}");
    }
}
