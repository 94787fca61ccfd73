//! Scope rules, end to end, with and without a cached answer of the authorizer.

use std::time::Duration;

use authorizer::refusal;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use serde_json::json;
use shared::{route, store::attribute};

use crate::harness::{APP, Api, Log, PASSWORD, Tokens, USERNAME, bearer};

const RULES: &str = "GET /sessions read; DELETE /sessions/* write";

async fn with_rules(default: &str, cache_ttl: u64) -> Api {
    let api = Api::with(|p| p.with("ScopeRules", RULES).with("ScopeDefault", default)).await;
    let mut deployment = api.deployment.clone();
    deployment.authorizer_cache_ttl = Some(Duration::from_secs(cache_ttl));
    api.redeployed(deployment).await
}

/// A session whose access token has this scope.
async fn narrowed(api: &Api, scope: &str) -> Tokens {
    let tokens = api.login().await;
    let narrow = [
        ("grant_type", "refresh_token"),
        ("client_id", APP),
        ("refresh_token", tokens.refresh.as_str()),
        ("scope", scope),
    ];
    api.post(route::REFRESH, &narrow).await.tokens()
}

#[tokio::test]
async fn a_token_without_the_scope_gets_insufficient_scope_cached_or_not() {
    for cache_ttl in [0, 300] {
        let api = with_rules("allow", cache_ttl).await;
        let (reader, writer) = (narrowed(&api, "read").await, narrowed(&api, "write").await);
        let delete =
            |tokens: &Tokens| bearer(Request::delete("/sessions/AAAAAAAAAAAAAAAAAAAAAA"), &tokens.access);
        // Whichever call comes first, its cached answer is valid for the other.
        for _ in 0..2 {
            assert_eq!(api.call(&reader.access).await.status, 200, "{cache_ttl}");
            api.send(delete(&reader), "").await.assert_gateway_error(403, "insufficient_scope");
            api.call(&writer.access).await.assert_gateway_error(403, "insufficient_scope");
            assert_eq!(api.send(delete(&writer), "").await.status, 404, "let through, and not there");
        }
    }
}

#[tokio::test]
async fn a_call_that_no_rule_names_follows_the_default() {
    let api = Api::with(|p| p.with("ScopeRules", "GET /elsewhere read").with("ScopeDefault", "deny")).await;
    let tokens = api.login().await;
    api.call(&tokens.access).await.assert_gateway_error(403, "insufficient_scope");
    let api = Api::with(|p| p.with("ScopeRules", "GET /sessions* -").with("ScopeDefault", "deny")).await;
    let tokens = api.login().await;
    assert_eq!(api.call(&tokens.access).await.status, 200);
    let api = Api::with(|p| p.with("ScopeDefault", "deny")).await;
    let tokens = api.login().await;
    api.call(&tokens.access).await.assert_gateway_error(403, "insufficient_scope");
}

#[tokio::test]
async fn a_call_that_several_rules_name_needs_all_their_scopes() {
    let rules = "GET /sessions read;* /* write";
    for default in ["allow", "deny"] {
        let api = Api::with(|p| p.with("ScopeRules", rules).with("ScopeDefault", default)).await;
        for (scope, status) in [("read", 403), ("write", 403), ("read write", 200)] {
            let tokens = narrowed(&api, scope).await;
            assert_eq!(api.call(&tokens.access).await.status, status, "{default}: {scope}");
        }
    }
}

#[tokio::test]
async fn the_log_says_why_a_token_does_not_allow_a_call() {
    for (rules, must_change, detail) in [
        ("GET /sessions admin", false, refusal::SCOPE),
        ("GET /elsewhere read", false, refusal::NO_RULE),
        ("GET /elsewhere read", true, refusal::PASSWORD_CHANGE),
    ] {
        let api = Api::with(|p| p.with("ScopeRules", rules).with("ScopeDefault", "deny")).await;
        if must_change {
            let flag = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
            api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), flag).await.unwrap();
        }
        let login = api.try_login(PASSWORD).await;
        let (log, _guard) = Log::listen();
        api.call(login.body["access_token"].as_str().unwrap())
            .await
            .assert_gateway_error(403, "insufficient_scope");
        let events = log.take_events();
        let [event] = &events[..] else { panic!("{events:?}") };
        let said = json!([event["event"], event["reason"], event["detail"]]);
        assert_eq!(said, json!(["access_refused", "insufficient_scope", detail]));
    }
}
