//! The functions' cache of the keyset in Secrets Manager: it is loaded at start, reloaded after minutes, and used for
//! at most an hour.

use serde_json::{Value, json};
use shared::context::{Context, StartError};

use crate::harness::{Api, Fault, PASSWORD, Secrets, keyset};

const MINUTE: u64 = 60;

async fn with_keyset() -> (Secrets, Api) {
    let secrets = Secrets::emulated().await;
    let document = keyset();
    secrets.put(&document.to_json()).await;
    let api = Api::with_secret(&secrets, |p| p).await;
    // This publishes the keys, as the rotation would have.
    let mut deployment = api.deployment.clone();
    deployment.keyset = local::functions::Keyset::Document(Box::new(document));
    api.redeployed(deployment).await;
    secrets.take_calls();
    (secrets, api.restarted().await)
}

#[tokio::test]
async fn the_keyset_is_loaded_at_start_and_again_after_five_minutes() {
    let (secrets, api) = with_keyset().await;
    assert_eq!(
        secrets.take_calls().len(),
        7,
        "of seven functions; the authorizer, metadata and the lists never"
    );
    let mut tokens = api.login().await;
    for _ in 0..5 {
        tokens = api.refresh(&tokens.refresh).await.tokens();
        assert_eq!(api.call(&tokens.access).await.status, 200);
    }
    assert!(secrets.take_calls().is_empty());
    api.clock.advance(5 * MINUTE);
    api.refresh(&tokens.refresh).await.tokens();
    assert_eq!(secrets.take_calls(), ["GetSecretValue"]);
}

#[tokio::test]
async fn a_secret_that_can_not_be_reached_at_start_is_a_503_that_heals() {
    let (secrets, warm) = with_keyset().await;
    let tokens = warm.login().await;
    secrets.fail(true);
    let cold = warm.restarted().await;
    cold.try_login(PASSWORD).await.assert_error(503, "temporarily_unavailable");
    let reply = cold.refresh(&tokens.refresh).await;
    reply.assert_error(503, "temporarily_unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    cold.logout(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
    assert_eq!(cold.call(&tokens.access).await.status, 200, "the authorizer has nothing to do with it");
    assert!(
        cold.items("CredentialsTable").await.iter().all(|item| item.len() == 4),
        "no attempt was counted"
    );
    secrets.fail(false);
    cold.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn a_warm_function_goes_on_for_an_hour_and_no_longer() {
    let (secrets, api) = with_keyset().await;
    let mut tokens = api.login().await;
    secrets.fail(true);
    for _ in 0..3 {
        api.clock.advance(19 * MINUTE);
        tokens = api.refresh(&tokens.refresh).await.tokens();
    }
    api.clock.advance(3 * MINUTE);
    api.refresh(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
    secrets.fail(false);
    api.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn the_same_holds_for_the_authorizers_copy_of_the_published_keys() {
    let (_secrets, api) = with_keyset().await;
    let tokens = api.login().await;
    api.calls.fail(Fault::Before("Query Keys"));
    let cold = api.restarted().await;
    cold.call(&tokens.access).await.assert_gateway_error(500, "server_error");
    api.clock.advance(29 * MINUTE);
    assert_eq!(api.call(&tokens.access).await.status, 200, "a warm one goes on");
    api.clock.advance(31 * MINUTE);
    api.call(&tokens.access).await.assert_gateway_error(500, "server_error");
    api.calls.heal();
    assert_eq!(api.call(&tokens.access).await.status, 401, "it has expired by now");
    assert_eq!(cold.call(&api.login().await.access).await.status, 200);
}

/// The errors of the three functions when they start with this secret.
async fn refusals(context: [Context; 3]) -> Vec<String> {
    let [login, refresh, logout] = &context;
    let results: [Result<(), StartError>; 3] = [
        login::Login::start(login).await.map(drop),
        refresh::Refresh::start(refresh).await.map(drop),
        logout::Logout::start(logout).await.map(drop),
    ];
    results.into_iter().map(|result| result.expect_err("it starts").to_string()).collect()
}

#[tokio::test]
async fn a_keyset_that_can_not_be_used_keeps_all_three_from_starting() {
    let (secrets, api) = with_keyset().await;
    let good = serde_json::to_value(keyset()).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut keyset = good.clone();
        *keyset.pointer_mut(pointer).unwrap() = value;
        keyset.to_string()
    };
    let twice = json!([good["signing_keys"][0], good["signing_keys"][0]]);
    for (bad, said) in [
        ("[]".to_owned(), "not JSON of the expected shape"),
        (with("/signing_keys", json!([])), "no signing_keys"),
        (with("/refresh_keys", json!([])), "no refresh_keys"),
        (with("/refresh_keys/0/k", json!("AAAA")), "too short"),
        (with("/refresh_keys/0/k", json!("")), "too short"),
        (with("/signing_keys/0/d", json!("!")), "malformed"),
        (with("/signing_keys", twice), "occurs twice"),
    ] {
        secrets.put(&bad).await;
        for refusal in refusals(["login", "refresh", "logout"].map(|name| api.context(name))).await {
            assert!(refusal.contains(said), "{refusal}, not {said}");
        }
        assert_eq!(api.login().await.access.split('.').count(), 3, "warm ones go on with what they have");
    }
}

#[tokio::test]
async fn a_file_is_read_at_start_too() {
    let api = Api::start().await;
    let path = std::env::temp_dir().join(format!("latchgate-keyset-{}.json", std::process::id()));
    let start = async |content: Option<&str>| {
        match content {
            Some(content) => std::fs::write(&path, content).unwrap(),
            None => drop(std::fs::remove_file(&path)),
        }
        let mut function =
            api.template.functions(&api.deployment.parameters).unwrap().remove("login").unwrap();
        function.variables.remove("KEYSET_SECRET");
        function.variables.insert("KEYSET_FILE".to_owned(), path.to_string_lossy().into_owned());
        let started = login::Login::start(&api.deployment.context(function)).await;
        started.map(drop).map_err(|error| error.to_string())
    };
    assert!(start(None).await.unwrap_err().contains("can't be read"));
    assert!(start(Some("{")).await.unwrap_err().contains("not JSON"));
    assert_eq!(start(Some(&keyset().to_json())).await, Ok(()));
    std::fs::remove_file(&path).unwrap();
}
