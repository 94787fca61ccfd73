//! Client authentication: by Basic or in the body, never both, never in the query.

use axum::http::Request;
use base64::{Engine, engine::general_purpose::STANDARD};
use shared::{route, store::attribute};

use crate::harness::{APP, Api, PASSWORD, Reply, SECRET, SERVER, USERNAME, form, form_post, text};

fn basic(client_id: &str, client_secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{client_secret}")))
}

async fn login(api: &Api, authorization: Option<&str>, parameters: &[(&str, &str)]) -> Reply {
    let mut request = form_post(route::LOGIN);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let body = [&[("username", USERNAME), ("password", PASSWORD)], parameters].concat();
    api.send(request, form(&body)).await
}

#[tokio::test]
async fn every_valid_way_to_authenticate_is_accepted() {
    let api = Api::start().await;
    login(&api, None, &[("client_id", APP)]).await.tokens();
    login(&api, None, &[("client_id", APP), ("client_secret", "")]).await.tokens();
    login(&api, None, &[("client_id", SERVER), ("client_secret", SECRET)]).await.tokens();
    login(&api, Some(&basic(SERVER, SECRET)), &[]).await.tokens();
    login(&api, Some(&basic(SERVER, SECRET).replace("Basic", "bAsIc")), &[]).await.tokens();
    login(&api, Some(&basic("demo%2Dserver", "demo%2Dserver%2Dsecret")), &[]).await.tokens();
    login(&api, Some(&basic(SERVER, SECRET)), &[("client_id", SERVER)]).await.tokens();
    login(&api, Some(&basic(APP, "")), &[]).await.tokens();
}

#[tokio::test]
async fn failed_authentication_is_challenged_only_if_it_used_the_header() {
    let api = Api::start().await;
    for parameters in [
        &[][..],
        &[("client_id", "unknown")],
        &[("client_id", "")],
        &[("client_id", "a#b")],
        &[("client_id", SERVER)],
        &[("client_id", SERVER), ("client_secret", "wrong")],
        &[("client_id", APP), ("client_secret", SECRET)],
    ] {
        let reply = login(&api, None, parameters).await;
        reply.assert_error(401, "invalid_client");
        assert_eq!(reply.header("www-authenticate"), None, "{parameters:?}");
    }
    for authorization in [
        &basic(SERVER, "wrong"),
        &basic(SERVER, ""),
        &basic("unknown", SECRET),
        &basic("", ""),
        "Basic",
        "Basic !",
        "Basic ZGVtbw==",
        "Basic /w==",
        "Bearer abc",
    ] {
        let reply = login(&api, Some(authorization), &[]).await;
        reply.assert_error(401, "invalid_client");
        let challenge = "Basic realm=\"latchgate\", charset=\"UTF-8\"";
        assert_eq!(reply.header("www-authenticate"), Some(challenge), "{authorization}");
    }
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn two_ways_at_once_are_an_invalid_request() {
    let api = Api::start().await;
    let header = basic(SERVER, SECRET);
    for parameters in [
        &[("client_secret", SECRET)][..],
        &[("client_id", APP)],
        &[("client_id", SERVER), ("client_secret", SECRET)],
    ] {
        login(&api, Some(&header), parameters).await.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn credentials_in_the_query_are_refused() {
    let api = Api::start().await;
    let body = form(&[
        ("client_id", SERVER),
        ("client_secret", SECRET),
        ("username", USERNAME),
        ("password", PASSWORD),
    ]);
    for query in [
        "client_secret=demo-server-secret",
        "client_id=demo-server",
        "password=x",
        "token=",
        "a=b&scope=read",
    ] {
        let request = Request::post(format!("/login?{query}"))
            .header("content-type", "application/x-www-form-urlencoded");
        api.send(request, body.clone()).await.assert_error(400, "invalid_request");
    }
    let unrelated = Request::post("/login?utm=x").header("content-type", "application/x-www-form-urlencoded");
    api.send(unrelated, body).await.tokens();
}

#[tokio::test]
async fn a_disabled_client_is_an_invalid_client() {
    let api = Api::start().await;
    let disabled = vec![(attribute::DISABLED, aws_sdk_dynamodb::types::AttributeValue::Bool(true))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), disabled).await.unwrap();
    login(&api, None, &[("client_id", APP)]).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn two_secrets_are_valid_during_a_change() {
    let api = Api::start().await;
    let hashes =
        ["first-secret", "second-secret"].map(|s| shared::client::SecretHash::of(&s.into()).to_text());
    let hashes = hashes.iter().map(|hash| text(hash)).collect();
    let set = vec![(attribute::SECRET_HASHES, aws_sdk_dynamodb::types::AttributeValue::L(hashes))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, SERVER), set).await.unwrap();
    for secret in ["first-secret", "second-secret"] {
        login(&api, None, &[("client_id", SERVER), ("client_secret", secret)]).await.tokens();
    }
    login(&api, None, &[("client_id", SERVER), ("client_secret", SECRET)])
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn the_record_of_a_client_is_read_again_after_ten_seconds() {
    let api = Api::start().await;
    api.login().await;
    let disabled = vec![(attribute::DISABLED, aws_sdk_dynamodb::types::AttributeValue::Bool(true))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), disabled).await.unwrap();
    api.clock.advance(9);
    api.login().await;
    api.clock.advance(1);
    login(&api, None, &[("client_id", APP)]).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn a_malformed_client_record_is_a_failure_of_ours() {
    for (name, value) in [
        ("kind", text("other")),
        ("scope", text("read")),
        ("access_ttl", text("1800")),
        ("not_before", text("0")),
    ] {
        let api = Api::start().await;
        api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), vec![(name, value)]).await.unwrap();
        login(&api, None, &[("client_id", APP)]).await.assert_error(500, "server_error");
    }
}
