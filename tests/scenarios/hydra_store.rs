//! Hydra's transactions with a failing database. In Latchgate they are one write, which fails before, during or after
//! it is carried out.

use shared::store::attribute;

use super::assert_refreshed;
use crate::harness::{Api, Fault, number, waves};

/// Far beyond any leeway: from here on, only the stored items can make a request succeed.
const MUCH_LATER: u64 = 100_000;

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlowTransactional_PopulateTokenEndpointResponse/transaction should be committed successfully if no errors occur"
#[tokio::test]
async fn a_rotation_is_one_write_and_one_read_in_parallel() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    api.calls.take();
    let third = api.refresh(&second.refresh).await.tokens();
    assert_eq!(waves(&api.calls.take()), [["GetItem Users", "UpdateItem Sessions"]]);
    api.refresh(&third.refresh).await.tokens();
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlowTransactional_PopulateTokenEndpointResponse/transaction should be rolled back if call to `RotateRefreshToken` results in an error"
/// - "TestRefreshFlowTransactional_PopulateTokenEndpointResponse/transaction should be rolled back if call to `RevokeAccessToken` results in an error"
#[tokio::test]
async fn a_write_that_is_refused_changes_nothing() {
    let api = Api::start().await;
    let first = api.login().await;
    let before = api.session().await;
    api.calls.fail(Fault::Before("UpdateItem Sessions"));
    api.refresh(&first.refresh).await.assert_error(503, "temporarily_unavailable");
    assert_eq!(api.session().await, before);
    api.calls.heal();
    api.clock.advance(MUCH_LATER);
    api.refresh(&first.refresh).await.tokens();
}

/// Hydra rolls the rotation back. In Latchgate it stands, and the used token can get its successor again.
///
/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlowTransactional_PopulateTokenEndpointResponse/transaction should be rolled back if call to `CreateAccessTokenSession` results in an error"
///   differs: ARCHITECTURE.md "the session is marked `undelivered`: a later retry is then served instead of being taken for theft"
/// - "TestRefreshFlowTransactional_PopulateTokenEndpointResponse/transaction should be rolled back if call to `CreateRefreshTokenSession` results in an error"
///   differs: ARCHITECTURE.md "the session is marked `undelivered`: a later retry is then served instead of being taken for theft"
#[tokio::test]
async fn a_late_retry_gets_tokens_that_could_not_be_made_after_the_write() {
    let api = Api::start().await;
    let first = api.login().await;
    api.calls.fail(Fault::Before("GetItem Users"));
    api.refresh(&first.refresh).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    assert_eq!(api.session().await[attribute::GENERATION], number(1));
    api.clock.advance(MUCH_LATER);
    let second = api.refresh(&first.refresh).await.tokens();
    assert_eq!(api.session().await[attribute::GENERATION], number(1), "one successor");
    api.refresh(&second.refresh).await.tokens();
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlowTransactional_PopulateTokenEndpointResponse/should result in a server error if transaction cannot be created"
#[tokio::test]
async fn a_failure_before_the_write_prevents_the_write() {
    let api = Api::start().await;
    let first = api.login().await;
    let cold = api.restarted().await;
    cold.calls.fail(Fault::Before("GetItem Clients"));
    cold.refresh(&first.refresh).await.assert_error(503, "temporarily_unavailable");
    assert_eq!(waves(&cold.calls.take()), [["GetItem Clients"]]);
    cold.calls.heal();
    cold.refresh(&first.refresh).await.tokens();
}

/// The mark of an undelivered rotation is lost too, since the store was already failing.
///
/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlowTransactional_PopulateTokenEndpointResponse/should result in a server error if transaction cannot be rolled back"
#[tokio::test]
async fn an_unmarked_failed_rotation_completes_within_the_leeway_or_by_its_key() {
    for (key, after, is_good) in
        [(None, 10, true), (None, 11, false), (Some("a-key-of-22-characters"), MUCH_LATER, true)]
    {
        let api = Api::start().await;
        let first = api.login().await;
        let refresh = async || match key {
            None => api.refresh(&first.refresh).await,
            Some(key) => api.refresh_with_key(&first.refresh, key).await,
        };
        api.calls.fail(Fault::Before("GetItem Users"));
        refresh().await.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
        let mut session = api.session().await;
        assert!(session.remove(attribute::UNDELIVERED).is_some());
        api.put("SessionsTable", session).await;
        api.clock.advance(after);
        assert_refreshed(&refresh().await, is_good, &format!("{key:?} after {after} s"));
    }
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlowTransactional_PopulateTokenEndpointResponse/should result in a server error if transaction cannot be committed"
#[tokio::test]
async fn a_write_whose_answer_is_lost_is_a_failure_and_logs_no_user_out() {
    let api = Api::start().await;
    let first = api.login().await;
    api.calls.fail(Fault::After("UpdateItem Sessions"));
    let reply = api.refresh(&first.refresh).await;
    reply.assert_error(503, "temporarily_unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    api.calls.heal();
    api.clock.advance(MUCH_LATER);
    let second = api.refresh(&first.refresh).await.tokens();
    assert_eq!(api.session().await[attribute::GENERATION], number(1));
    api.refresh(&second.refresh).await.tokens();
}
