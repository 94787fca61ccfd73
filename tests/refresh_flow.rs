//! Refresh as a token endpoint: tokens are bound to their client, and some refusals leave a token usable.

use shared::route;

use crate::harness::{APP, Api, PASSWORD, SECRET, SERVER, USERNAME, forged, form, form_post, refresh_form};

#[tokio::test]
async fn a_refresh_token_works_on_the_client_it_was_issued_to_and_on_no_other() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    let on_server = [
        ("grant_type", "refresh_token"),
        ("client_id", SERVER),
        ("client_secret", SECRET),
        ("refresh_token", tokens.refresh.as_str()),
    ];
    api.post(route::REFRESH, &on_server).await.assert_error(400, "invalid_grant");
    assert_eq!(api.session().await, before, "a thief elsewhere doesn't even end the session");
    api.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn a_confidential_clients_refresh_token_is_useless_without_its_secret() {
    let api = Api::start().await;
    let login =
        [("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME), ("password", PASSWORD)];
    let tokens = api.post(route::LOGIN, &login).await.tokens();
    let before = api.session().await;
    let refresh =
        [("grant_type", "refresh_token"), ("client_id", SERVER), ("refresh_token", &tokens.refresh)];
    api.post(route::REFRESH, &refresh).await.assert_error(401, "invalid_client");
    let guess = [&refresh[..], &[("client_secret", "guess")]].concat();
    api.post(route::REFRESH, &guess).await.assert_error(401, "invalid_client");
    assert_eq!(api.session().await, before);
    let right = [&refresh[..], &[("client_secret", SECRET)]].concat();
    api.post(route::REFRESH, &right).await.tokens();
}

#[tokio::test]
async fn a_forged_refresh_token_is_an_invalid_grant() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    let flipped = forged(&tokens.refresh);
    let long = format!("lgr1_{}", "A".repeat(4000));
    for text in
        [flipped.as_str(), "lgr1_", "x", long.as_str(), tokens.access.as_str(), "lgr1_\u{e4}", "lgr1_AAAA\0"]
    {
        api.refresh(text).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(api.session().await, before);
}

#[tokio::test]
async fn only_the_grant_type_refresh_token_is_served() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    for grant_type in ["password", "authorization_code", "client_credentials", "Refresh_Token"] {
        let parameters = [("grant_type", grant_type), ("client_id", APP), ("refresh_token", &tokens.refresh)];
        api.post(route::REFRESH, &parameters).await.assert_error(400, "unsupported_grant_type");
    }
    let without = [("client_id", APP), ("refresh_token", tokens.refresh.as_str())];
    api.post(route::REFRESH, &without).await.assert_error(400, "invalid_request");
    let without = [("client_id", APP), ("grant_type", "refresh_token")];
    api.post(route::REFRESH, &without).await.assert_error(400, "invalid_request");
    assert_eq!(api.session().await, before);
}

#[tokio::test]
async fn a_malformed_idempotency_key_is_refused() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    for length in [0, 1, 21, 256] {
        let reply = api.refresh_with_key(&tokens.refresh, &"k".repeat(length)).await;
        reply.assert_error(400, "invalid_request");
        assert!(reply.body["error_description"].as_str().unwrap().contains("22 to 255"), "{reply:?}");
        let reply =
            api.change_password_with_key(&tokens.access, PASSWORD, "another", &"k".repeat(length)).await;
        reply.assert_error(400, "invalid_request");
    }
    let twice = form_post(route::REFRESH).header("idempotency-key", "k".repeat(22));
    let twice = twice.header("idempotency-key", "k".repeat(22));
    api.send(twice, form(&refresh_form(&tokens.refresh))).await.assert_error(400, "invalid_request");
    assert_eq!(api.session().await, before, "nothing is used up");
    let mut tokens = tokens;
    for key in ["k".repeat(22), "k".repeat(255), "4b0e2b63-7ac2-4b7e-9a5c-0d6f5a3f8e11".to_owned()] {
        tokens = api.refresh_with_key(&tokens.refresh, &key).await.tokens();
    }
}

#[tokio::test]
async fn the_last_use_of_a_session_is_where_it_was_refreshed() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let request = form_post(route::REFRESH).header("user-agent", "App/2");
    api.send(request, form(&refresh_form(&tokens.refresh))).await.tokens();
    assert_eq!(api.session().await["user_agent"].as_s().unwrap(), "App/2");
    let login = form(&[("client_id", APP), ("username", USERNAME), ("password", PASSWORD)]);
    let long = "x".repeat(1000);
    api.send(form_post(route::LOGIN).header("user-agent", &long), login).await.tokens();
    let sessions = api.items("SessionsTable").await;
    assert!(sessions.iter().any(|session| session["user_agent"].as_s().unwrap() == &long[..256]));
}
