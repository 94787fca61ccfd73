//! A user with an expired password can only change it.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use serde_json::{Value, json};
use shared::{route, store::attribute};

use crate::harness::{APP, Api, PASSWORD, Reply, START, USERNAME, bearer, claims, number, part};

const NEW: &str = "a much better password";

async fn must_change(api: &Api) {
    let flag = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
    api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), flag).await.unwrap();
}

async fn expired(api: &Api) -> Reply {
    must_change(api).await;
    let reply = api.try_login(PASSWORD).await;
    assert_eq!((reply.status, &reply.body["error"]), (403, &json!("password_expired")), "{reply:?}");
    reply
}

fn token(reply: &Reply) -> String {
    reply.body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn login_answers_with_an_error_and_a_token_only_for_the_change() {
    let api = Api::start().await;
    let reply = expired(&api).await;
    let names: Vec<_> = reply.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["access_token", "error", "error_description", "expires_in", "token_type"]);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.body["expires_in"], 600);
    let session = api.session().await;
    for name in [attribute::EXPIRES_AT, attribute::ABSOLUTE_EXPIRES_AT] {
        assert_eq!(session[name], number(START + 600), "{name}");
    }
    let claims = claims(&token(&reply));
    assert_eq!(claims["aud"], "https://issuer.example.com/password", "no verifier takes it for the API's");
    assert_eq!((&claims["scope"], &claims["email"]), (&Value::Null, &Value::Null));

    for request in [Request::get(route::SESSIONS), Request::delete("/sessions/AAAAAAAAAAAAAAAAAAAAAA")] {
        let reply = api.send(bearer(request, &token(&reply)), "").await;
        reply.assert_gateway_error(403, "insufficient_scope");
    }
    let tokens = api.change_password(&token(&reply), PASSWORD, NEW).await;
    assert_eq!(tokens.body["scope"], "read write", "what the login would have had");
    let tokens = tokens.tokens();
    assert_eq!(api.call(&tokens.access).await.status, 200);
    api.refresh(&tokens.refresh).await.tokens();
    assert_eq!(api.change_password(&token(&reply), NEW, PASSWORD).await.status, 401, "it is used up");
    api.try_login(NEW).await.tokens();
}

#[tokio::test]
async fn a_wrong_password_looks_as_it_always_does() {
    let api = Api::start().await;
    must_change(&api).await;
    api.try_login("a wrong password").await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn the_token_ends_after_ten_minutes_and_with_a_logout() {
    let api = Api::start().await;
    let first = token(&expired(&api).await);
    api.clock.advance(599);
    api.change_password(&first, PASSWORD, "short").await.assert_error(400, "password_rejected");
    api.clock.advance(1);
    api.change_password(&first, PASSWORD, NEW).await.assert_gateway_error(401, "unauthorized");
    let second = token(&expired(&api).await);
    assert_eq!(api.logout(&second).await.status, 200);
    api.change_password(&second, PASSWORD, NEW).await.assert_gateway_error(401, "unauthorized");
}

#[tokio::test]
async fn earlier_sessions_go_on() {
    let api = Api::start().await;
    let before = api.login().await;
    must_change(&api).await;
    api.refresh(&before.refresh).await.tokens();
}

#[tokio::test]
async fn every_kind_of_authorizer_answer_allows_the_change_and_nothing_else() {
    let api = Api::start().await;
    let token = token(&expired(&api).await);
    let bearer = format!("Bearer {token}");
    let authorizer = authorizer::Authorizer::start(&api.context("authorizer")).await.unwrap();
    let ask =
        async |event: Value| serde_json::to_value(authorizer.handle(event, None).await.unwrap()).unwrap();
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";
    let event =
        json!({ "type": "TOKEN", "authorizationToken": bearer, "methodArn": format!("{arn}/GET/me") });
    let policy = ask(event).await;
    let statements = json!([{
        "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [format!("{arn}/POST/password")]
    }]);
    assert_eq!(policy["policyDocument"]["Statement"], statements);
    let simple = json!({
        "version": "2.0", "type": "REQUEST", "routeArn": format!("{arn}/POST/password"),
        "headers": { "authorization": bearer }, "stageVariables": { "latchgate_response": "simple" }
    });
    assert_eq!(ask(simple).await["isAuthorized"], false);
    let app_sync =
        json!({ "authorizationToken": bearer, "requestContext": { "apiId": "a", "accountId": "1" } });
    assert_eq!(ask(app_sync).await["isAuthorized"], false);
}

#[tokio::test]
async fn no_scope_rule_lets_the_token_open_the_api() {
    let rules = |p: local::template::Parameters| {
        p.with("ScopeRules", "GET /sessions -; POST /password write").with("ScopeDefault", "allow")
    };
    let api = Api::with(rules).await;
    let token = token(&expired(&api).await);
    assert_eq!(part(&token, 0)["typ"], "at+jwt");
    assert_eq!(api.call(&token).await.status, 403);
    api.change_password(&token, PASSWORD, NEW).await.tokens();
    let form = [("client_id", APP), ("username", USERNAME), ("password", NEW), ("scope", "read")];
    let narrow = api.post(route::LOGIN, &form).await.tokens();
    api.change_password(&narrow.access, NEW, PASSWORD).await.assert_gateway_error(403, "insufficient_scope");
}

#[tokio::test]
async fn an_api_can_not_have_the_audience_of_the_change() {
    let api = Api::start().await;
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("Audience", "https://issuer.example.com/password");
    let functions = api.template.functions(&deployment.parameters).unwrap();
    let context = deployment.context(functions["authorizer"].clone());
    let error = authorizer::Authorizer::start(&context).await.map(drop).expect_err("it starts");
    assert!(error.to_string().contains("AUDIENCE"), "{error}");
}
