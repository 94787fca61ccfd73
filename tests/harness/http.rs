//! Requests to the API under test, and its replies.

use std::net::{IpAddr, Ipv4Addr};

use authorizer::NormalPath;
use axum::{
    body::Bytes,
    http::{HeaderMap, Request, request},
};
use local::template::ApiKind;
use serde_json::Value;
use shared::route;

use super::{
    APP, Api, PASSWORD, USERNAME,
    openapi::{Answered, Asked, assert_documented},
};

/// A reply, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The JSON body, or null without one.
    pub(crate) body: Value,
}

/// The tokens of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Reply {
    /// The tokens of a successful token response.
    #[track_caller]
    pub(crate) fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{self:?}");
        let text = |name: &str| self.body[name].as_str().unwrap().to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// Asserts an OAuth error that no cache may store.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, error: &str) {
        assert_eq!((self.status, self.body["error"].as_str()), (status, Some(error)), "{self:?}");
        let names: Vec<_> = self.body.as_object().unwrap().keys().collect();
        assert_eq!(names, ["error", "error_description"]);
        let description = self.body["error_description"].as_str().unwrap();
        // RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E.
        assert!(description.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\'));
        if status == 503 {
            assert_eq!(description, "Try again in a moment.", "what has failed is for the log");
        }
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.header("content-type"), Some("application/json"));
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The token with its next-to-last byte changed: still well-formed, but no longer genuine.
pub(crate) fn forged(token: &str) -> String {
    let at = token.len() - 2;
    let other = if &token[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

/// A form, encoded.
pub(crate) fn form(parameters: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

impl Api {
    /// Sends a request from 203.0.113.9 (TEST-NET-3), and asserts that openapi.yaml documents the answer.
    pub(crate) async fn send(&self, request: request::Builder, body: impl Into<Bytes>) -> Reply {
        self.send_from(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)), request, body).await
    }

    /// Sends a request from this address.
    pub(crate) async fn send_from(
        &self,
        source: IpAddr,
        request: request::Builder,
        body: impl Into<Bytes>,
    ) -> Reply {
        let request = request.body(body.into()).unwrap();
        let sent = request.clone();
        // On the heap, because it includes the called function's state.
        let (parts, body) = Box::pin(self.gateway.handle(request, source)).await.into_parts();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        let reply = Reply { status: parts.status.as_u16(), headers: parts.headers, body };
        self.hold_to_document(&sent, &reply);
        reply
    }

    fn hold_to_document(&self, sent: &Request<Bytes>, reply: &Reply) {
        let (method, path) = (sent.method().as_str(), sent.uri().path());
        // An HTTP API has no OPTIONS routes and answers preflights itself. Its answer to an unusual spelling of a path
        // isn't known, so the local server's refusal isn't documented.
        let is_preflight = self.deployment.api == ApiKind::Http && method == "OPTIONS";
        let is_normal = NormalPath::parse(path).is_some_and(|path| !path.ends_in_slash());
        if is_preflight || !is_normal {
            return;
        }
        let media_type = sent.headers().get("content-type").and_then(|value| value.to_str().ok());
        let asked = Asked {
            method,
            path,
            query: sent.uri().query().unwrap_or_default(),
            media_type: media_type.unwrap_or_default(),
            body: sent.body(),
        };
        let Reply { status, headers, body } = reply;
        assert_documented(&asked, &Answered { status: *status, headers, body });
    }

    pub(crate) async fn post(&self, path: &str, parameters: &[(&str, &str)]) -> Reply {
        self.send(form_post(path), form(parameters)).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Reply {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request, body.to_string()).await
    }

    /// Logs the demo user in on the public client.
    pub(crate) async fn login(&self) -> Tokens {
        self.try_login(PASSWORD).await.tokens()
    }

    pub(crate) async fn try_login(&self, password: &str) -> Reply {
        let parameters = [("client_id", APP), ("username", USERNAME), ("password", password)];
        self.post(route::LOGIN, &parameters).await
    }

    /// Logs in on a device that shows a refresh token of an earlier session.
    pub(crate) async fn try_login_of_device(&self, password: &str, refresh_token: &str) -> Reply {
        let parameters = [
            ("client_id", APP),
            ("username", USERNAME),
            ("password", password),
            ("refresh_token", refresh_token),
        ];
        self.post(route::LOGIN, &parameters).await
    }

    /// Refreshes on the public client.
    pub(crate) async fn refresh(&self, token: &str) -> Reply {
        self.post(route::REFRESH, &refresh_form(token)).await
    }

    /// Refreshes on the public client with an `Idempotency-Key`.
    pub(crate) async fn refresh_with_key(&self, token: &str, key: &str) -> Reply {
        self.send(form_post(route::REFRESH).header("idempotency-key", key), form(&refresh_form(token))).await
    }

    pub(crate) async fn logout(&self, token: &str) -> Reply {
        self.post(route::LOGOUT, &[("client_id", APP), ("token", token)]).await
    }

    /// Changes the password, behind the authorizer.
    pub(crate) async fn change_password(&self, access_token: &str, current: &str, new: &str) -> Reply {
        let parameters = [("current_password", current), ("new_password", new)];
        self.send(bearer(form_post(route::PASSWORD), access_token), form(&parameters)).await
    }

    /// Changes the password with an `Idempotency-Key`.
    pub(crate) async fn change_password_with_key(
        &self,
        access_token: &str,
        current: &str,
        new: &str,
        key: &str,
    ) -> Reply {
        let parameters = [("current_password", current), ("new_password", new)];
        let request = form_post(route::PASSWORD).header("idempotency-key", key);
        self.send(bearer(request, access_token), form(&parameters)).await
    }

    /// Calls a protected endpoint.
    pub(crate) async fn call(&self, access_token: &str) -> Reply {
        self.send(bearer(Request::get(route::SESSIONS), access_token), "").await
    }
}

pub(crate) fn form_post(path: &str) -> request::Builder {
    Request::post(path).header("content-type", "application/x-www-form-urlencoded")
}

pub(crate) fn bearer(request: request::Builder, access_token: &str) -> request::Builder {
    request.header("authorization", format!("Bearer {access_token}"))
}

pub(crate) fn refresh_form(token: &str) -> [(&str, &str); 3] {
    [("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", token)]
}
