//! The authorizer's answers to API Gateway, and so to the endpoints behind it.

use authorizer::{Authorizer, AuthorizerError};
use lambda_http::lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use crate::harness::{APP, Api, Fault, USER_ID};

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders/7";

async fn authorizer(api: &Api) -> Authorizer {
    Authorizer::start(&api.context("authorizer")).await.unwrap()
}

fn event(token: &str, arn: &str) -> Value {
    json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": arn })
}

async fn ask(api: &Api, token: &str, arn: &str) -> Result<Value, AuthorizerError> {
    let policy = authorizer(api).await.handle(event(token, arn), None).await?;
    Ok(serde_json::to_value(policy).unwrap())
}

#[tokio::test]
async fn an_allow_covers_the_stage_and_names_the_user_in_flat_strings() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let claims = crate::harness::claims(&tokens.access);
    let policy = ask(&api, &format!("Bearer {}", tokens.access), ARN).await.unwrap();
    let expected = json!({
        "principalId": USER_ID,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "execute-api:Invoke",
                "Resource": ["arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*"],
            }],
        },
        "context": {
            "sub": USER_ID, "client_id": APP, "sid": claims["sid"], "scope": "read write",
            "exp": claims["exp"].to_string(), "email": "demo@example.com", "name": "Demo User", "roles": "[\"user\"]",
        },
    });
    assert_eq!(policy, expected);
}

#[tokio::test]
async fn a_refusal_is_exactly_unauthorized_and_a_failure_is_anything_else() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let bearer = format!("Bearer {}", tokens.access);
    let message = |error: AuthorizerError| Diagnostic::from(error).error_message;
    for refused in ["", "Bearer", "Bearer x", "Basic abc", &format!("{bearer},{bearer}")] {
        assert_eq!(message(ask(&api, refused, ARN).await.unwrap_err()), "Unauthorized", "{refused:.20}");
    }
    assert_ne!(message(ask(&api, &bearer, "arn:aws:s3:::x").await.unwrap_err()), "Unauthorized");
    api.calls.fail(Fault::Before("GetItem Sessions"));
    assert_ne!(message(ask(&api, &bearer, ARN).await.unwrap_err()), "Unauthorized");
    api.call(&tokens.access).await.assert_gateway_error(500, "server_error");
    api.calls.heal();
    assert_eq!(api.logout(&tokens.access).await.status, 200);
    assert_eq!(message(ask(&api, &bearer, ARN).await.unwrap_err()), "Unauthorized");
}

#[tokio::test]
async fn a_malformed_session_is_never_an_allow() {
    for (name, value) in [
        ("expires_at", crate::harness::text("9999999999")),
        ("expires_at", crate::harness::number(1_900_000_000_000)),
        ("absolute_expires_at", aws_sdk_dynamodb::types::AttributeValue::Null(true)),
    ] {
        let api = Api::start().await;
        let tokens = api.login().await;
        api.change_session(&[(name, value)]).await;
        api.call(&tokens.access).await.assert_gateway_error(500, "server_error");
        let before = api.session().await;
        api.refresh(&tokens.refresh).await.assert_error(500, "server_error");
        assert_eq!(api.session().await, before, "it is not repaired by overwriting it");
    }
}

#[tokio::test]
async fn an_event_of_another_kind_is_a_failure_and_not_a_refusal() {
    let api = Api::start().await;
    let bearer = format!("Bearer {}", api.login().await.access);
    for (name, value) in [("type", json!("OTHER")), ("type", json!(null)), ("methodArn", json!(7))] {
        let mut event = event(&bearer, ARN);
        event[name] = value;
        let error = authorizer(&api).await.handle(event, None).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&bearer));
        assert_ne!(Diagnostic::from(error).error_message, "Unauthorized");
    }
}
