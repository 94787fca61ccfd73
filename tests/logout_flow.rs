//! Logout, and revocation as in RFC 7009.

use serde_json::Value;
use shared::{route, store::attribute};

use crate::harness::{
    APP, Api, Fault, Log, PASSWORD, SECRET, SERVER, Tokens, USERNAME, forged, number, text,
};

async fn login_on_server(api: &Api) -> Tokens {
    let parameters =
        [("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME), ("password", PASSWORD)];
    api.post(route::LOGIN, &parameters).await.tokens()
}

#[tokio::test]
async fn either_token_under_either_name_ends_the_session() {
    let api = Api::start().await;
    let other = api.login().await;
    for (name, hint) in [
        ("token", Some("access_token")),
        ("token", Some("refresh_token")),
        ("token", None),
        ("refresh_token", None),
    ] {
        for by_access_token in [true, false] {
            let tokens = api.login().await;
            let token = if by_access_token { &tokens.access } else { &tokens.refresh };
            let mut parameters = vec![("client_id", APP), (name, token.as_str())];
            parameters.extend(hint.map(|hint| ("token_type_hint", hint)));
            let reply = api.post(route::LOGOUT, &parameters).await;
            assert_eq!((reply.status, reply.body.is_null()), (200, true), "{name} {hint:?}");
            api.call(&tokens.access).await.assert_gateway_error(401, "unauthorized");
            api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
        }
    }
    assert_eq!(api.call(&other.access).await.status, 200, "another session goes on");
}

#[tokio::test]
async fn logout_writes_the_denylist_row_and_deletes_the_session() {
    let api = Api::start().await;
    let tokens = api.login().await;
    assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    assert!(api.items("SessionsTable").await.is_empty());
    let revocations = api.items("RevocationsTable").await;
    assert_eq!(revocations.len(), 1);
    assert_eq!(revocations[0][attribute::BUCKET], number(api.clock.unix() / 3600));
    assert_eq!(revocations[0][attribute::EXPIRES_AT], number(api.clock.unix() + 86_460));
    let name = revocations[0][attribute::REVOCATION].as_s().unwrap();
    assert!(name.starts_with(&format!("{}#", api.clock.unix())), "{name}");
}

#[tokio::test]
async fn a_token_of_an_ended_session_never_writes_anything() {
    let api = Api::start().await;
    let (first, other) = (api.login().await, api.login().await);
    let second = api.refresh(&first.refresh).await.tokens();
    assert_eq!(api.logout(&first.refresh).await.status, 200);
    let stored = api.stored().await;
    let everywhere = |token: &str| {
        [("client_id", APP), ("token", token), ("everywhere", "true")].map(|(n, v)| (n, v.to_owned()))
    };
    for seconds in [0, 1, 10, 11, 3600] {
        api.clock.advance(seconds);
        for token in [&first.refresh, &second.refresh, &first.access, &second.access] {
            assert_eq!(api.logout(token).await.status, 200);
            let everywhere = everywhere(token);
            let everywhere: Vec<_> = everywhere.iter().map(|(name, value)| (*name, value.as_str())).collect();
            api.post(route::LOGOUT, &everywhere).await.assert_error(400, "invalid_grant");
        }
        for token in [&first.refresh, &second.refresh] {
            api.refresh(token).await.assert_error(400, "invalid_grant");
        }
    }
    assert_eq!(api.stored().await, stored);
    api.refresh(&other.refresh).await.tokens();
}

#[tokio::test]
async fn repeated_logouts_of_an_expired_session_write_one_row() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.clock.advance(1_209_600);
    for _ in 0..3 {
        assert_eq!(api.logout(&tokens.refresh).await.status, 200);
        api.clock.advance(60);
    }
    assert!(api.items("SessionsTable").await.is_empty());
    assert_eq!(api.items("RevocationsTable").await.len(), 1);
}

/// Creates more sessions than one Query reads, a megabyte.
pub(crate) async fn many_sessions(api: &Api, count: usize) {
    let session = api.session().await;
    for i in 0..count {
        let mut another = session.clone();
        let id = shared::ids::SessionId::of_secret(&i.to_be_bytes());
        another.insert(attribute::SESSION_KEY.to_owned(), text(&format!("{APP}#{id}")));
        another.insert(attribute::USER_AGENT.to_owned(), text(&"x".repeat(60_000)));
        api.put("SessionsTable", another).await;
    }
}

#[tokio::test]
async fn everywhere_writes_each_event_as_it_happens_and_goes_on_where_it_stopped() {
    let api = Api::start().await;
    let tokens = api.login().await;
    many_sessions(&api, 30).await;
    let everywhere = [("client_id", APP), ("token", tokens.refresh.as_str()), ("everywhere", "true")];
    let (log, _guard) = Log::listen();
    let count = |event: &Value| usize::from(event["event"] == "session_revoked");
    api.calls.fail(Fault::Before("DeleteItem Sessions"));
    api.post(route::LOGOUT, &everywhere).await.assert_error(503, "temporarily_unavailable");
    assert_eq!(log.take_events().iter().map(count).sum::<usize>(), 30, "all that are refused from now on");
    assert_eq!(api.items("SessionsTable").await.len(), 31);
    api.calls.heal();
    api.clock.advance(1);
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    assert!(api.items("SessionsTable").await.is_empty());
    assert_eq!(api.items("RevocationsTable").await.len(), 31, "one row each, though some were ended twice");
}

#[tokio::test]
async fn an_unknown_token_is_a_success_and_changes_nothing() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    let forged = forged(&tokens.refresh);
    let unsigned =
        format!("{}.{}.", tokens.access.split('.').next().unwrap(), tokens.access.split('.').nth(1).unwrap());
    for junk in ["x", "lgr1_", "a.b.c", &forged, &unsigned] {
        let reply = api.logout(junk).await;
        assert_eq!((reply.status, reply.body.is_null()), (200, true), "{junk}");
    }
    assert_eq!(api.session().await, before);
    assert!(api.items("RevocationsTable").await.is_empty());
}

#[tokio::test]
async fn another_clients_tokens_are_unknown() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(api.logout(token).await.status, 200);
    }
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_confidential_client_proves_itself_to_log_out() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let without = [("client_id", SERVER), ("token", tokens.access.as_str())];
    api.post(route::LOGOUT, &without).await.assert_error(401, "invalid_client");
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

#[tokio::test]
async fn an_expired_access_token_still_ends_its_session() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.clock.advance(1801);
    assert_eq!(api.logout(&tokens.access).await.status, 200);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn everywhere_ends_all_of_the_users_sessions_on_every_client() {
    let api = Api::start().await;
    let mut tokens = vec![login_on_server(&api).await];
    for _ in 0..40 {
        tokens.push(api.login().await);
    }
    for everywhere in ["false", ""] {
        let parameters = [("client_id", APP), ("token", &tokens[40].access), ("everywhere", everywhere)];
        assert_eq!(api.post(route::LOGOUT, &parameters).await.status, 200);
        assert_eq!(api.items("SessionsTable").await.len(), 40);
    }
    let parameters = [("client_id", APP), ("token", tokens[39].access.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &parameters).await.status, 200);
    assert!(api.items("SessionsTable").await.is_empty());
    assert_eq!(api.items("RevocationsTable").await.len(), 41);
    for tokens in &tokens {
        assert_eq!(api.call(&tokens.access).await.status, 401);
    }
}

#[tokio::test]
async fn everywhere_goes_beyond_the_megabyte_that_a_query_answers_at_once() {
    let api = Api::start().await;
    let mut tokens = api.login().await;
    for _ in 0..4 {
        tokens = api.login().await;
    }
    for mut session in api.items("SessionsTable").await {
        session.insert(attribute::DEVICE_NAME.to_owned(), text(&"x".repeat(300_000)));
        api.put("SessionsTable", session).await;
    }
    let page = api.store.scan().table_name(&api.deployment.tables["SessionsTable"]).send().await.unwrap();
    assert!(page.last_evaluated_key.is_some(), "else one page would be all");

    let parameters = [("client_id", APP), ("token", tokens.access.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &parameters).await.status, 200);
    assert!(api.items("SessionsTable").await.is_empty());
    assert_eq!(api.items("RevocationsTable").await.len(), 5);
}

#[tokio::test]
async fn a_token_of_an_ended_session_ends_no_other_session() {
    let api = Api::with(|p| p.with("IdleTtl", "1000")).await;
    let (ended, expired) = (api.login().await, api.login().await);
    assert_eq!(api.logout(&ended.refresh).await.status, 200);
    api.clock.advance(1000);
    let here = api.login().await;
    for dead in [&ended.refresh, &ended.access, &expired.refresh, &expired.access] {
        let everywhere = [("client_id", APP), ("token", dead.as_str()), ("everywhere", "true")];
        api.post(route::LOGOUT, &everywhere).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&here.access).await.status, 200);
    }
    assert_eq!(api.logout(&here.access).await.status, 200);
    let repeated = [("client_id", APP), ("token", here.access.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &repeated).await.status, 200, "there is nothing left to end");
}

#[tokio::test]
async fn a_session_at_its_very_end_is_not_brought_back_after_a_logout_everywhere() {
    let api = Api::with(|p| p.with("IdleTtl", "1000")).await;
    let (here, there) = (api.login().await, api.login().await);
    // A refresh begins while the session lives, and reaches the store after the logout.
    let stalled = api.with_clock(api.clock.unix() + 999).await;
    api.clock.advance(1000);
    let everywhere = [("client_id", APP), ("token", here.access.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    stalled.refresh(&there.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn a_disabled_client_can_still_end_its_sessions() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let disabled = vec![(attribute::DISABLED, aws_sdk_dynamodb::types::AttributeValue::Bool(true))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), disabled).await.unwrap();
    let api = api.restarted().await;
    api.refresh(&tokens.refresh).await.assert_error(401, "invalid_client");
    assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn a_logout_without_one_token_is_an_invalid_request() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let both =
        [("client_id", APP), ("token", tokens.access.as_str()), ("refresh_token", tokens.refresh.as_str())];
    api.post(route::LOGOUT, &both).await.assert_error(400, "invalid_request");
    api.post(route::LOGOUT, &[("client_id", APP)]).await.assert_error(400, "invalid_request");
    let everywhere = [("client_id", APP), ("token", tokens.access.as_str()), ("everywhere", "yes")];
    api.post(route::LOGOUT, &everywhere).await.assert_error(400, "invalid_request");
    api.post(route::LOGOUT, &[("token", &tokens.access)]).await.assert_error(401, "invalid_client");
    assert_eq!(api.call(&tokens.access).await.status, 200);
}
