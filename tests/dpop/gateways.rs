//! Proofs behind each kind of gateway: the event of API Gateway or AppSync tells which URL a proof has to name.

use authorizer::{Authorizer, AuthorizerError};
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use shared::{route, store::attribute};

use crate::harness::{Api, Device, Log, Tokens, USERNAME, allows};

const DEFAULT_DOMAIN: &str = "a1b2c3.execute-api.eu-west-1.amazonaws.com";
const CUSTOM_DOMAIN: &str = "api.example.com";
const GRAPHQL: &str = "https://graph.example.com/graphql";

/// The entrance of a call, and its URL for the client.
struct Entrance {
    domain: &'static str,
    stage: &'static str,
    /// The event's path, with the stage or the base path if the gateway knows it.
    path: &'static str,
    url: &'static str,
}

/// Entrances of a REST API, and of an HTTP API with payload 1.0.
const KNOWN: [Entrance; 5] = [
    Entrance {
        domain: DEFAULT_DOMAIN,
        stage: "prod",
        path: "/prod/orders/7",
        url: "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/orders/7",
    },
    Entrance {
        domain: DEFAULT_DOMAIN,
        stage: "$default",
        path: "/orders/7",
        url: "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/orders/7",
    },
    Entrance {
        domain: CUSTOM_DOMAIN,
        stage: "prod",
        path: "/orders/7",
        url: "https://api.example.com/orders/7",
    },
    Entrance {
        domain: CUSTOM_DOMAIN,
        stage: "prod",
        path: "/shop/orders/7",
        url: "https://api.example.com/shop/orders/7",
    },
    Entrance {
        domain: CUSTOM_DOMAIN,
        stage: "prod",
        path: "/shop/v1/orders/7",
        url: "https://api.example.com/shop/v1/orders/7",
    },
];

/// Entrances of an HTTP API with payload 2.0 by a custom domain without a mapping key. Its paths have the stage there, too.
const AT_ROOT: [Entrance; 2] = [
    Entrance {
        domain: CUSTOM_DOMAIN,
        stage: "$default",
        path: "/orders/7",
        url: "https://api.example.com/orders/7",
    },
    Entrance {
        domain: CUSTOM_DOMAIN,
        stage: "prod",
        path: "/prod/orders/7",
        url: "https://api.example.com/orders/7",
    },
];

/// The same with a mapping key, which isn't in the event.
const MAPPED: [Entrance; 2] = [
    Entrance {
        domain: CUSTOM_DOMAIN,
        stage: "$default",
        path: "/orders/7",
        url: "https://api.example.com/shop/orders/7",
    },
    Entrance {
        domain: CUSTOM_DOMAIN,
        stage: "prod",
        path: "/prod/orders/7",
        url: "https://api.example.com/shop/orders/7",
    },
];

/// A signed-in device, for the proofs of its calls.
struct Call {
    api: Api,
    device: Device,
    tokens: Tokens,
}

impl Call {
    async fn begin() -> Self {
        let api = Api::with(|p| p.with("Dpop", "on").with("DpopOrigins", "https://graph.example.com")).await;
        let device = Device::es256(1);
        let tokens = api.login_of(&device).await;
        Self { api, device, tokens }
    }

    fn proof(&self, method: &str, url: &str) -> String {
        let proof = self.device.proof_with(&self.api, method, "/", &self.tokens.access);
        proof.claim("htu", json!(url)).sign()
    }

    fn authorization(&self) -> String {
        format!("DPoP {}", self.tokens.access)
    }

    async fn ask(&self, event: &Value) -> Result<Value, AuthorizerError> {
        let authorizer = Authorizer::start(&self.api.context("authorizer")).await.unwrap();
        Ok(serde_json::to_value(authorizer.handle(event.clone(), None).await?).unwrap())
    }

    /// Asserts that the call passes, and that the policy allows only this call.
    async fn assert_passes(&self, event: &Value) {
        let policy = self.ask(event).await.unwrap();
        let statement = &policy["policyDocument"]["Statement"][0];
        assert_eq!(statement["Effect"], "Allow", "{event}");
        let arn = event.get("methodArn").unwrap_or(&event["routeArn"]);
        assert_eq!(statement["Resource"], json!([arn]), "{event}");
        assert_eq!(policy["context"]["dpop_jkt"], json!(self.device.jkt));
    }

    async fn assert_unauthorized(&self, event: &Value) {
        let error = self.ask(event).await.unwrap_err();
        assert_eq!(Diagnostic::from(error).error_message, "Unauthorized", "{event}");
    }

    fn rest(&self, entrance: &Entrance, proof: &str) -> Value {
        let Entrance { domain, stage, path, .. } = entrance;
        json!({
            "type": "REQUEST", "methodArn": arn(stage, "GET/orders/7"), "resource": "/orders/{id}",
            "path": path.strip_prefix("/prod").unwrap_or(path), "httpMethod": "GET",
            "headers": { "Authorization": self.authorization(), "DPoP": proof },
            "multiValueHeaders": { "Authorization": [self.authorization()], "DPoP": [proof] },
            "queryStringParameters": {}, "pathParameters": { "id": "7" }, "stageVariables": {},
            "requestContext": {
                "apiId": "a1b2c3", "stage": stage, "domainName": domain, "path": path,
                "resourcePath": "/orders/{id}", "httpMethod": "GET", "protocol": "HTTP/1.1",
            },
        })
    }

    fn http_1(&self, entrance: &Entrance, proof: &str) -> Value {
        let Entrance { domain, stage, path, .. } = entrance;
        json!({
            "version": "1.0", "type": "REQUEST", "methodArn": arn(stage, "GET/orders/7"),
            "identitySource": self.authorization(), "authorizationToken": self.authorization(),
            "resource": "/orders/{id}", "path": path, "httpMethod": "GET",
            "headers": { "authorization": self.authorization(), "dpop": proof },
            "queryStringParameters": {}, "pathParameters": { "id": "7" }, "stageVariables": {},
            "requestContext": {
                "apiId": "a1b2c3", "stage": stage, "domainName": domain, "path": path,
                "resourcePath": "/orders/{id}", "httpMethod": "GET",
            },
        })
    }

    fn http_2(&self, entrance: &Entrance, proof: &str, variables: &Value) -> Value {
        let Entrance { domain, stage, path, .. } = entrance;
        json!({
            "version": "2.0", "type": "REQUEST", "routeArn": arn(stage, "GET/orders/7"),
            "identitySource": [self.authorization()], "routeKey": "GET /orders/{id}", "rawPath": path,
            "rawQueryString": "", "headers": { "authorization": self.authorization(), "dpop": proof },
            "pathParameters": { "id": "7" }, "stageVariables": variables,
            "requestContext": {
                "apiId": "a1b2c3", "stage": stage, "domainName": domain, "routeKey": "GET /orders/{id}",
                "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1" },
            },
        })
    }

    fn app_sync(&self, proof: &str) -> Value {
        json!({
            "authorizationToken": self.authorization(),
            "requestContext": { "apiId": "g1", "accountId": "123456789012", "requestId": "r",
                "queryString": "{ me }", "operationName": null, "variables": {} },
            "requestHeaders": { "host": "graph.example.com", "dpop": proof },
        })
    }
}

/// The request that opens a WebSocket.
fn connect(header: &str, value: &str, proof: &str) -> Value {
    connect_at(DEFAULT_DOMAIN, &json!({}), header, value, proof)
}

fn connect_at(domain: &str, variables: &Value, header: &str, value: &str, proof: &str) -> Value {
    json!({
        "type": "REQUEST", "methodArn": arn("prod", "$connect"),
        "headers": { header: value, "DPoP": proof }, "multiValueHeaders": { header: [value], "DPoP": [proof] },
        "queryStringParameters": {}, "stageVariables": variables,
        "requestContext": {
            "routeKey": "$connect", "eventType": "CONNECT", "apiId": "a1b2c3", "connectionId": "c",
            "stage": "prod", "domainName": domain,
        },
    })
}

fn arn(stage: &str, call: &str) -> String {
    format!("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/{stage}/{call}")
}

#[tokio::test]
async fn a_proof_is_for_the_url_that_the_client_called() {
    let call = Call::begin().await;
    for entrance in KNOWN {
        let is_http = entrance.stage == "$default";
        for url in
            [entrance.url, "https://api.example.com/other/orders/7", "https://api.example.com/orders/8"]
        {
            let proof = call.proof("GET", url);
            let mut events = vec![call.http_1(&entrance, &proof)];
            // A REST API has no stage of that name.
            events.extend((!is_http).then(|| call.rest(&entrance, &call.proof("GET", url))));
            for event in events {
                if url == entrance.url {
                    call.assert_passes(&event).await;
                } else {
                    call.assert_unauthorized(&event).await;
                }
            }
        }
    }
}

/// A `*` in the call's ARN would be a wildcard in the policy.
#[tokio::test]
async fn a_call_that_no_policy_can_name_is_refused_and_logged_as_such() {
    let call = Call::begin().await;
    let proof = call.proof("GET", &format!("https://{DEFAULT_DOMAIN}/prod/orders/%2A"));
    let mut event = call.rest(&KNOWN[0], &proof);
    event["methodArn"] = json!(arn("prod", "GET/orders/*"));
    event["path"] = json!("/orders/%2A");
    event["requestContext"]["path"] = json!("/prod/orders/%2A");
    let (log, _guard) = Log::listen();
    let policy = call.ask(&event).await.unwrap();
    assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Deny", "{policy}");
    let reasons: Vec<_> = log.take_events().into_iter().map(|event| event["reason"].clone()).collect();
    assert_eq!(reasons, ["path_not_normal"]);
}

#[tokio::test]
async fn payload_2_0_has_the_url_but_for_a_mapping() {
    let call = Call::begin().await;
    for entrance in KNOWN[..2].iter().chain(&AT_ROOT) {
        let event = call.http_2(entrance, &call.proof("GET", entrance.url), &json!({}));
        call.assert_passes(&event).await;
    }
    for entrance in &MAPPED {
        for url in [entrance.url, "https://api.example.com/prod/orders/7"] {
            let event = call.http_2(entrance, &call.proof("GET", url), &json!({}));
            call.assert_unauthorized(&event).await;
        }
    }
}

/// A stage variable names the origin that payload 2.0 leaves out. Then no other origin counts.
#[tokio::test]
async fn with_the_origin_in_a_stage_variable_payload_2_0_knows_its_mapping() {
    let call = Call::begin().await;
    let variables = json!({ "latchgate_dpop_origin": "https://api.example.com/shop" });
    for entrance in &MAPPED {
        let event = call.http_2(entrance, &call.proof("GET", entrance.url), &variables);
        call.assert_passes(&event).await;
        for url in ["https://api.example.com/orders/7", "https://api.example.com/prod/orders/7"] {
            let event = call.http_2(entrance, &call.proof("GET", url), &variables);
            call.assert_unauthorized(&event).await;
        }
    }
}

/// A decision that a gateway keeps must not let the call pass without a proof.
#[tokio::test]
async fn the_policy_of_a_bound_token_for_a_new_password_allows_that_call_alone() {
    let mut call = Call::begin().await;
    let flag = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
    call.api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), flag).await.unwrap();
    let proof = call.device.proof(&call.api, "POST", route::LOGIN).sign();
    let expired = call.api.login_with(&proof).await;
    call.tokens.access = expired.body["access_token"].as_str().unwrap().to_owned();
    let [entrance, ..] = KNOWN;
    let answer = call.ask(&call.rest(&entrance, &call.proof("GET", entrance.url))).await.unwrap();
    for called in ["GET/orders/7", "POST/password"] {
        assert!(!allows(&answer, &arn("prod", called)), "{answer}");
    }
    let password = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/password";
    let mut event = call.rest(&entrance, &call.proof("POST", password));
    event["methodArn"] = json!(arn("prod", "POST/password"));
    event["httpMethod"] = json!("POST");
    for name in ["path", "resource"] {
        event[name] = json!("/password");
    }
    let context = &mut event["requestContext"];
    context["httpMethod"] = json!("POST");
    context["path"] = json!("/prod/password");
    context["resourcePath"] = json!("/password");
    let answer = call.ask(&event).await.unwrap();
    assert!(allows(&answer, &arn("prod", "POST/password")), "{answer}");
    assert!(!allows(&answer, &arn("prod", "GET/orders/7")), "{answer}");
}

/// A browser can't send headers with a WebSocket, so its token comes without a proof.
#[tokio::test]
async fn a_bound_web_socket_needs_its_token_in_a_header() {
    let call = Call::begin().await;
    let url = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod";
    let authorization = call.authorization();
    call.assert_passes(&connect("Authorization", &authorization, &call.proof("GET", url))).await;
    let elsewhere = call.proof("GET", "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/dev");
    call.assert_unauthorized(&connect("Authorization", &authorization, &elsewhere)).await;
    for protocol in ["bearer", "dpop"] {
        let value = format!("{protocol}, {}", call.tokens.access);
        let event = connect("Sec-WebSocket-Protocol", &value, &call.proof("GET", url));
        call.assert_unauthorized(&event).await;
    }
}

/// The event has the stage, which the URL of a custom domain lacks, and not the mapping key.
#[tokio::test]
async fn a_web_socket_of_a_custom_domain_knows_its_mapping_by_the_stage_variable() {
    let call = Call::begin().await;
    let chat = json!({ "latchgate_dpop_origin": "https://ws.example.com/chat" });
    for (variables, url, passes) in [
        (json!({}), "https://ws.example.com", true),
        (json!({}), "https://ws.example.com/", true),
        (json!({}), "https://ws.example.com/prod", false),
        (json!({}), "https://ws.example.com/chat", false),
        (chat.clone(), "https://ws.example.com/chat", true),
        (chat.clone(), "https://ws.example.com/chat/", true),
        (chat.clone(), "https://ws.example.com", false),
        (chat, "https://ws.example.com/prod", false),
    ] {
        let (authorization, proof) = (call.authorization(), call.proof("GET", url));
        let event = connect_at("ws.example.com", &variables, "Authorization", &authorization, &proof);
        if passes {
            call.assert_passes(&event).await;
        } else {
            call.assert_unauthorized(&event).await;
        }
    }
}

#[tokio::test]
async fn app_sync_takes_a_proof_for_the_address_that_is_configured() {
    let call = Call::begin().await;
    for (method, url, is_authorized) in [
        ("POST", GRAPHQL, true),
        ("GET", GRAPHQL, false),
        ("POST", "https://other.example.com/graphql", false),
        ("POST", "https://graph.example.com/", false),
    ] {
        let answer = call.ask(&call.app_sync(&call.proof(method, url))).await.unwrap();
        assert_eq!(answer["isAuthorized"], is_authorized, "{method} {url}");
        assert_eq!(answer["ttlOverride"], 0, "no decision about a bound token is kept");
    }
}

/// The event has no headers, so it can't contain a proof.
#[tokio::test]
async fn a_token_authorizer_refuses_bound_tokens() {
    let call = Call::begin().await;
    for scheme in ["DPoP", "Bearer"] {
        let event = json!({
            "type": "TOKEN", "methodArn": arn("prod", "GET/orders/7"),
            "authorizationToken": format!("{scheme} {}", call.tokens.access),
        });
        call.assert_unauthorized(&event).await;
    }
}
