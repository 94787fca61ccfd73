//! SuperTokens' refresh rotation: its records, its grace period, its kinds of theft, and its races.

use std::{collections::HashSet, sync::Arc};

use shared::store::attribute;
use tokio::task::JoinSet;

use super::{LATER, assert_over, at_once, generations, sid};
use crate::harness::{Api, Log, Reply, START, Tokens, number};

/// SuperTokens spends the old refresh token once the new access token is used. Latchgate spends it in the write that
/// replaces it, and only time turns a retry into theft.
///
/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/session/SessionTest2.java
/// - "tokenTheft_S1_R1_S2_R1"
///   differs: SECURITY.md "within the leeway (10 s by default, 60 at most)"
#[tokio::test]
async fn a_used_access_token_makes_no_difference_to_the_leeway_before_it() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    assert_eq!(api.call(&second.access).await.status, 200);
    assert_eq!(api.refresh(&first.refresh).await.tokens().refresh, second.refresh);
    api.clock.advance(LATER);
    assert_eq!(api.call(&second.access).await.status, 200);
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    assert_over(&api, &[first, second]).await;
}

/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/session/SessionTest2.java
/// - "tokenTheft_S1_R1_R2_R1"
#[tokio::test]
async fn reuse_after_its_successor_is_theft_and_the_log_names_the_session() {
    let api = Api::start().await;
    let chain = generations(&api, 3, 0).await;
    let (log, _guard) = Log::listen();
    api.refresh(&chain[0].refresh).await.assert_error(400, "invalid_grant");
    let events = log.take_events();
    let theft = events.iter().find(|event| event["event"] == "refresh_token_reused").unwrap();
    assert_eq!((&theft["subtype"], &theft["session_id"]), (&"ancestor".into(), &sid(&chain[0]).into()));
    assert_eq!(theft["user_id"], crate::harness::USER_ID);
    assert_over(&api, &chain).await;
}

/// SuperTokens' access tokens stay valid without its blacklist, like Latchgate's with `RevocationCheck: none`.
///
/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/session/SessionTest2.java
/// - "revokeSessionWithoutBlacklisting"
///   differs: SECURITY.md "The authorizer reads the session, consistently, at every call."
#[tokio::test]
async fn a_revoked_session_is_not_refreshed_and_its_token_works_only_unchecked() {
    for (check, status) in [("session", 401), ("none", 200)] {
        let api = Api::with(|p| p.with("RevocationCheck", check)).await;
        let (revoked, other) = (api.login().await, api.login().await);
        assert_eq!(api.logout(&revoked.refresh).await.status, 200);
        assert_eq!(api.items("SessionsTable").await.len(), 1);
        api.refresh(&revoked.refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&revoked.access).await.status, status, "{check}");
        api.refresh(&other.refresh).await.tokens();
    }
}

/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/session/SessionRefreshRotationTest.java
/// - "normalRotationRecordsPrevAndRotatedAt"
#[tokio::test]
async fn a_rotation_records_its_time_and_its_retry_key_but_no_token() {
    let api = Api::start().await;
    let first = api.login().await;
    let before = api.session().await;
    assert!(!before.contains_key(attribute::RETRY_KEY));
    api.clock.advance(100);
    let second = api.refresh_with_key(&first.refresh, "a-key-of-22-characters").await.tokens();
    let after = api.session().await;
    assert_eq!(after[attribute::GENERATION], number(1));
    assert_eq!(after[attribute::ROTATED_AT], number(START + 100));
    assert!(after.contains_key(attribute::RETRY_KEY));
    let stored = format!("{after:?}");
    for secret in [&first.refresh, &second.refresh, "a-key-of-22-characters"] {
        assert!(!stored.contains(secret.strip_prefix("lgr1_").unwrap_or(secret)));
    }
}

/// SuperTokens rotates again, to another token.
///
/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/session/SessionRefreshRotationTest.java
/// - "graceWindowReRotation"
///   differs: SECURITY.md "the *same* successor is returned again. There is never a second successor."
#[tokio::test]
async fn within_the_leeway_the_same_successor_is_given_again_and_nothing_is_written() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    let before = api.session().await;
    let (log, _guard) = Log::listen();
    assert_eq!(api.refresh(&first.refresh).await.tokens().refresh, second.refresh);
    assert_eq!(api.session().await, before);
    let events = log.take_events();
    assert_eq!((events.len(), &events[0]["event"]), (1, &"refresh_retry_served".into()));
}

/// SuperTokens can be configured to report it as an ended session. Latchgate never tells the caller which of the two it
/// was.
///
/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/session/SessionRefreshRotationTest.java
/// - "recentPrevReuseIsTheftAndRevokes"
/// - "recentPrevReportedAsUnauthorisedStillRevokes"
///   differs: docs/operations/events.md "`stale_replay` (the last token, too late for a retry) or `ancestor` (an older one)"
#[tokio::test]
async fn theft_by_the_last_token_is_logged_and_not_told_to_the_caller() {
    let api = Api::with(|p| p.with("Leeway", "0")).await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    api.clock.advance(1);
    let (log, _guard) = Log::listen();
    let theft = api.refresh(&first.refresh).await;
    theft.assert_error(400, "invalid_grant");
    assert_eq!(log.take_events()[0]["subtype"], "stale_replay");
    let over = api.refresh(&second.refresh).await;
    assert_eq!((over.status, &over.body), (theft.status, &theft.body));
    assert_over(&api, &[first, second]).await;
}

/// SuperTokens' repeated rotation orphans the displaced child, whose use is theft. Latchgate's retry displaces nothing:
/// the client may keep either answer.
///
/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/session/SessionRefreshRotationTest.java
/// - "orphanedBranchReuseIsTheftAndRevokes"
///   differs: ARCHITECTURE.md "one live successor, no fork"
#[tokio::test]
async fn a_retry_orphans_no_branch() {
    let api = Api::start().await;
    let root = api.login().await;
    let child = api.refresh(&root.refresh).await.tokens();
    api.refresh(&root.refresh).await.tokens();
    api.clock.advance(LATER);
    let grandchild = api.refresh(&child.refresh).await.tokens();
    assert_eq!(api.call(&grandchild.access).await.status, 200);
    assert!(api.items("RevocationsTable").await.is_empty());
    assert_eq!(api.session().await[attribute::GENERATION], number(2));
}

/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/session/SessionRefreshRotationTest.java
/// - "staleLineageIsAlwaysTheftEvenUnderUnauthorisedConfig"
#[tokio::test]
async fn a_stale_lineage_is_theft_despite_the_leeway_and_the_key() {
    let api = Api::with(|p| p.with("Leeway", "60")).await;
    let first = api.login().await;
    let second = api.refresh_with_key(&first.refresh, "a-key-of-22-characters").await.tokens();
    let third = api.refresh(&second.refresh).await.tokens();
    api.refresh_with_key(&first.refresh, "a-key-of-22-characters").await.assert_error(400, "invalid_grant");
    assert_over(&api, &[first, second, third]).await;
}

/// SuperTokens can disable rotation, so that one refresh token is used repeatedly.
///
/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/oauth/api/TestOAuthRefreshRaceCondition.java
/// - "testSequentialNonRotatingRefreshAlwaysSucceeds"
///   differs: docs/guide/api.md "The answer has a new refresh token; the old one is used up."
#[tokio::test]
async fn sequential_refreshes_always_succeed_and_each_has_a_new_token() {
    let api = Api::start().await;
    let chain = generations(&api, 16, 0).await;
    let distinct: HashSet<_> = chain.iter().map(|tokens| &tokens.refresh).collect();
    assert_eq!(distinct.len(), 16);
}

/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/oauth/api/TestOAuthRefreshRaceCondition.java
/// - "testConcurrentRefreshWithoutRotationRaceCondition"
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_refreshes_of_one_token_all_succeed() {
    let api = Arc::new(Api::start().await);
    let tokens = api.login().await;
    for reply in at_once(&api, &tokens.refresh, 20).await {
        assert_eq!(api.call(&reply.tokens().access).await.status, 200);
    }
    assert!(api.items("RevocationsTable").await.is_empty());
}

/// Origin: supertokens/supertokens-core src/test/java/io/supertokens/test/oauth/api/TestOAuthRefreshRaceCondition.java
/// - "testParallelNonConflictingRefreshesNoCrossSessionCorruption"
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_refreshed_side_by_side_do_not_touch_each_other() {
    let api = Arc::new(Api::start().await);
    let mut tasks = JoinSet::new();
    for _ in 0..5 {
        let api = api.clone();
        let mut tokens = api.login().await;
        tasks.spawn(async move {
            let id = sid(&tokens);
            for _ in 0..15 {
                tokens = Reply::tokens(&api.refresh(&tokens.refresh).await);
                assert_eq!(sid(&tokens), id);
            }
            tokens
        });
    }
    let last: Vec<Tokens> = tasks.join_all().await;
    let sessions = api.items("SessionsTable").await;
    assert_eq!(sessions.len(), 5);
    assert!(sessions.iter().all(|session| session[attribute::GENERATION] == number(15)));
    for tokens in &last {
        assert_eq!(api.call(&tokens.access).await.status, 200);
    }
}
