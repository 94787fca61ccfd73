//! The authorizer recognises the event of each kind of gateway, and answers in the gateway's format.

use authorizer::{Authorizer, AuthorizerError};
use lambda_http::lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use shared::store::attribute;

use crate::harness::{APP, Api, Fault, Forge, Log, USER_ID, text};

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod";
/// A resource, and the audience of password-change tokens.
const NOTES: &str = "https://notes.example.com/mcp";
const PASSWORD_CHANGE: &str = "https://issuer.example.com/password";

async fn ask(api: &Api, event: Value) -> Result<Value, AuthorizerError> {
    let authorizer = Authorizer::start(&api.context("authorizer")).await.unwrap();
    Ok(serde_json::to_value(authorizer.handle(event, None).await?).unwrap())
}

fn rest_token(header: &str) -> Value {
    json!({ "type": "TOKEN", "authorizationToken": header, "methodArn": format!("{ARN}/GET/orders") })
}

fn rest_request(header: &str) -> Value {
    json!({
        "type": "REQUEST", "methodArn": format!("{ARN}/GET/orders"), "resource": "/orders", "path": "/orders",
        "httpMethod": "GET", "headers": { "Authorization": header, "X-Other": "x" },
        "multiValueHeaders": { "Authorization": [header], "X-Other": ["x"] }, "queryStringParameters": {},
        "pathParameters": null, "stageVariables": null,
        "requestContext": { "apiId": "a1b2c3", "stage": "prod", "httpMethod": "GET" },
    })
}

fn http_1(header: &str) -> Value {
    json!({
        "version": "1.0", "type": "REQUEST", "methodArn": format!("{ARN}/GET/orders"), "identitySource": header,
        "authorizationToken": header, "resource": "/orders", "path": "/orders", "httpMethod": "GET",
        "headers": { "authorization": header }, "queryStringParameters": {},
        "requestContext": { "apiId": "a1b2c3", "stage": "prod" },
    })
}

fn http_2(header: &str) -> Value {
    json!({
        "version": "2.0", "type": "REQUEST", "routeArn": format!("{ARN}/GET/orders"), "identitySource": [header],
        "routeKey": "GET /orders", "rawPath": "/orders", "rawQueryString": "", "headers": { "authorization": header },
        "requestContext": { "apiId": "a1b2c3", "stage": "prod", "http": { "method": "GET", "path": "/orders" } },
    })
}

fn web_socket(name: &str, header: &str) -> Value {
    json!({
        "type": "REQUEST", "methodArn": format!("{ARN}/$connect"), "headers": { name: header },
        "multiValueHeaders": { name: [header] },
        "requestContext": { "routeKey": "$connect", "eventType": "CONNECT", "apiId": "a1b2c3", "connectionId": "c" },
    })
}

fn app_sync(token: &str) -> Value {
    json!({
        "authorizationToken": token,
        "requestContext": { "apiId": "g1", "accountId": "123456789012", "requestId": "r", "queryString": "{ me }",
            "operationName": null, "variables": {} },
        "requestHeaders": { "host": "example.com" },
    })
}

#[tokio::test]
async fn every_policy_allows_only_the_stage_and_names_the_user() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let header = format!("Bearer {token}");
    for event in [
        rest_token(&header),
        rest_request(&header),
        http_1(&header),
        http_2(&header),
        web_socket("Authorization", &header),
        web_socket("Sec-WebSocket-Protocol", &format!("bearer, {token}")),
    ] {
        let policy = ask(&api, event.clone()).await.unwrap();
        let statements = &policy["policyDocument"]["Statement"];
        assert_eq!(statements.as_array().unwrap().len(), 1, "{event}");
        assert_eq!(statements[0]["Effect"], "Allow");
        assert_eq!(statements[0]["Resource"], json!([format!("{ARN}/*")]));
        let context = policy["context"].as_object().unwrap();
        assert!(context.values().all(Value::is_string), "{context:?}");
        assert_eq!((&context["sub"], &context["client_id"]), (&json!(USER_ID), &json!(APP)));
        assert_eq!(policy["principalId"], USER_ID);
    }
}

#[tokio::test]
async fn a_refusal_is_unauthorized_in_every_kind_and_false_in_app_sync() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let header = format!("Bearer {token}");
    let mut twice = rest_request(&header);
    twice["multiValueHeaders"]["authorization"] = json!([header]);
    let mut contradiction = rest_request(&header);
    contradiction["headers"]["Authorization"] = json!("Bearer x");
    let mut in_query = web_socket("X-Other", "x");
    in_query["queryStringParameters"] = json!({ "access_token": token });
    let mut protocol_elsewhere = rest_request("");
    protocol_elsewhere["headers"] = json!({ "Sec-WebSocket-Protocol": format!("bearer, {token}") });
    protocol_elsewhere["multiValueHeaders"] =
        json!({ "Sec-WebSocket-Protocol": [format!("bearer, {token}")] });
    for event in [
        rest_token("Bearer x"),
        rest_request("Basic eA=="),
        http_1("Bearer"),
        http_2(&format!("{header},{header}")),
        web_socket("Sec-WebSocket-Protocol", &token),
        twice,
        contradiction,
        in_query,
        protocol_elsewhere,
    ] {
        let error = ask(&api, event.clone()).await.unwrap_err();
        assert_eq!(Diagnostic::from(error).error_message, "Unauthorized", "{event}");
    }
    for token in ["x", "Basic eA==", ""] {
        let answer = ask(&api, app_sync(token)).await.unwrap();
        assert_eq!(answer, json!({ "isAuthorized": false, "ttlOverride": 0 }));
    }
}

#[tokio::test]
async fn a_failure_is_a_refusal_in_no_kind() {
    let api = Api::start().await;
    let token = api.login().await.access;
    api.calls.fail(Fault::Before("GetItem Sessions"));
    for event in [rest_request(&format!("Bearer {token}")), app_sync(&token)] {
        let error = ask(&api, event.clone()).await.unwrap_err();
        assert_eq!(Diagnostic::from(error).error_message, "The decision failed", "{event}");
    }
}

/// Builders of events that have stage variables, for a header.
const STAGED: [fn(&str) -> Value; 4] =
    [rest_request, http_1, http_2, |header| web_socket("Authorization", header)];

/// A confused deputy: a token for one API must open no other (RFC 8707 section 2.2).
#[tokio::test]
async fn an_api_accepts_only_tokens_for_its_own_resource() {
    let api = Api::start().await;
    let forge = Forge::new(&api, &api.login().await.access);
    let is_taken = async |event: Value| match ask(&api, event.clone()).await {
        Ok(policy) => policy["policyDocument"]["Statement"][0]["Effect"] == "Allow",
        Err(error) => {
            assert_eq!(Diagnostic::from(error).error_message, "Unauthorized", "{event}");
            false
        }
    };
    for (aud, at_notes, at_none) in [
        (NOTES, true, false),
        ("api", false, true),
        ("https://notes.example.com", false, false),
        ("https://notes.example.com/mcp/", false, false),
        ("https://other.example.com/mcp", false, false),
    ] {
        let header = format!("Bearer {}", forge.with_claim("aud", json!(aud)));
        for event in STAGED {
            let mut event = event(&header);
            assert_eq!(is_taken(event.clone()).await, at_none, "{aud} {event}");
            event["stageVariables"] = json!({ "latchgate_resource": NOTES, "other": "x" });
            assert_eq!(is_taken(event.clone()).await, at_notes, "{aud} {event}");
            event["stageVariables"] = json!({ "other": NOTES });
            assert_eq!(is_taken(event.clone()).await, at_none, "{aud} {event}");
        }
    }
}

/// These events have no stage variables, so they can't name a resource. A variable that is sent anyway is ignored.
#[tokio::test]
async fn a_token_authorizer_and_app_sync_accept_only_the_audience() {
    let api = Api::start().await;
    let forge = Forge::new(&api, &api.login().await.access);
    let variables = json!({ "latchgate_resource": NOTES });
    for (aud, is_taken) in [("api", true), (NOTES, false)] {
        let token = forge.with_claim("aud", json!(aud));
        let (mut rest, mut app_sync) = (rest_token(&format!("Bearer {token}")), app_sync(&token));
        for _ in 0..2 {
            assert_eq!(ask(&api, rest.clone()).await.is_ok(), is_taken, "{rest}");
            let answer = ask(&api, app_sync.clone()).await.unwrap();
            assert_eq!(answer["isAuthorized"], is_taken, "{app_sync}");
            rest["stageVariables"] = variables.clone();
            app_sync["stageVariables"] = variables.clone();
        }
    }
}

#[tokio::test]
async fn a_token_for_a_change_of_password_opens_no_resource() {
    let api = Api::start().await;
    let forge = Forge::new(&api, &api.login().await.access);
    let mut event = rest_request(&format!("Bearer {}", forge.with_claim("aud", json!(PASSWORD_CHANGE))));
    for member in ["resource", "path"] {
        event[member] = json!("/password");
    }
    event["httpMethod"] = json!("POST");
    event["requestContext"]["httpMethod"] = json!("POST");
    event["methodArn"] = json!(format!("{ARN}/POST/password"));
    let answer = ask(&api, event.clone()).await.unwrap();
    assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Allow", "at our own API");
    for resource in [NOTES, PASSWORD_CHANGE, "api"] {
        event["stageVariables"] = json!({ "latchgate_resource": resource });
        let error = ask(&api, event.clone()).await.unwrap_err();
        assert_eq!(Diagnostic::from(error).error_message, "Unauthorized", "{resource}");
    }
}

#[tokio::test]
async fn the_log_distinguishes_another_resources_token_from_a_foreign_one() {
    let api = Api::start().await;
    let forge = Forge::new(&api, &api.login().await.access);
    let (log, _guard) = Log::listen();
    for (claim, value, reason) in
        [("aud", NOTES, "other_resource"), ("iss", "https://other.example.com", "foreign_token")]
    {
        let token = forge.with_claim(claim, json!(value));
        log.take();
        assert!(ask(&api, http_2(&format!("Bearer {token}"))).await.is_err());
        let events = log.take_events();
        assert_eq!((events.len(), &events[0]["reason"]), (1, &json!(reason)), "{events:?}");
    }
}

#[tokio::test]
async fn app_sync_may_cache_for_no_longer_than_the_bound_and_the_token() {
    for (cache_ttl, after, expected) in [(0, 0, 0), (300, 0, 300), (300, 1700, 100), (3600, 0, 1800)] {
        let api = Api::with(|p| p.with("CacheTtl", cache_ttl.to_string())).await;
        let token = api.login().await.access;
        api.clock.advance(after);
        for text in [token.clone(), format!("Bearer {token}")] {
            let answer = ask(&api, app_sync(&text)).await.unwrap();
            assert_eq!((&answer["isAuthorized"], &answer["ttlOverride"]), (&json!(true), &json!(expected)));
            assert_eq!(answer["resolverContext"]["sub"], USER_ID);
        }
    }
}

#[tokio::test]
async fn a_simple_response_is_opt_in_and_yes_only_if_it_holds_for_all_calls() {
    for (rules, default, expected) in [
        ("", "allow", true),
        ("GET /orders read", "allow", true),
        ("DELETE /orders/* admin", "allow", false),
        ("GET /orders read", "deny", false),
    ] {
        let api = Api::with(|p| p.with("ScopeRules", rules).with("ScopeDefault", default)).await;
        let mut event = http_2(&format!("Bearer {}", api.login().await.access));
        event["stageVariables"] = json!({ "latchgate_response": "simple" });
        let answer = ask(&api, event).await.unwrap();
        assert_eq!(answer["isAuthorized"], expected, "{rules}");
        assert_eq!(answer["context"]["sub"], USER_ID);
        assert!(answer.get("policyDocument").is_none());
    }
}

#[tokio::test]
async fn only_the_configured_claims_are_handed_on_and_never_a_part_of_them() {
    let api = Api::with(|p| p.with("ContextClaims", "email, roles")).await;
    let answer = ask(&api, rest_token(&format!("Bearer {}", api.login().await.access))).await.unwrap();
    let names: Vec<_> = answer["context"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["client_id", "email", "exp", "roles", "scope", "sid", "sub"]);
}

/// The JSON is pure ASCII, so that it can be a header, and it leaves nothing out.
#[tokio::test]
async fn claims_are_one_json_value_where_that_is_asked_for() {
    for (form, names) in [
        ("json", &["claims_json", "client_id", "exp", "scope", "sid", "sub"][..]),
        ("both", &["claims_json", "client_id", "email", "exp", "name", "roles", "scope", "sid", "sub"]),
    ] {
        let api = Api::with(|p| p.with("ContextClaimsAs", form)).await;
        let answer = ask(&api, rest_token(&format!("Bearer {}", api.login().await.access))).await.unwrap();
        let context = answer["context"].as_object().unwrap();
        assert_eq!(context.keys().map(String::as_str).collect::<Vec<_>>(), names, "{form}");
        let claims: Value = serde_json::from_str(context["claims_json"].as_str().unwrap()).unwrap();
        assert_eq!(
            claims,
            json!({ "email": "demo@example.com", "name": "Demo User", "roles": ["user"] }),
            "{form}"
        );
    }
    let api = Api::with(|p| p.with("ContextClaimsAs", "json").with("ContextClaims", "nothing")).await;
    let answer = ask(&api, rest_token(&format!("Bearer {}", api.login().await.access))).await.unwrap();
    assert_eq!(answer["context"]["claims_json"], "{}", "it is there, so that a mapping has something to map");
}

/// A mapping would take such a claim for all of the user's claims.
#[tokio::test]
async fn no_claim_of_a_user_stands_for_all_claims() {
    for form in ["values", "json", "both"] {
        let api = Api::with(|p| p.with("ContextClaimsAs", form)).await;
        let claims = r#"{"claims_json":"{\"roles\":[\"admin\"]}","email":"a@example.com"}"#;
        let value = vec![(attribute::CLAIMS, text(claims))];
        api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), value).await.unwrap();
        let answer = ask(&api, rest_token(&format!("Bearer {}", api.login().await.access))).await.unwrap();
        let expected = if form == "values" { Value::Null } else { json!(r#"{"email":"a@example.com"}"#) };
        assert_eq!(answer["context"].get("claims_json").unwrap_or(&Value::Null), &expected, "{form}");
    }
}

#[tokio::test]
async fn an_event_that_is_not_for_an_authorizer_is_a_failure() {
    let api = Api::start().await;
    let header = format!("Bearer {}", api.login().await.access);
    let mut both = http_2(&header);
    both["methodArn"] = json!(format!("{ARN}/GET/orders"));
    let mut version = http_2(&header);
    version["version"] = json!("3.0");
    for event in [
        json!({}),
        json!([]),
        both,
        version,
        json!({ "type": "REQUEST" }),
        json!({ "authorizationToken": header }),
        // The event's members as an array, in order.
        json!(["TOKEN", null, header, format!("{ARN}/GET/orders"), null, null, null, null, null]),
    ] {
        let error = ask(&api, event).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&header));
        assert_ne!(Diagnostic::from(error).error_message, "Unauthorized");
    }
}
