//! Events that API Gateway sends, and events that it shouldn't: plain and base64 bodies, both forms of headers,
//! parameters in the query, and unsupported methods and media types.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared::route;

use crate::harness::{Api, BodyEndpoint, Lambdas, Tokens};

async fn start() -> (Api, Tokens) {
    let api = Api::start().await;
    let tokens = api.login().await;
    (api, tokens)
}

fn with(event: &Value, changes: &Value) -> Value {
    let mut event = event.clone();
    event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn a_base64_body_is_decoded_and_a_malformed_one_is_refused() {
    let (api, tokens) = start().await;
    for endpoint in BodyEndpoint::ALL {
        for event in [endpoint.form_event(&tokens), endpoint.json_event(&tokens)] {
            api.assert_carries_out(endpoint, &event).await;
            let text = event["body"].as_str().unwrap();
            let encoded = STANDARD.encode(text);
            let right = with(&event, &json!({ "body": encoded, "isBase64Encoded": true }));
            api.assert_carries_out(endpoint, &right).await;
            for (body, is_base64) in [
                (encoded.clone(), false),
                (text.to_owned(), true),
                (format!("{encoded}\n"), true),
                (encoded.replace('=', "") + "=====", true),
                (STANDARD.encode(&encoded), true),
                (STANDARD.encode([text.as_bytes(), b"&x=\xff"].concat()), true),
                (STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), true),
                (String::new(), true),
            ] {
                let wrong = with(&event, &json!({ "body": body, "isBase64Encoded": is_base64 }));
                api.assert_refuses(endpoint, &wrong, 400, "invalid_request").await;
            }
        }
        // RFC 8259 section 8.1: JSON has no byte order mark.
        let event = endpoint.json_event(&tokens);
        let marked = format!("\u{feff}{}", event["body"].as_str().unwrap());
        api.assert_refuses(endpoint, &with(&event, &json!({ "body": marked })), 400, "invalid_request").await;
        let none = with(&endpoint.form_event(&tokens), &json!({ "body": null }));
        api.assert_refuses(endpoint, &none, 400, "invalid_request").await;
    }
}

#[tokio::test]
async fn a_header_may_come_in_either_form_and_two_that_differ_are_refused() {
    let (api, tokens) = start().await;
    let form = "application/x-www-form-urlencoded";
    for endpoint in BodyEndpoint::ALL {
        let event = endpoint.form_event(&tokens);
        for (single, multi) in [
            (json!({ "content-type": form }), json!(null)),
            (json!(null), json!({ "CONTENT-TYPE": [form] })),
            (json!({ "Content-Type": form }), json!({ "content-type": [form] })),
            (json!({ "Content-Type": format!("{form}; charset=UTF-8") }), json!({})),
        ] {
            let event = with(&event, &json!({ "headers": single, "multiValueHeaders": multi }));
            api.assert_carries_out(endpoint, &event).await;
        }
        let json = "application/json";
        for (single, multi) in [
            (json!({ "Content-Type": json }), json!({ "Content-Type": [form] })),
            (json!({ "Content-Type": form }), json!({ "Content-Type": [form, json] })),
            (json!({ "Content-Type": form }), json!({ "Content-Type": [form, form] })),
            (json!({ "Content-Type": form }), json!({ "Content-Type": [form], "content-type": [json] })),
            (json!({}), json!({ "Content-Type": [] })),
            (json!(null), json!(null)),
        ] {
            let event = with(&event, &json!({ "headers": single, "multiValueHeaders": multi }));
            api.assert_refuses(endpoint, &event, 415, "invalid_request").await;
        }
    }
}

#[tokio::test]
async fn two_ways_to_name_the_client_are_refused_in_either_form_of_header() {
    let (api, tokens) = start().await;
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let (one, two) = (basic("demo-app:"), basic("demo-server:demo-server-secret"));
    for endpoint in [BodyEndpoint::Login, BodyEndpoint::Refresh, BodyEndpoint::Logout] {
        for (single, multi) in [
            (json!(one), json!([two])),
            (json!(two), json!([one, two])),
            (json!(one), json!([one, one])),
            (json!(two), json!([two])),
        ] {
            let mut event = endpoint.form_event(&tokens);
            event["headers"]["Authorization"] = single;
            event["multiValueHeaders"]["Authorization"] = multi;
            api.assert_refuses(endpoint, &event, 400, "invalid_request").await;
        }
    }
    let mut event = BodyEndpoint::Refresh.form_event(&tokens);
    event["headers"]["Idempotency-Key"] = json!("one-key-of-22-characters");
    event["multiValueHeaders"]["Idempotency-Key"] = json!(["another-key-of-22-chars"]);
    api.assert_refuses(BodyEndpoint::Refresh, &event, 400, "invalid_request").await;
}

#[tokio::test]
async fn a_known_parameter_in_the_query_is_refused_and_an_unknown_one_ignored() {
    let (api, tokens) = start().await;
    for endpoint in BodyEndpoint::ALL {
        for name in
            ["client_secret", "refresh_token", "token", "password", "new_password", "scope", "everywhere"]
        {
            let event = endpoint.form_event(&tokens);
            for query in [
                json!({ "queryStringParameters": { name: "x" } }),
                json!({ "multiValueQueryStringParameters": { name: ["x"] } }),
                json!({ "queryStringParameters": { name: "" }, "multiValueQueryStringParameters": { name: ["", "x"] } }),
            ] {
                api.assert_refuses(endpoint, &with(&event, &query), 400, "invalid_request").await;
            }
        }
        let query = json!({ "queryStringParameters": { "utm_source": "x" } });
        api.assert_carries_out(endpoint, &with(&endpoint.form_event(&tokens), &query)).await;
        // All parameters are in the query, and the body is empty.
        let mut event = endpoint.event(&tokens, "application/x-www-form-urlencoded", "");
        event["queryStringParameters"] = endpoint.json(&tokens);
        api.assert_refuses(endpoint, &event, 400, "invalid_request").await;
    }
}

#[tokio::test]
async fn another_method_is_405_and_another_media_type_415() {
    let (api, tokens) = start().await;
    let lambdas = Lambdas::start(&api).await;
    for endpoint in BodyEndpoint::ALL {
        let event = endpoint.form_event(&tokens);
        for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "X", ""] {
            let event = with(&event, &json!({ "httpMethod": method }));
            api.assert_refuses(endpoint, &event, 405, "invalid_request").await;
            let reply = lambdas.answer(endpoint.path(), &event).await.unwrap();
            assert_eq!(reply.header("allow"), Some("POST"), "{endpoint:?} {method}");
        }
        // An answer to HEAD has no body.
        let head = with(&event, &json!({ "httpMethod": "HEAD" }));
        let reply = lambdas.answer(endpoint.path(), &head).await.unwrap();
        assert_eq!((reply.status, &reply.body, reply.header("allow")), (405, &Value::Null, Some("POST")));
        for media_type in [
            "",
            ";",
            "text/plain",
            "text/html",
            "multipart/form-data; boundary=x",
            "application/xml",
            "application/jsonp",
            "application/json5",
            "application/ld+json",
            "application/x-www-form-urlencoded, application/json",
            "application/octet-stream",
        ] {
            let event = endpoint.event(&tokens, media_type, &endpoint.form(&tokens));
            api.assert_refuses(endpoint, &event, 415, "invalid_request").await;
        }
    }
    let mut event = BodyEndpoint::Password.form_event(&tokens);
    for (method, path) in [("POST", route::SESSIONS), ("PUT", "/sessions/x"), ("DELETE", route::SESSIONS)] {
        event["httpMethod"] = json!(method);
        let reply = lambdas.answer(path, &event).await.unwrap();
        reply.assert_error(405, "invalid_request");
        assert_eq!(reply.header("allow"), Some("GET, DELETE"));
    }
}

/// The runtime answers an event that it can't read with an error. No function sees it or panics.
#[tokio::test]
async fn a_malformed_event_causes_no_panic() {
    let (api, tokens) = start().await;
    let lambdas = Lambdas::start(&api).await;
    let before = api.stored().await;
    for (name, value) in [
        ("headers", json!({ "X-A": "a\r\nSet-Cookie: b" })),
        ("multiValueHeaders", json!({ "X-A": ["a\nb"] })),
        ("multiValueHeaders", json!({ "a b": ["c"] })),
        ("headers", json!([])),
        ("httpMethod", json!("P OST")),
        ("httpMethod", json!(1)),
        ("body", json!({})),
        ("isBase64Encoded", json!("true")),
        ("requestContext", json!("x")),
        ("path", json!(1)),
    ] {
        let event = with(&BodyEndpoint::Login.form_event(&tokens), &json!({ name: value }));
        assert!(lambdas.answer(route::LOGIN, &event).await.is_none(), "{name}");
    }
    assert_eq!(api.stored().await, before);
}
