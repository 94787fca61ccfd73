//! `latchgate tokens inspect`: which kind, whose, which key, and valid or why not.

use admin::{deployment::Deployment, tokens::inspect};
use serde_json::{Value, json};

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
        ("expires_at", part(&tokens.access, 1)["exp"].clone()),
    ] {
        assert_eq!(view[name], value, "{name}");
    }
    let forge = Forge::new(&api, &tokens.access);
    assert!(why(&deployment, &forged(&tokens.access)).await.contains("signature"));
    assert!(why(&deployment, &forge.with_claim("aud", json!("another"))).await.contains("another issuer"));
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
