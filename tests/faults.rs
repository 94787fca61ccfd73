//! When the store fails: 503, nothing lost, and the same request again completes what was begun.

use crate::harness::{Api, Fault};

#[tokio::test]
async fn a_failing_store_is_a_503_that_says_when_to_come_back() {
    let api = Api::start().await;
    let tokens = api.login().await;
    for call in ["GetItem Clients", "UpdateItem Sessions", "GetItem Users"] {
        let cold = api.restarted();
        cold.calls.fail(Fault::Before(call));
        let reply = cold.refresh(&tokens.refresh).await;
        reply.assert_error(503, "temporarily_unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"), "{call}");
        cold.calls.heal();
    }
    api.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn a_login_that_fails_on_the_way_leaves_no_session_and_spends_no_budget() {
    let api = Api::start().await;
    for call in ["GetItem Clients", "UpdateItem Credentials", "GetItem Users", "PutItem Sessions"] {
        let cold = api.restarted();
        cold.calls.fail(Fault::Before(call));
        for _ in 0..5 {
            cold.try_login(crate::harness::PASSWORD).await.assert_error(503, "temporarily_unavailable");
        }
        cold.calls.heal();
        assert!(api.items("SessionsTable").await.is_empty(), "{call}");
    }
    let credential = api.items("CredentialsTable").await.remove(0);
    assert!(!credential.keys().any(|name| name.starts_with("attempts_")), "{credential:?}");
    api.login().await;
}

#[tokio::test]
async fn a_lost_answer_to_a_rotation_is_mended_by_a_retry() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.fail(Fault::After("UpdateItem Sessions"));
    api.refresh(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    api.clock.advance(10);
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
}

#[tokio::test]
async fn with_an_idempotency_key_the_retry_may_come_as_late_as_it_likes() {
    let api = Api::start().await;
    let tokens = api.login().await;
    for lost in ["UpdateItem Sessions", "GetItem Users"] {
        api.calls.fail(Fault::After(lost));
        api.refresh_with_key(&tokens.refresh, "k").await.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
        api.clock.advance(100_000);
    }
    api.refresh_with_key(&tokens.refresh, "k").await.tokens();
}

#[tokio::test]
async fn a_half_done_logout_is_a_503_and_a_retry_completes_it() {
    for half in [
        Fault::Before("DeleteItem Sessions"),
        Fault::After("DeleteItem Sessions"),
        Fault::Before("PutItem Revocations"),
        Fault::After("PutItem Revocations"),
    ] {
        let api = Api::start().await;
        let tokens = api.login().await;
        api.calls.fail(half.clone());
        api.logout(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
        assert_eq!(api.logout(&tokens.refresh).await.status, 200, "{half:?}");
        assert!(api.items("SessionsTable").await.is_empty(), "{half:?}");
        assert_eq!(api.items("RevocationsTable").await.len(), 1, "{half:?}");
    }
}

#[tokio::test]
async fn a_device_that_could_not_be_ended_wholly_can_be_ended_again() {
    let api = Api::start().await;
    let (here, there) = (api.login().await, api.login().await);
    let id = crate::access_tokens::claims(&there.access)["sid"].as_str().unwrap().to_owned();
    let end = || {
        let request = axum::http::Request::delete(format!("/sessions/{id}"));
        api.send(crate::harness::bearer(request, &here.access), "")
    };
    for half in ["PutItem Revocations", "DeleteItem Sessions"] {
        api.calls.fail(Fault::Before(half));
        end().await.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
    }
    assert_eq!(end().await.status, 204);
    assert_eq!(api.call(&there.access).await.status, 401);
    assert_eq!(api.items("RevocationsTable").await.len(), 1);
}

#[tokio::test]
async fn theft_that_could_not_be_acted_on_is_acted_on_at_the_next_use() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
    api.calls.fail(Fault::Before("DeleteItem Sessions"));
    api.refresh(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
}
