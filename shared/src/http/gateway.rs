//! Converts API Gateway's event into a request, and the response into its answer. Events are those of a REST
//! API, or of an HTTP API in payload format 1.0, which is the same format.
//!
//! lambda_http's own conversion keeps only the last of a repeated header, so no code behind it could notice a
//! second one. It also panics on a malformed base64 body, host or path. This conversion keeps every header,
//! and no event makes it panic.

use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{
    Body, Error, LambdaEvent, Request, RequestExt, Response,
    aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse},
    http::HeaderMap,
    lambda_runtime,
    request::RequestContext,
    service_fn,
};

use super::GatewayEvent;

/// Replaces a body that can't be decoded. It isn't UTF-8, so endpoints refuse it as malformed.
const UNREADABLE: [u8; 1] = [0xff];

/// Runs a function on Lambda, behind a REST API or an HTTP API.
///
/// # Errors
///
/// The runtime's error, if it can't go on.
pub async fn run<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(Request) -> F,
    F: Future<Output = Response<Body>>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<GatewayEvent>| {
        let request = request_of(event.payload).with_lambda_context(event.context);
        let response = handler(request).await;
        Ok::<_, Error>(answer_of(response))
    }))
    .await
}

/// The request of an event. The identifier in its context is the one that the caller can't choose.
pub fn request_of(event: GatewayEvent) -> Request {
    let GatewayEvent { mut event, extended_request_id } = event;
    event.request_context.request_id = extended_request_id;
    let headers = headers_of(&event);
    let body = match event.body {
        None => Body::Empty,
        Some(text) if event.is_base64_encoded => {
            Body::Binary(STANDARD.decode(text).unwrap_or_else(|_| UNREADABLE.to_vec()))
        }
        Some(text) => Body::Text(text),
    };
    let query = if event.multi_value_query_string_parameters.is_empty() {
        event.query_string_parameters
    } else {
        event.multi_value_query_string_parameters
    };
    let mut request = Request::new(body)
        .with_query_string_parameters(query)
        .with_path_parameters(event.path_parameters)
        .with_request_context(RequestContext::ApiGatewayV1(event.request_context));
    *request.method_mut() = event.http_method;
    *request.uri_mut() = event.path.and_then(|path| path.parse().ok()).unwrap_or_default();
    *request.headers_mut() = headers;
    request
}

/// All values of each header. `headers` has the last value of each, which `multiValueHeaders` has too. If
/// `multiValueHeaders` lacks it, the two contradict each other, and both values count.
fn headers_of(event: &ApiGatewayProxyRequest) -> HeaderMap {
    let mut headers = event.multi_value_headers.clone();
    for (name, value) in &event.headers {
        if !headers.get_all(name).iter().any(|other| other == value) {
            headers.append(name, value.clone());
        }
    }
    headers
}

/// The answer for API Gateway.
fn answer_of(response: Response<Body>) -> ApiGatewayProxyResponse {
    let (parts, body) = response.into_parts();
    let mut answer = ApiGatewayProxyResponse::default();
    answer.status_code = parts.status.as_u16().into();
    // If `headers` had them too, API Gateway would send them twice.
    answer.multi_value_headers = parts.headers;
    answer.is_base64_encoded = matches!(body, Body::Binary(_));
    answer.body = (!matches!(body, Body::Empty)).then_some(body);
    answer
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::http::empty;

    fn request(event: &Value) -> Request {
        request_of(serde_json::from_str(&event.to_string()).unwrap())
    }

    fn event(changes: &Value) -> Value {
        let mut event =
            json!({ "httpMethod": "POST", "path": "/login", "requestContext": { "httpMethod": "POST" } });
        let Value::Object(changes) = changes else { panic!("{changes}") };
        event.as_object_mut().unwrap().extend(changes.clone());
        event
    }

    #[test]
    fn every_value_of_a_header_arrives_once() {
        for (single, multi, expected) in [
            (json!({ "X-A": "1" }), json!(null), &["1"][..]),
            (json!(null), json!({ "X-A": ["1", "2"] }), &["1", "2"]),
            (json!({ "X-A": "2" }), json!({ "x-a": ["1", "2"] }), &["1", "2"]),
            (json!({ "X-A": "3" }), json!({ "X-A": ["1"] }), &["1", "3"]),
            (json!({ "X-B": "3" }), json!({ "X-A": [] }), &[]),
        ] {
            let request = request(&event(&json!({ "headers": single, "multiValueHeaders": multi })));
            let values: Vec<_> = request.headers().get_all("x-a").iter().collect();
            assert_eq!(values, expected, "{single} {multi}");
        }
    }

    #[test]
    fn an_http_api_says_the_same_in_payload_format_1_0() {
        let context = json!({
            "accountId": "123456789012", "apiId": "a1b2c3", "domainName": "a1b2c3.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "a1b2c3", "extendedRequestId": "r=", "httpMethod": "DELETE", "path": "/sessions/s1",
            "authorizer": { "principalId": "u1", "sub": "u1", "client_id": "web" },
            "identity": { "accessKey": null, "cognitoIdentityId": null, "sourceIp": "203.0.113.9", "userAgent": "curl/8" },
            "protocol": "HTTP/1.1", "requestId": "r=", "requestTime": "04/Mar/2026:19:15:17 +0000",
            "requestTimeEpoch": 1_772_651_717_135_u64, "resourceId": null, "resourcePath": "/sessions/{session_id}",
            "stage": "$default",
        });
        let event = json!({
            "version": "1.0", "resource": "/sessions/{session_id}", "path": "/sessions/s1", "httpMethod": "DELETE",
            "headers": { "x-a": "2" }, "multiValueHeaders": { "x-a": ["1", "2"] }, "queryStringParameters": null,
            "multiValueQueryStringParameters": null, "pathParameters": { "session_id": "s1" }, "stageVariables": null,
            "requestContext": context, "body": null, "isBase64Encoded": false,
        });
        let request = request(&event);
        assert_eq!((request.method().as_str(), request.uri().path()), ("DELETE", "/sessions/s1"));
        assert_eq!(request.headers().get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(request.path_parameters().first("session_id"), Some("s1"));
        let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else { panic!() };
        assert_eq!(context.authorizer.fields["sub"], "u1");
        assert_eq!(context.identity.source_ip.as_deref(), Some("203.0.113.9"));
        // API Gateway sends this for a route without an authorizer.
        let mut event = event;
        event["requestContext"]["authorizer"] = json!({ "claims": null, "scopes": null });
        assert_eq!(self::request(&event).method().as_str(), "DELETE");
    }

    #[test]
    fn a_body_is_decoded_as_its_flag_says_or_is_unreadable() {
        for (body, is_base64, expected) in [
            ("YT0x", true, Body::Binary(b"a=1".to_vec())),
            ("YT0x", false, Body::Text("YT0x".to_owned())),
            ("a=1", true, Body::Binary(vec![0xff])),
            ("YT0x\n", true, Body::Binary(vec![0xff])),
            ("", true, Body::Binary(vec![])),
        ] {
            let request = request(&event(&json!({ "body": body, "isBase64Encoded": is_base64 })));
            assert_eq!(*request.body(), expected, "{body} {is_base64}");
        }
        assert_eq!(*request(&event(&json!({ "body": null, "isBase64Encoded": true }))).body(), Body::Empty);
    }

    #[test]
    fn a_malformed_host_or_path_causes_no_panic() {
        for (host, path) in
            [("a b", "/login"), ("[", "/login"), ("", "/a b"), ("x", ""), ("x", "//"), ("x", "\\")]
        {
            let headers = json!({ "Host": host, "X-Forwarded-Proto": "1x" });
            assert_eq!(request(&event(&json!({ "headers": headers, "path": path }))).method(), "POST");
        }
        assert_eq!(
            request(&event(&json!({ "path": "/.well-known/jwks.json" }))).uri().path(),
            "/.well-known/jwks.json"
        );
    }

    #[test]
    fn an_answer_has_every_value_of_a_header() {
        let mut response = empty(lambda_http::http::StatusCode::OK);
        response.headers_mut().append("vary", "Origin".parse().unwrap());
        response.headers_mut().append("vary", "Accept".parse().unwrap());
        let answer = serde_json::to_value(answer_of(response)).unwrap();
        assert_eq!((&answer["statusCode"], &answer["headers"]), (&json!(200), &json!({})));
        assert_eq!(answer["multiValueHeaders"]["vary"], json!(["Origin", "Accept"]));
        assert_eq!((answer.get("body"), &answer["isBase64Encoded"]), (None, &json!(false)));
        let answer = serde_json::to_value(answer_of(Response::new(Body::Text("{}".to_owned())))).unwrap();
        assert_eq!(answer["body"], "{}");
    }
}
