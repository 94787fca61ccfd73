//! API Gateway's own answers, by the kind of API that the tests use.

use axum::http::Request;
use local::template::ApiKind;
use serde_json::{Value, json};
use shared::dpop;

use super::{Api, http::Reply, kind::API_KIND};

impl Reply {
    /// Asserts that API Gateway itself refused the request. A REST API answers with this OAuth error. An HTTP API,
    /// whose answers can't be configured, uses its own words.
    #[track_caller]
    pub(crate) fn assert_gateway_error(&self, status: u16, error: &str) {
        let challenge = self.header("www-authenticate");
        match *API_KIND {
            ApiKind::Rest => {
                self.assert_error(status, error);
                let algorithms = dpop::ALGORITHMS.join(" ");
                let challenges = |error: &str| {
                    format!(r#"Bearer realm="latchgate"{error}, DPoP algs="{algorithms}"{error}"#)
                };
                let expected = match status {
                    401 => Some(challenges("")),
                    403 => Some(challenges(r#", error="insufficient_scope""#)),
                    _ => None,
                };
                assert_eq!(challenge, expected.as_deref(), "{self:?}");
            }
            ApiKind::Http => {
                let message = match status {
                    401 => "Unauthorized",
                    403 => "Forbidden",
                    404 => "Not Found",
                    413 => "Request Entity Too Large",
                    500 => "Internal Server Error",
                    other => panic!("API Gateway has no {other}"),
                };
                assert_eq!((self.status, &self.body), (status, &json!({ "message": message })));
                assert_eq!(self.header("content-type"), Some("application/json"));
                assert_eq!(challenge, None);
            }
        }
    }

    /// Asserts that scripts of this origin may read the reply, or no scripts.
    #[track_caller]
    pub(crate) fn assert_readable_by(&self, origin: Option<&str>) {
        assert_eq!(self.header("access-control-allow-origin"), origin, "{self:?}");
        let exposed = self.header("access-control-expose-headers").map(str::to_ascii_lowercase);
        let names: Option<Vec<_>> = exposed.as_ref().map(|names| names.split(',').map(str::trim).collect());
        assert_eq!(names, origin.map(|_| vec!["retry-after", "www-authenticate", "date", "dpop-nonce"]));
    }

    /// Asserts that a reply to a program lets scripts of every origin read it. An HTTP API replaces the function's CORS
    /// headers by its own, so it sends a program none.
    #[track_caller]
    pub(crate) fn assert_readable_by_all(&self) {
        self.assert_readable_by(match *API_KIND {
            ApiKind::Rest => Some("*"),
            ApiKind::Http => None,
        });
    }

    /// Asserts that a preflight lets scripts of this origin call.
    #[track_caller]
    pub(crate) fn assert_preflight(&self, origin: &str) {
        assert_eq!((self.status, &self.body), (204, &Value::Null), "{self:?}");
        for (name, expected) in [
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", "GET,POST,DELETE,OPTIONS"),
            ("access-control-allow-headers", "authorization,content-type,dpop,idempotency-key"),
            ("access-control-max-age", "600"),
        ] {
            assert_eq!(self.header(name), Some(expected), "{self:?}");
        }
    }

    /// Asserts that a preflight allows no calls.
    #[track_caller]
    pub(crate) fn assert_no_preflight(&self) {
        assert_eq!((self.status, &self.body), (204, &Value::Null), "{self:?}");
        let allows = self.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(allows, None, "{self:?}");
    }
}

impl Api {
    /// The answer to a preflight for this method and origin, with all headers that clients send.
    pub(crate) async fn preflight(&self, method: &str, path: &str, origin: &str) -> Reply {
        let request = Request::options(path).header("origin", origin);
        let request = request.header("access-control-request-method", method);
        let headers = "authorization,content-type,dpop,idempotency-key";
        self.send(request.header("access-control-request-headers", headers), "").await
    }
}
