//! Events, both genuine and impossible, passed to the functions as Lambda does.

use axum::http::HeaderMap;
use lambda_http::{Body, http::Method};
use local::{functions::Functions, template::ApiKind};
use serde_json::{Value, json};
use shared::{http::request_of, route};

use super::{
    API_KIND, APP, Api, PASSWORD, Reply, Tokens, USER_ID, USERNAME, claims, form,
    openapi::{Answered, Asked, DOCUMENT, assert_documented},
};

/// The endpoints that accept a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyEndpoint {
    Login,
    Refresh,
    Logout,
    Password,
}

impl BodyEndpoint {
    pub(crate) const ALL: [Self; 4] = [Self::Login, Self::Refresh, Self::Logout, Self::Password];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Login => route::LOGIN,
            Self::Refresh => route::REFRESH,
            Self::Logout => route::LOGOUT,
            Self::Password => route::PASSWORD,
        }
    }

    /// Valid parameters, which the endpoint carries out.
    pub(crate) fn parameters(self, tokens: &Tokens) -> Vec<(&'static str, &str)> {
        match self {
            Self::Login => vec![("client_id", APP), ("username", USERNAME), ("password", PASSWORD)],
            Self::Refresh => vec![
                ("grant_type", "refresh_token"),
                ("client_id", APP),
                ("refresh_token", tokens.refresh.as_str()),
            ],
            Self::Logout => vec![("client_id", APP), ("token", tokens.refresh.as_str())],
            Self::Password => {
                vec![("current_password", PASSWORD), ("new_password", "a much better password")]
            }
        }
    }

    /// The parameters as a form.
    pub(crate) fn form(self, tokens: &Tokens) -> String {
        form(&self.parameters(tokens))
    }

    /// The parameters as JSON.
    pub(crate) fn json(self, tokens: &Tokens) -> Value {
        self.parameters(tokens).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
    }

    /// The event of a POST with this body. A protected endpoint gets the authorizer's context.
    pub(crate) fn event(self, tokens: &Tokens, media_type: &str, body: &str) -> Value {
        let mut event = json!({
            "resource": self.path(), "path": self.path(), "httpMethod": "POST",
            "headers": { "Content-Type": media_type }, "multiValueHeaders": { "Content-Type": [media_type] },
            "queryStringParameters": null, "multiValueQueryStringParameters": null, "pathParameters": null,
            "stageVariables": null, "body": body, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "123456789012", "apiId": "a1b2c3", "httpMethod": "POST", "stage": "prod",
                "path": format!("/prod{}", self.path()), "resourcePath": self.path(), "requestId": "r", "extendedRequestId": "e=",
                "identity": { "sourceIp": "203.0.113.9" },
            },
        });
        if *API_KIND == ApiKind::Http {
            event["version"] = json!("1.0");
            event["requestContext"]["stage"] = json!("$default");
            event["requestContext"]["path"] = json!(self.path());
        }
        if self == Self::Password {
            let sid = &claims(&tokens.access)["sid"];
            event["requestContext"]["authorizer"] =
                json!({ "principalId": USER_ID, "sub": USER_ID, "client_id": APP, "sid": sid });
        }
        event
    }

    /// The event of a valid request with a form.
    pub(crate) fn form_event(self, tokens: &Tokens) -> Value {
        self.event(tokens, "application/x-www-form-urlencoded", &self.form(tokens))
    }

    /// The event of a valid request with JSON.
    pub(crate) fn json_event(self, tokens: &Tokens) -> Value {
        self.event(tokens, "application/json", &self.json(tokens).to_string())
    }
}

/// The functions, called with events.
pub(crate) struct Lambdas(Functions);

impl Lambdas {
    pub(crate) async fn start(api: &Api) -> Self {
        Self(Box::pin(Functions::start(&api.template, &api.deployment)).await.unwrap())
    }

    /// The answer of the function at this path. `None` if Lambda's runtime can't read the event. An answer to a
    /// documented operation has to match openapi.yaml.
    pub(crate) async fn answer(&self, path: &str, event: &Value) -> Option<Reply> {
        let request = request_of(serde_json::from_str(&event.to_string()).ok()?);
        let name = match path.trim_start_matches('/').split('/').next().unwrap() {
            "signup" | "forgot" | "resend" | "reset" | "email" => "accounts",
            "account" if request.method() == Method::DELETE => "accounts",
            "account" | "end-session" => "authorize",
            name => name,
        };
        let (parts, body) = Box::pin(self.0.call(name, &request)).await.unwrap().into_parts();
        let body = match body {
            // A page isn't JSON.
            Body::Text(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            _ => Value::Null,
        };
        let headers: HeaderMap = parts.headers;
        let reply = Reply { status: parts.status.as_u16(), headers, body };
        let method = request.method().as_str();
        // Another function answers preflights.
        if method != "OPTIONS" && DOCUMENT.find(method, path).is_some() {
            let asked = Asked { method, path, query: "", media_type: "", body: &[] };
            let Reply { status, headers, body } = &reply;
            assert_documented(&asked, &Answered { status: *status, headers, body });
        }
        Some(reply)
    }
}

impl Api {
    /// Asserts that this event is refused with an OAuth error, and stores nothing.
    pub(crate) async fn assert_refuses(
        &self,
        endpoint: BodyEndpoint,
        event: &Value,
        status: u16,
        error: &str,
    ) {
        let before = self.stored().await;
        let reply = Lambdas::start(self).await.answer(endpoint.path(), event).await.unwrap();
        assert_eq!(reply.status, status, "{endpoint:?}: {reply:?}");
        reply.assert_error(status, error);
        assert_eq!(self.stored().await, before, "{endpoint:?}");
    }

    /// Asserts that this event is carried out, and restores the tables.
    pub(crate) async fn assert_carries_out(&self, endpoint: BodyEndpoint, event: &Value) {
        let before = self.stored().await;
        let reply = Lambdas::start(self).await.answer(endpoint.path(), event).await.unwrap();
        assert_eq!(reply.status, 200, "{endpoint:?}: {reply:?}");
        assert_ne!(self.stored().await, before, "{endpoint:?}");
        self.restore(&before).await;
    }
}
