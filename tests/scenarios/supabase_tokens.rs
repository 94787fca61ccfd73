//! Supabase's refresh tokens with counters, the design closest to Latchgate's: generations, reuse, retries, forgeries.

use std::{collections::HashSet, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use local::functions::Keyset;
use shared::store::attribute;

use super::{LATER, assert_over, at_once, generations, sid};
use crate::harness::{Api, Reply, Tokens, forged, keyset, number};

/// Origin: supabase/auth internal/tokens/service_test.go
/// - "RefreshTokenV2Suite/TestNormalUse"
#[tokio::test]
async fn a_session_is_rotated_hundreds_of_times_one_generation_each() {
    let api = Api::start().await;
    let mut tokens = api.login().await;
    let id = sid(&tokens);
    assert_eq!(api.session().await[attribute::GENERATION], number(0));
    // Beyond 256, a generation needs its second byte.
    for generation in 1..=260 {
        api.clock.advance(LATER);
        tokens = api.refresh(&tokens.refresh).await.tokens();
        assert_eq!(sid(&tokens), id);
        assert_eq!(api.session().await[attribute::GENERATION], number(generation));
    }
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

/// Without its "rotation" setting, Supabase refuses a stale token and keeps the session. With it, Supabase deletes the
/// session, as Latchgate always does.
///
/// Origin: supabase/auth internal/tokens/service_test.go
/// - "RefreshTokenV2Suite/TestMaliciousReuse"
///   differs: SECURITY.md "A second use ends the session"
#[tokio::test]
async fn any_stale_token_ends_the_session_and_the_newest_is_refused_from_then_on() {
    let api = Api::start().await;
    for stale in 0..2 {
        let chain = generations(&api, 4, LATER).await;
        api.clock.advance(LATER);
        api.refresh(&chain[stale].refresh).await.assert_error(400, "invalid_grant");
        assert_over(&api, &chain).await;
    }
}

/// Origin: supabase/auth internal/tokens/service_test.go
/// - "RefreshTokenV2Suite/TestConcurrentReuse"
#[tokio::test(flavor = "multi_thread")]
async fn twenty_uses_at_once_are_one_rotation() {
    let api = Arc::new(Api::start().await);
    let chain = generations(&api, 4, LATER).await;
    api.clock.advance(LATER);
    let replies = at_once(&api, &chain[3].refresh, 20).await;
    let replies: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
    let successors: HashSet<_> = replies.iter().map(|tokens| &tokens.refresh).collect();
    assert_eq!(successors.len(), 1);
    assert!(replies.iter().all(|tokens| sid(tokens) == sid(&chain[0])));
    assert_eq!(api.session().await[attribute::GENERATION], number(4), "once, not twenty times");
    assert!(api.items("RevocationsTable").await.is_empty());
}

/// Supabase gives the newest token to any sender of its parent, at any time.
///
/// Origin: supabase/auth internal/tokens/service_test.go
/// - "RefreshTokenV2Suite/TestFailToSaveReuse"
///   differs: SECURITY.md "or with the same `Idempotency-Key` while the successor is unused"
#[tokio::test]
async fn a_client_gets_an_unsaved_token_again_only_with_its_retry_key() {
    let api = Api::start().await;
    let chain = generations(&api, 3, LATER).await;
    let parent = &chain[2].refresh;
    let newest = api.refresh_with_key(parent, "saved-or-not-saved-by-me").await.tokens();
    for _ in 0..10 {
        api.clock.advance(LATER);
        assert_eq!(
            api.refresh_with_key(parent, "saved-or-not-saved-by-me").await.tokens().refresh,
            newest.refresh
        );
        assert_eq!(api.session().await[attribute::GENERATION], number(3));
    }
    api.refresh(parent).await.assert_error(400, "invalid_grant");
    assert_over(&api, &chain).await;
}

/// Supabase encrypts each session's key and rotates the encryption key. Here the keyset itself is replaced.
///
/// Origin: supabase/auth internal/tokens/service_test.go
/// - "RefreshTokenV2Suite/TestDBEncryption"
#[tokio::test]
async fn a_chain_goes_on_through_changes_of_key_and_its_tokens_name_the_new_one() {
    let api = Api::start().await;
    let first = api.login().await;
    let (old, new) = (api.keyset(), serde_json::to_value(keyset()).unwrap());
    let mut both = new.clone();
    for kind in ["signing_keys", "refresh_keys"] {
        both[kind].as_array_mut().unwrap().push(old[kind][0].clone());
    }
    let with_keyset = async |keyset: &serde_json::Value| {
        let mut deployment = api.deployment.clone();
        deployment.keyset = Keyset::Document(Box::new(serde_json::from_value(keyset.clone()).unwrap()));
        api.redeployed(deployment).await
    };
    let second = with_keyset(&both).await.refresh(&first.refresh).await.tokens();
    assert_eq!(sid(&second), sid(&first));
    let only_new = with_keyset(&new).await;
    only_new.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    only_new.refresh(&second.refresh).await.tokens();
    assert_eq!(api.session().await[attribute::GENERATION], number(2));
}

/// Origin: supabase/auth internal/tokens/service_test.go
/// - "RefreshTokenV2Suite/TestInvalidRefreshTokens"
#[tokio::test]
async fn a_tampered_token_and_one_without_its_session_are_refused() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    // The generation is the four bytes before the 32-byte HMAC.
    let mut bytes = URL_SAFE_NO_PAD.decode(tokens.refresh.strip_prefix("lgr1_").unwrap()).unwrap();
    let at = bytes.len() - 33;
    bytes[at] += 1;
    let counter = format!("lgr1_{}", URL_SAFE_NO_PAD.encode(&bytes));
    for tampered in [counter, forged(&tokens.refresh)] {
        api.calls.take();
        api.refresh(&tampered).await.assert_error(400, "invalid_grant");
        assert!(api.calls.take().is_empty(), "it costs nothing");
    }
    assert_eq!(api.session().await, before);
    assert_eq!(api.logout(&tokens.access).await.status, 200);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
}
