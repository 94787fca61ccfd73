//! Attackers with stolen tokens or keys, or write access to tables: the limits of each, as in SECURITY.md.

use aws_lc_rs::hmac;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use shared::{route, store::attribute};

use crate::harness::{APP, Api, Forge, Log, PASSWORD, SECRET, SERVER, USERNAME, claims, number};

const PREFIX: &str = "lgr1_";
const NOBODYS_SESSION: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// The secret and the generation in a refresh token.
fn secret_and_generation(token: &str) -> (Vec<u8>, u32) {
    let bytes = URL_SAFE_NO_PAD.decode(&token[PREFIX.len()..]).unwrap();
    let (_, end) = bytes[..bytes.len() - 32].split_at(bytes.len() - 32 - 24);
    (end[..20].to_vec(), u32::from_be_bytes(end[20..].try_into().unwrap()))
}

/// Forges a refresh token like this one with the HMAC keys, but with another secret, generation and client.
fn forge(api: &Api, like: &str, client_id: &str, (secret, generation): (&[u8], u32)) -> String {
    let mut fields = URL_SAFE_NO_PAD.decode(&like[PREFIX.len()..]).unwrap();
    fields.truncate(fields.len() - 32 - 24);
    fields.extend(secret);
    fields.extend(generation.to_be_bytes());
    let key = URL_SAFE_NO_PAD.decode(api.keyset()["refresh_keys"][0]["k"].as_str().unwrap()).unwrap();
    let length = [u8::try_from(client_id.len()).unwrap()];
    let message = [b"latchgate refresh token 1", &length[..], client_id.as_bytes(), &fields].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &message);
    fields.extend(tag.as_ref());
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(fields))
}

#[tokio::test]
async fn a_thief_faster_than_the_leeway_can_follow_and_each_time_is_an_event() {
    let api = Api::start().await;
    let (log, _guard) = Log::listen();
    let mut victim = api.login().await;
    for _ in 0..3 {
        let stolen = victim.refresh.clone();
        victim = api.refresh(&stolen).await.tokens();
        api.clock.advance(10);
        log.take_events();
        let thief = api.refresh(&stolen).await.tokens();
        assert_eq!(thief.refresh, victim.refresh, "that is what is left");
        assert_eq!(log.take_events()[0]["event"], "refresh_retry_served");
        api.clock.advance(1000);
    }
    let api = Api::with(|p| p.with("Leeway", "0")).await;
    let stolen = api.login().await;
    api.refresh(&stolen.refresh).await.tokens();
    api.clock.advance(1);
    api.refresh(&stolen.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn the_hmac_keys_and_the_tables_make_no_refresh_token() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let (secret, _) = secret_and_generation(&tokens.refresh);
    assert_eq!(forge(&api, &tokens.refresh, APP, (&secret, 0)), tokens.refresh, "the forge works");
    let before = api.session().await;
    // The table's only knowledge of the secret.
    let stored = URL_SAFE_NO_PAD.decode(claims(&tokens.access)["sid"].as_str().unwrap()).unwrap();
    for guess in [[&stored[..], &[0; 4]].concat(), [&[0; 4], &stored[..]].concat(), vec![0; 20]] {
        for generation in [0, 1] {
            let forged = forge(&api, &tokens.refresh, APP, (&guess, generation));
            api.refresh(&forged).await.assert_error(400, "invalid_grant");
        }
    }
    assert_eq!(api.session().await, before);
    assert!(api.items("RevocationsTable").await.is_empty());
}

#[tokio::test]
async fn hmac_keys_turn_an_old_token_into_the_newest_of_its_session_and_client() {
    let api = Api::start().await;
    let old = api.login().await;
    let next = api.refresh(&old.refresh).await.tokens();
    let (secret, generation) = secret_and_generation(&old.refresh);
    let forged = forge(&api, &old.refresh, APP, (&secret, generation + 1));
    assert_eq!(
        forged, next.refresh,
        "the successor is derived, and the key is all that keeps it from a thief"
    );

    let login =
        [("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME), ("password", PASSWORD)];
    let confidential = api.post(route::LOGIN, &login).await.tokens();
    let (secret, generation) = secret_and_generation(&confidential.refresh);
    let moved = forge(&api, &confidential.refresh, APP, (&secret, generation));
    api.refresh(&moved).await.assert_error(400, "invalid_grant");
    assert_eq!(api.call(&confidential.access).await.status, 200);
}

#[tokio::test]
async fn a_signing_key_forges_any_claim_but_in_session_mode_only_of_live_sessions() {
    for (check, status) in [("session", 401), ("denylist", 200), ("none", 200)] {
        let api =
            Api::with(|p| p.with("RevocationCheck", check).with("ScopeRules", "GET /sessions admin")).await;
        let tokens = api.login().await;
        assert_eq!(api.call(&tokens.access).await.status, 403);
        let mut forge = Forge::new(&api, &tokens.access);
        forge.claims["scope"] = json!("admin");
        let own = forge.with_claim("roles", json!(["admin"]));
        assert_eq!(api.call(&own).await.status, 200, "{check}: that is what is left");
        let nobodys = forge.with_claim("sid", json!(NOBODYS_SESSION));
        assert_eq!(api.call(&nobodys).await.status, status, "{check}");
        assert_eq!(api.logout(&tokens.refresh).await.status, 200);
        api.clock.advance(10);
        assert_eq!(api.call(&own).await.status, if check == "none" { 200 } else { 401 }, "{check}");
    }
}

#[tokio::test]
async fn a_session_widened_in_the_table_gets_only_the_scopes_of_its_client() {
    let api = Api::start().await;
    let form = [("client_id", APP), ("username", USERNAME), ("password", PASSWORD), ("scope", "read")];
    let tokens = api.post(route::LOGIN, &form).await.tokens();
    let wide = ["admin", "read", "write"].map(str::to_owned).to_vec();
    api.change_session(&[(attribute::SCOPE, AttributeValue::Ss(wide))]).await;
    assert_eq!(api.refresh(&tokens.refresh).await.body["scope"], "read write");
}

#[tokio::test]
async fn a_session_that_a_restored_table_brings_back_lives_until_it_is_cut_off() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let backup = api.session().await;
    assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    api.put("SessionsTable", backup).await;
    assert_eq!(api.call(&tokens.access).await.status, 200, "that is what is left");
    let next = api.refresh(&tokens.refresh).await.tokens();
    let cut_off = vec![(attribute::NOT_BEFORE, number(api.clock.unix() + 1))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), cut_off).await.unwrap();
    api.restarted().await.refresh(&next.refresh).await.assert_error(400, "invalid_grant");
}
