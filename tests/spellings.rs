//! No other spelling of a path evades a scope rule: every kind of event, rule and spelling.

use authorizer::Authorizer;
use axum::http::{Method, Request, Uri};
use local::{functions::Deployment, template::ApiKind};
use serde_json::{Value, json};

use crate::harness::{Api, SCALE, allows, bearer};

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3";

/// Spellings of `/orders/7` with escapes, slashes, dots and parameters, including some that only certain servers
/// accept.
const SPELLINGS: [&str; 30] = [
    "/orders/7/",
    "//orders/7",
    "/orders//7",
    "/./orders/7",
    "/orders/./7",
    "/x/../orders/7",
    "/orders/7/.",
    "/orders/7/x/..",
    "/x/%2E%2E/orders/7",
    "/x/%2e%2e/orders/7",
    "/x%2F..%2Forders/7",
    "/orders/%37",
    "/%6Frders/7",
    "/%6frders/7",
    "/%6F%72%64%65%72%73/%37",
    "/%256Frders/7",
    "/%25256Frders/7",
    "/orders%2F7",
    "/orders%2f7",
    "/orders%252F7",
    "/orders%5C7",
    "/orders;a=b/7",
    "/orders/7;a=b",
    "/orders/7%3Ba",
    "/orders/7%3F",
    "/orders/7%23",
    "/orders/7%00",
    "/orders/7%20%0A",
    "/orders/7%09",
    "/%C1%AFrders/7",
];

/// The path in another case, which API Gateway distinguishes, but many servers behind it don't.
const CASES: [&str; 2] = ["/Orders/7", "/ORDERS/7"];

/// Rules that keep tokens without `admin` from `GET /orders/7`.
const TABLES: [(&str, &str); 7] = [
    ("GET /orders/7 admin", "allow"),
    ("GET /orders/* admin", "allow"),
    ("ANY /orders* admin", "allow"),
    ("* /* admin", "allow"),
    ("GET /orders/7 admin; GET /* -", "deny"),
    ("* /orders/* admin; * /* -", "auto"),
    ("GET /other -", ""),
];

/// The gateway's route for the call: exactly this one, or one for any path.
const ROUTES: [&str; 3] = ["/orders/{id}", "/orders/7", "/{proxy+}"];

/// The path as an HTTP API passes it on.
fn decoded(path: &str) -> String {
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// The events in which gateways ask about this call, each with the ARN that they compare the answer with. There are
/// both forms if it isn't known whether a gateway decodes the ARN.
pub(crate) fn events(token: &str, method: &str, path: &str, route: &str) -> Vec<(Value, String)> {
    let header = format!("Bearer {token}");
    let arn = |stage: &str, path: &str| format!("{ARN}/{stage}/{method}{path}");
    let rest = |path: &str, arn: String| {
        json!({
            "type": "REQUEST", "methodArn": arn, "resource": route, "path": path, "httpMethod": method,
            "headers": { "Authorization": header }, "multiValueHeaders": { "Authorization": [header] },
            "requestContext": { "stage": "prod", "path": format!("/prod{path}"), "resourcePath": route, "httpMethod": method },
        })
    };
    let mut events = Vec::new();
    for of_arn in [path.to_owned(), decoded(path)] {
        let arn = arn("prod", &of_arn);
        events.push((rest(path, arn.clone()), arn.clone()));
        let token = json!({ "type": "TOKEN", "authorizationToken": header, "methodArn": arn });
        events.push((token, arn));
    }
    // Decoded once or twice.
    for path in [decoded(path), decoded(&decoded(path))] {
        let arn = arn("$default", &path);
        let mut http_1 = rest(&path, arn.clone());
        http_1["version"] = "1.0".into();
        http_1["requestContext"]["path"] = path.clone().into();
        events.push((http_1, arn.clone()));
        let route_key = if route.contains('+') { "$default".to_owned() } else { format!("ANY {route}") };
        let http_2 = json!({
            "version": "2.0", "type": "REQUEST", "routeArn": arn, "routeKey": route_key, "rawPath": path,
            "headers": { "authorization": header },
            "requestContext": { "routeKey": route_key, "stage": "$default", "http": { "method": method, "path": path } },
        });
        let mut simple = http_2.clone();
        simple["stageVariables"] = json!({ "latchgate_response": "simple" });
        events.extend([(http_2, arn.clone()), (simple, arn)]);
    }
    events
}

/// An authorizer with these rules over the same tables, which reads nothing for a request.
pub(crate) async fn with_rules(api: &Api, rules: &str, default: &str) -> Authorizer {
    let mut deployment = api.deployment.clone();
    let parameters = deployment.parameters.with("RevocationCheck", "none");
    deployment.parameters = parameters.with("ScopeRules", rules).with("ScopeDefault", default);
    let function = api.template.functions(&deployment.parameters).unwrap().remove("authorizer").unwrap();
    Authorizer::start(&deployment.context(function)).await.unwrap()
}

pub(crate) async fn is_allowed(authorizer: &Authorizer, event: &Value, arn: &str) -> bool {
    let answer = authorizer.handle(event.clone(), None).await.unwrap();
    allows(&serde_json::to_value(answer).unwrap(), arn)
}

#[tokio::test]
async fn no_spelling_in_no_event_gets_by_a_rule_of_any_kind() {
    let api = Api::start().await;
    let token = api.login().await.access;
    for (rules, default) in TABLES {
        let authorizer = with_rules(&api, rules, default).await;
        for (i, path) in SPELLINGS.into_iter().chain(CASES).chain(["/orders/7"]).enumerate() {
            // One of the three routes, or all.
            let routes = ROUTES.into_iter().enumerate().filter(|(j, _)| SCALE.every_cell || i % 3 == *j);
            for (method, (_, route)) in routes.flat_map(|route| ["GET", "HEAD"].map(|method| (method, route)))
            {
                for (event, arn) in events(&token, method, path, route) {
                    assert!(!is_allowed(&authorizer, &event, &arn).await, "{rules} ({default}): {event}");
                }
            }
        }
    }
}

/// The spelling itself is refused: even a token with every scope doesn't pass. An HTTP API has decoded some of these to
/// the path itself.
#[tokio::test]
async fn with_rules_no_token_passes_with_another_spelling() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let authorizer = with_rules(&api, "* /* read", "deny").await;
    for path in SPELLINGS {
        for (event, arn) in events(&token, "GET", path, "/{proxy+}") {
            let stage = arn.strip_suffix("/GET/orders/7").unwrap_or_default();
            let is_normal = stage.matches('/').count() == 1 && !event.to_string().contains('%');
            let expected = is_normal && event["stageVariables"].is_null();
            assert_eq!(is_allowed(&authorizer, &event, &arn).await, expected, "{event}");
        }
    }
    let without = with_rules(&api, "", "").await;
    for path in SPELLINGS {
        for (event, arn) in events(&token, "GET", path, "/{proxy+}") {
            assert!(is_allowed(&without, &event, &arn).await, "without rules: {event}");
        }
    }
}

#[tokio::test]
async fn identifiers_with_spaces_and_at_signs_pass_in_every_event() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let authorizer = with_rules(&api, "GET /users/* read; * /users/admin admin", "deny").await;
    for path in [
        "/users/a%20b",
        "/users/me%40example.com",
        "/users/me@example.com",
        "/users/caf%C3%A9",
        "/users/auth0%7C1",
    ] {
        for (method, expected) in [("GET", true), ("HEAD", true), ("DELETE", false)] {
            for (event, arn) in events(&token, method, path, "/users/{id}") {
                let is_simple = !event["stageVariables"].is_null();
                assert_eq!(is_allowed(&authorizer, &event, &arn).await, expected && !is_simple, "{event}");
            }
        }
    }
}

#[tokio::test]
async fn with_rules_a_contradictory_or_incomplete_event_is_denied() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let authorizer = with_rules(&api, "GET /orders/* -; GET /open -", "deny").await;
    let without = with_rules(&api, "", "").await;
    for (event, arn) in events(&token, "GET", "/orders/7", "/orders/{id}") {
        if !event["stageVariables"].is_null() {
            continue;
        }
        assert!(is_allowed(&authorizer, &event, &arn).await, "{event}");
        let mut pointers =
            vec!["/path", "/httpMethod", "/resource", "/rawPath", "/routeKey", "/requestContext/http/method"];
        pointers.retain(|pointer| event.pointer(pointer).is_some());
        assert!(event["type"] == "TOKEN" || pointers.len() == 3, "{event}");
        for pointer in pointers {
            for other in [json!("/open"), json!("GET /open"), json!("POST"), Value::Null] {
                let mut event = event.clone();
                *event.pointer_mut(pointer).unwrap() = other;
                assert!(!is_allowed(&authorizer, &event, &arn).await, "{pointer}: {event}");
                assert!(is_allowed(&without, &event, &arn).await, "without rules: {event}");
            }
        }
    }
}

#[tokio::test]
async fn web_sockets_and_simple_responses_follow_the_same_rules() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let connect = |route: &str| {
        json!({
            "type": "REQUEST", "methodArn": format!("{ARN}/prod/$connect"), "headers": { "Authorization": format!("Bearer {token}") },
            "requestContext": { "routeKey": route, "eventType": "CONNECT", "apiId": "a1b2c3", "stage": "prod" },
        })
    };
    let arn = format!("{ARN}/prod/$connect");
    for (rules, route, expected) in [
        ("$connect read", "$connect", true),
        ("$connect chat", "$connect", false),
        ("$connect read", "$other", false),
        ("GET /x read", "$connect", false),
    ] {
        let authorizer = with_rules(&api, rules, "auto").await;
        assert_eq!(is_allowed(&authorizer, &connect(route), &arn).await, expected, "{rules} {route}");
    }
    let authorizer = with_rules(&api, "GET /orders/* read", "allow").await;
    for (path, expected) in [("/orders/7", true), ("/orders//7", false)] {
        let events = events(&token, "GET", path, "/{proxy+}").into_iter();
        for (event, arn) in events.filter(|(event, _)| !event["stageVariables"].is_null()) {
            assert_eq!(is_allowed(&authorizer, &event, &arn).await, expected, "{event}");
        }
    }
}

/// API Gateway's answer isn't known, so the local server calls no function.
#[tokio::test]
async fn both_local_apis_refuse_every_other_spelling_and_say_so() {
    for kind in [ApiKind::Rest, ApiKind::Http] {
        let api = Api::with(|p| p.with("ScopeRules", "GET /sessions admin; POST /password -")).await;
        let deployment = Deployment { api: kind, ..api.deployment.clone() };
        let api = api.redeployed(deployment).await;
        let tokens = api.login().await;
        assert_eq!(api.call(&tokens.access).await.status, 403, "{kind:?}");
        for path in [
            "/%73essions",
            "/sessions/",
            "//sessions",
            "/sessions;a",
            "/./sessions",
            "/x/../sessions",
            "/sessions%2F",
            "/%2573essions",
            "/sessions/a%2Fb",
            "/%6Cogin",
        ] {
            for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::DELETE] {
                api.calls.take();
                let uri: Uri = path.parse().unwrap();
                let reply =
                    api.send(bearer(Request::builder().method(method).uri(uri), &tokens.access), "").await;
                assert_eq!(
                    (reply.status, &reply.body["error"]),
                    (400, &json!("invalid_request")),
                    "{kind:?} {path}"
                );
                assert!(reply.body["error_description"].as_str().unwrap().contains("normal form"));
                assert!(api.calls.take().is_empty(), "{path}");
            }
        }
        for path in ["/Sessions", "/SESSIONS"] {
            let reply = api.send(bearer(Request::get(path), &tokens.access), "").await;
            assert_eq!(reply.status, 404, "{kind:?} {path}");
        }
        let head = bearer(Request::head("/sessions"), &tokens.access);
        assert_eq!(api.send(head, "").await.status, 404, "{kind:?}");
    }
}

/// A new deployment's rules don't name the API's own paths, which are then refused too.
#[tokio::test]
async fn with_rules_a_call_that_no_rule_names_is_refused() {
    let api = Api::with(|p| p.with("ScopeRules", "GET /orders read")).await;
    let tokens = api.login().await;
    assert_eq!(api.call(&tokens.access).await.status, 403);
    let api = Api::with(|p| p.with("ScopeRules", "GET /orders read").with("ScopeDefault", "allow")).await;
    let tokens = api.login().await;
    assert_eq!(api.call(&tokens.access).await.status, 200);
    let api = Api::start().await;
    let tokens = api.login().await;
    assert_eq!(api.call(&tokens.access).await.status, 200);
}
