//! Hydra's token generations: reuse or revocation of any token in a chain ends the whole chain.

use shared::route;

use super::{LATER, assert_over, generations};
use crate::harness::{APP, Api, Tokens};

/// Generations in immediate succession, and others further apart than the leeway.
const PAUSES: [u64; 2] = [0, LATER];

/// Hydra picks one at random; this tests each.
///
/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/token generations/re-using an old graceful refresh token invalidates all tokens"
#[tokio::test]
async fn reuse_of_any_earlier_generation_ends_all_of_them() {
    let api = Api::start().await;
    for reused in 0..3 {
        let chain = generations(&api, 4, LATER).await;
        api.clock.advance(LATER);
        api.refresh(&chain[reused].refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(api.items("RevocationsTable").await.len(), reused + 1, "generation {reused}");
        assert_over(&api, &chain).await;
    }
}

/// Hydra allows a limited number of reuses. Latchgate allows any number until the successor is used.
///
/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/token generations/re-using a graceful refresh token above the count limit invalidates all tokens"
///   differs: docs/operations/events.md "a refresh token was used again too late, after its successor"
#[tokio::test]
async fn within_the_leeway_reuse_ends_all_generations_once_the_successor_was_used() {
    let api = Api::with(|p| p.with("Leeway", "60")).await;
    for reused in 0..2 {
        let chain = generations(&api, 4, 2).await;
        api.refresh(&chain[reused].refresh).await.assert_error(400, "invalid_grant");
        assert_over(&api, &chain).await;
    }
}

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/token generations/withSleep=0s/only the most recent token generation is valid across the board"
///   differs: SECURITY.md "its end after 30 minutes (`AccessTtl`), or with its session"
/// - "graceful token rotation/token generations/withSleep=2s/only the most recent token generation is valid across the board"
///   differs: SECURITY.md "its end after 30 minutes (`AccessTtl`), or with its session"
#[tokio::test]
async fn only_the_last_generation_is_refreshed_while_earlier_access_tokens_run_out() {
    let api = Api::start().await;
    for pause in PAUSES {
        for earlier in 0..3 {
            let mut chain = generations(&api, 4, pause).await;
            for tokens in &chain {
                assert_eq!(api.call(&tokens.access).await.status, 200);
            }
            chain.push(api.refresh(&chain[3].refresh).await.tokens());
            api.refresh(&chain[earlier].refresh).await.assert_error(400, "invalid_grant");
            assert_over(&api, &chain).await;
        }
    }
}

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/token generations/withSleep=0s/revoking consent revokes all tokens"
/// - "graceful token rotation/token generations/withSleep=2s/revoking consent revokes all tokens"
#[tokio::test]
async fn a_logout_everywhere_ends_all_generations_of_all_chains() {
    let api = Api::start().await;
    for pause in PAUSES {
        let mut chains = generations(&api, 4, pause).await;
        chains.extend(generations(&api, 4, pause).await);
        let parameters = [("client_id", APP), ("token", &chains[7].refresh), ("everywhere", "true")];
        assert_eq!(api.post(route::LOGOUT, &parameters).await.status, 200);
        assert_over(&api, &chains).await;
    }
}

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/token generations/withSleep=0s/re-using the a recent refresh token after the grace period has ended invalidates all tokens"
/// - "graceful token rotation/token generations/withSleep=2s/re-using the a recent refresh token after the grace period has ended invalidates all tokens"
#[tokio::test]
async fn reuse_of_the_last_but_one_after_the_leeway_ends_all_generations() {
    let api = Api::start().await;
    for pause in PAUSES {
        let mut chain = generations(&api, 4, pause).await;
        chain.push(api.refresh(&chain[3].refresh).await.tokens());
        api.clock.advance(LATER);
        api.refresh(&chain[3].refresh).await.assert_error(400, "invalid_grant");
        assert_over(&api, &chain).await;
    }
}

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/token generations/withSleep=0s/revoking a refresh token in the chain revokes all tokens"
/// - "graceful token rotation/token generations/withSleep=2s/revoking a refresh token in the chain revokes all tokens"
#[tokio::test]
async fn a_logout_by_either_token_of_any_generation_ends_all_of_them() {
    let either: [fn(&Tokens) -> &String; 2] = [|tokens| &tokens.access, |tokens| &tokens.refresh];
    let api = Api::start().await;
    for pause in PAUSES {
        for generation in 0..4 {
            for token in either {
                let chain = generations(&api, 4, pause).await;
                assert_eq!(api.logout(token(&chain[generation])).await.status, 200);
                assert_over(&api, &chain).await;
            }
        }
    }
}
