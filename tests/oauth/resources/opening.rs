//! A token for a resource opens nothing here, but can end its own session.

use axum::http::Request;
use shared::route;

use super::{AUDIENCE, NOTES, api, flow_for, tokens_for};
use crate::harness::{Log, PASSWORD, WEB, bearer};

#[tokio::test]
async fn a_token_for_a_resource_opens_no_endpoint_of_latchgate() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES, AUDIENCE]);
    let tokens = tokens_for(&api, &flow, NOTES).await;
    let get = |path: &str| bearer(Request::get(path), &tokens.access);
    for path in [route::SESSIONS, route::USERINFO] {
        let (log, _guard) = Log::listen();
        assert_eq!(api.send(get(path), "").await.status, 401, "{path}");
        assert!(log.take().iter().any(|line| line["reason"] == "other_resource"), "{path}");
    }
    let changed = api.change_password(&tokens.access, PASSWORD, "a much better password").await;
    assert_eq!(changed.status, 401);
    // The same session's token for the audience works.
    let own = super::refresh_for(&api, route::REFRESH, &flow, &tokens.refresh, &[AUDIENCE]).await.tokens();
    assert_eq!(api.call(&own.access).await.status, 200);
    // A change of password keeps the session's resources.
    let changed = api.change_password(&own.access, PASSWORD, "a much better password").await.tokens();
    assert_eq!(api.call(&changed.access).await.status, 200);
    let reply = super::refresh_for(&api, route::REFRESH, &flow, &changed.refresh, &[NOTES]).await;
    assert_eq!(super::issued(&reply).0, NOTES);
}

/// The token was sent to another party's API.
#[tokio::test]
async fn a_token_for_a_resource_ends_only_its_own_session() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES]);
    let (first, second) = (tokens_for(&api, &flow, NOTES).await, tokens_for(&api, &flow, NOTES).await);
    // This works even with an expired token, while the session lives.
    api.clock.advance(3600);
    let by = |token: &str| [("client_id", WEB.to_owned()), ("token", token.to_owned())];
    let logout = async |token: &str, more: &[(&str, &str)]| {
        let own = by(token);
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        api.post(route::LOGOUT, &own.chain(more.iter().copied()).collect::<Vec<_>>()).await
    };
    let stored = api.items("SessionsTable").await;
    let (log, _guard) = Log::listen();
    logout(&first.access, &[("everywhere", "true")]).await.assert_error(400, "invalid_grant");
    assert_eq!(log.take_events()[0]["reason"], "other_resource");
    assert_eq!(api.items("SessionsTable").await, stored, "nothing has ended");

    assert_eq!(logout(&first.access, &[]).await.status, 200);
    api.refresh_of_flow(&flow, &first.refresh).await.assert_error(400, "invalid_grant");
    let second = api.refresh_of_flow(&flow, &second.refresh).await.tokens();
    let third = api.login().await;
    // The client's refresh token can end all sessions.
    assert_eq!(logout(&second.refresh, &[("everywhere", "true")]).await.status, 200);
    api.refresh(&third.refresh).await.assert_error(400, "invalid_grant");
}
