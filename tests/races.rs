//! What happens at the same time. Every round counts; none is tried again.

use std::{collections::HashSet, sync::Arc};

use tokio::{sync::Barrier, task::JoinSet};

use crate::harness::{Api, Reply, Tokens};

/// Enough to meet each interleaving many times over, and seconds on two processors.
const ROUNDS: usize = 60;
const PARALLEL: usize = 20;

/// The replies to the same request, sent many times at once.
async fn at_once(api: &Arc<Api>, refresh_token: &str) -> Vec<Reply> {
    let barrier = Arc::new(Barrier::new(PARALLEL));
    let mut tasks = JoinSet::new();
    for _ in 0..PARALLEL {
        let (api, token, barrier) = (api.clone(), refresh_token.to_owned(), barrier.clone());
        tasks.spawn(async move {
            barrier.wait().await;
            api.refresh(&token).await
        });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_refreshes_get_one_distinct_successor_and_nobody_is_logged_out() {
    let api = Arc::new(Api::start().await);
    let mut tokens = api.login().await;
    for round in 0..ROUNDS {
        let replies = at_once(&api, &tokens.refresh).await;
        let replies: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
        let successors: HashSet<_> = replies.iter().map(|tokens| &tokens.refresh).collect();
        assert_eq!(successors.len(), 1, "round {round}");
        assert_eq!(api.call(&replies[round % PARALLEL].access).await.status, 200, "round {round}");
        tokens = replies[0].clone();
    }
    assert_eq!(api.items("SessionsTable").await.len(), 1);
    assert!(api.items("RevocationsTable").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_survives_an_acknowledged_logout() {
    let api = Arc::new(Api::start().await);
    for round in 0..ROUNDS {
        let tokens = api.login().await;
        let (refreshing, leaving) = (api.clone(), api.clone());
        let (refresh, access) = (tokens.refresh.clone(), tokens.access.clone());
        let refreshed = tokio::spawn(async move { refreshing.refresh(&refresh).await });
        let left = tokio::spawn(async move { leaving.logout(&access).await });
        assert_eq!(left.await.unwrap().status, 200);
        let refreshed = refreshed.await.unwrap();
        assert!(matches!(refreshed.status, 200 | 400), "round {round}: {refreshed:?}");
        if refreshed.status == 200 {
            let survivor = refreshed.tokens();
            assert_eq!(api.call(&survivor.access).await.status, 401, "round {round}");
            assert_eq!(api.refresh(&survivor.refresh).await.status, 400, "round {round}");
        }
        assert_eq!(api.call(&tokens.access).await.status, 401, "round {round}");
        assert!(api.items("SessionsTable").await.is_empty(), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_and_a_victim_at_once_leave_no_session_once_either_is_seen() {
    let api = Arc::new(Api::start().await);
    for round in 0..ROUNDS {
        let stolen = api.login().await;
        let live = api.refresh(&stolen.refresh).await.tokens();
        let live = api.refresh(&live.refresh).await.tokens();
        let (thief, victim) = (api.clone(), api.clone());
        let (old, new) = (stolen.refresh.clone(), live.refresh.clone());
        let thief = tokio::spawn(async move { thief.refresh(&old).await });
        let victim = tokio::spawn(async move { victim.refresh(&new).await });
        thief.await.unwrap().assert_error(400, "invalid_grant");
        assert!(matches!(victim.await.unwrap().status, 200 | 400), "round {round}");
        assert!(api.items("SessionsTable").await.is_empty(), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_logins_are_sessions_of_their_own() {
    let api = Arc::new(Api::start().await);
    let mut tasks = JoinSet::new();
    for _ in 0..PARALLEL {
        let api = api.clone();
        tasks.spawn(async move { api.login().await });
    }
    let tokens = tasks.join_all().await;
    let distinct: HashSet<_> = tokens.iter().map(|tokens| &tokens.refresh).collect();
    assert_eq!(distinct.len(), PARALLEL);
    assert_eq!(api.items("SessionsTable").await.len(), PARALLEL);
}
