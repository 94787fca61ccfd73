//! `MaxSessions`: a login beyond the limit ends the least recently used sessions.

use shared::store::attribute;

use crate::harness::{Api, Log, PASSWORD, Tokens, number};

async fn logins(api: &Api, count: usize) -> Vec<Tokens> {
    let mut tokens = Vec::new();
    for _ in 0..count {
        api.clock.advance(1);
        tokens.push(api.login().await);
    }
    tokens
}

#[tokio::test]
async fn a_login_beyond_the_bound_ends_the_session_that_was_used_longest_ago() {
    let api = Api::with(|p| p.with("MaxSessions", "3")).await;
    let tokens = logins(&api, 3).await;
    api.clock.advance(1);
    let first = api.refresh(&tokens[0].refresh).await.tokens();
    let (log, _guard) = Log::listen();
    let fourth = api.login().await;
    let events: Vec<_> = log.take_events().into_iter().map(|event| event["cause"].clone()).collect();
    assert_eq!(events[0], "max_sessions");
    api.call(&tokens[1].access).await.assert_gateway_error(401, "unauthorized");
    api.refresh(&tokens[1].refresh).await.assert_error(400, "invalid_grant");
    for live in [&first, &tokens[2], &fourth] {
        assert_eq!(api.call(&live.access).await.status, 200);
    }
    assert_eq!(api.items("SessionsTable").await.len(), 3);
    assert_eq!(api.items("RevocationsTable").await.len(), 1);
}

#[tokio::test]
async fn sessions_are_unbounded_by_default_and_a_refused_login_ends_none() {
    let api = Api::start().await;
    logins(&api, 30).await;
    assert_eq!(api.items("SessionsTable").await.len(), 30);
    let api = Api::with(|p| p.with("MaxSessions", "1")).await;
    let tokens = api.login().await;
    api.try_login("a wrong password").await.assert_error(400, "invalid_grant");
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_login_ends_at_most_sixteen_and_expired_sessions_do_not_count() {
    let api = Api::with(|p| p.with("MaxSessions", "2")).await;
    api.login().await;
    crate::logout_flow::many_sessions(&api, 40).await;
    api.clock.advance(1);
    for left in [26, 11, 2, 2] {
        api.clock.advance(1);
        api.login().await;
        assert_eq!(api.items("SessionsTable").await.len(), left);
    }
    for mut session in api.items("SessionsTable").await {
        session.insert(attribute::EXPIRES_AT.to_owned(), number(api.clock.unix()));
        api.put("SessionsTable", session).await;
    }
    let rows = api.items("RevocationsTable").await.len();
    api.try_login(PASSWORD).await.tokens();
    assert_eq!(api.items("RevocationsTable").await.len(), rows);
}
