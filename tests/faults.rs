//! A failing store leads to 503 and loses nothing, and the same request completes what was begun.

use axum::http::Request;
use shared::{route, store::attribute};

use crate::harness::{APP, Api, Fault, Log, PASSWORD, Spoiled, USER_ID, WireFault, bearer, number, text};

#[tokio::test]
async fn a_failing_store_is_a_503_that_says_when_to_come_back() {
    let api = Api::start().await;
    let tokens = api.login().await;
    for call in ["GetItem Clients", "UpdateItem Sessions", "GetItem Users"] {
        let cold = api.restarted().await;
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
        let cold = api.restarted().await;
        cold.calls.fail(Fault::Before(call));
        for _ in 0..5 {
            cold.try_login(PASSWORD).await.assert_error(503, "temporarily_unavailable");
        }
        cold.calls.heal();
        assert!(api.items("SessionsTable").await.is_empty(), "{call}");
    }
    let credential = api.items("CredentialsTable").await.remove(0);
    assert!(!credential.keys().any(|name| name.starts_with("guesses")), "{credential:?}");
    api.login().await;
}

#[tokio::test]
async fn a_late_retry_recovers_from_a_lost_answer_to_a_rotation() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.fail(Fault::After("UpdateItem Sessions"));
    api.refresh(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    api.clock.advance(100_000);
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
}

/// The SDK stops trying again after some fifty failures on end, so a store that is down for long gets one attempt for each
/// call. That is a 503 too, and a function with a quota of its own still tries three times.
#[tokio::test]
async fn a_spent_quota_of_retries_is_a_503_and_belongs_to_one_function() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let (down, proxy) = api.behind_proxy().await;
    proxy.spoil(Spoiled::All, WireFault::Internal);
    let mut calls = Vec::new();
    for _ in 0..100 {
        down.refresh(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
        calls = proxy.take_calls();
        if calls[0].1 == 1 {
            break;
        }
    }
    assert_eq!(calls, [("GetItem Clients".to_owned(), 1)], "no retry is left");

    let (other, proxy) = api.behind_proxy().await;
    proxy.spoil(Spoiled::Once("GetItem Clients", 1), WireFault::Internal);
    other.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn the_sdks_retry_of_an_applied_write_recognises_its_work() {
    // Without a leeway and an Idempotency-Key, nothing else identifies the retry.
    let api = Api::with(|p| p.with("Leeway", "0")).await;
    let tokens = api.login().await;
    let (behind, proxy) = api.behind_proxy().await;
    let rotation = "UpdateItem Sessions SET generation REMOVE undelivered";
    proxy.spoil(Spoiled::Once(rotation, 1), WireFault::CutAfter);
    let next = behind.refresh(&tokens.refresh).await.tokens();
    let attempts = proxy.take_calls().into_iter().find(|(call, _)| call == rotation).unwrap().1;
    assert_eq!(attempts, 2, "the write, whose answer was lost, and its retry");
    assert_eq!(api.session().await[attribute::GENERATION], number(1), "rotated once");
    api.refresh(&next.refresh).await.tokens();
}

#[tokio::test]
async fn a_rotation_without_tokens_that_can_not_be_marked_is_logged() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let (behind, proxy) = api.behind_proxy().await;
    let damaged = vec![(attribute::DISABLED, text("perhaps"))];
    api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), damaged).await.unwrap();
    proxy.spoil(Spoiled::From("UpdateItem Sessions SET undelivered", 1), WireFault::Denied);
    let (log, _guard) = Log::listen();
    behind.refresh(&tokens.refresh).await.assert_error(500, "server_error");
    let lines = log.take_with("message");
    assert!(
        lines.iter().any(|line| line["message"] == "a rotation without tokens could not be marked"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn the_sdks_retry_of_a_change_of_password_recognises_its_work() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let (behind, proxy) = api.behind_proxy().await;
    let change = "UpdateItem Credentials SET password_hash REMOVE must_change ADD guesses0";
    proxy.spoil(Spoiled::Once(change, 1), WireFault::CutAfter);
    behind.change_password(&tokens.access, PASSWORD, "a much better password").await.tokens();
    assert_eq!(proxy.heal(), 1);
    api.try_login("a much better password").await.tokens();
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_late_retry_with_an_idempotency_key_is_served() {
    let api = Api::start().await;
    let tokens = api.login().await;
    for lost in ["UpdateItem Sessions", "GetItem Users"] {
        api.calls.fail(Fault::After(lost));
        api.refresh_with_key(&tokens.refresh, "a-key-of-22-characters")
            .await
            .assert_error(503, "temporarily_unavailable");
        api.calls.heal();
        api.clock.advance(100_000);
    }
    api.refresh_with_key(&tokens.refresh, "a-key-of-22-characters").await.tokens();
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
    let id = crate::harness::claims(&there.access)["sid"].as_str().unwrap().to_owned();
    let end = || {
        let request = Request::delete(format!("/sessions/{id}"));
        api.send(bearer(request, &here.access), "")
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
    for half in ["DeleteItem Sessions", "PutItem Revocations"] {
        let api = Api::start().await;
        let tokens = api.login().await;
        let next = api.refresh(&tokens.refresh).await.tokens();
        api.refresh(&next.refresh).await.tokens();
        api.calls.fail(Fault::Before(half));
        api.refresh(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
        assert!(api.items("SessionsTable").await.is_empty(), "{half}");
        assert_eq!(api.items("RevocationsTable").await.len(), 1, "{half}");
    }
}

#[tokio::test]
async fn a_half_done_logout_everywhere_is_completed_by_a_retry() {
    for half in ["DeleteItem Sessions", "PutItem Revocations"] {
        let api = Api::start().await;
        let tokens = api.login().await;
        for _ in 0..20 {
            api.login().await;
        }
        let everywhere = [("client_id", APP), ("token", tokens.refresh.as_str()), ("everywhere", "true")];
        api.calls.fail(Fault::Before(half));
        api.post(route::LOGOUT, &everywhere).await.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
        assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
        assert!(api.items("SessionsTable").await.is_empty(), "{half}");
        assert_eq!(api.items("RevocationsTable").await.len(), 21, "{half}");
    }
}

#[tokio::test]
async fn our_failure_after_a_rotation_never_counts_as_theft() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.fail(Fault::Before("GetItem Users"));
    for _ in 0..3 {
        // There is no Idempotency-Key, and each retry is later than the leeway.
        api.refresh(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
        api.clock.advance(100_000);
    }
    api.calls.heal();
    let next = api.refresh(&tokens.refresh).await.tokens();
    let last = api.refresh(&next.refresh).await.tokens();
    assert!(!api.session().await.contains_key(attribute::UNDELIVERED), "the next rotation clears it");
    api.clock.advance(11);
    api.refresh(&next.refresh).await.assert_error(400, "invalid_grant");
    api.refresh(&last.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_failed_request_marks_only_its_own_rotation() {
    let api = Api::start().await;
    let stolen = api.login().await;
    api.refresh(&stolen.refresh).await.tokens();
    api.calls.fail(Fault::Once("UpdateItem Sessions"));
    api.refresh(&stolen.refresh).await.assert_error(503, "temporarily_unavailable");
    assert!(!api.session().await.contains_key(attribute::UNDELIVERED));
    api.clock.advance(11);
    api.refresh(&stolen.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty(), "it is a replay like any other");
}

#[tokio::test]
async fn an_unreadable_user_record_logs_no_user_out() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let claims = |claims: &str| vec![(attribute::CLAIMS, text(claims))];
    let user = (attribute::USER_ID, USER_ID);
    for malformed in ["[]", "{", &format!("{{\"a\":\"{}\"}}", "x".repeat(5000))] {
        api.seeder().set("UsersTable", user, claims(malformed)).await.unwrap();
        api.refresh(&tokens.refresh).await.assert_error(500, "server_error");
        api.clock.advance(1000);
    }
    api.seeder().set("UsersTable", user, claims("{}")).await.unwrap();
    api.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn an_unreadable_session_does_not_block_the_others() {
    let api = Api::start().await;
    let broken = api.login().await;
    api.change_session(&[(attribute::CREATED_AT, text("yesterday"))]).await;
    let tokens = api.login().await;
    let list = api.call(&tokens.access).await;
    assert_eq!(list.body["sessions"].as_array().unwrap().len(), 1);
    let id = crate::harness::claims(&broken.access)["sid"].as_str().unwrap().to_owned();
    let request = bearer(Request::delete(format!("/sessions/{id}")), &tokens.access);
    assert_eq!(api.send(request, "").await.status, 204);
    assert_eq!(api.items("SessionsTable").await.len(), 1);
}
