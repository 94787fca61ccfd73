//! API Gateway's own errors, for both kinds of API.

use std::collections::BTreeSet;

use super::answer::{Answer, words};
use crate::harness::openapi::Operation;

/// The operations for which API Gateway gives an answer.
#[derive(Clone, Copy)]
pub(super) enum Which {
    All,
    Protected,
    WithBody,
}

impl Which {
    fn has(self, operation: &Operation) -> bool {
        match self {
            Self::All => true,
            Self::Protected => operation.text["security"][0].get("accessToken").is_some(),
            Self::WithBody => !operation.bodies.is_empty(),
        }
    }
}

/// The gateway responses of template.yaml, with API Gateway's default statuses.
pub(super) const REST: [(&str, &[u16], Which); 8] = [
    ("UNAUTHORIZED", &[401], Which::Protected),
    ("ACCESS_DENIED", &[403], Which::Protected),
    ("WAF_FILTERED", &[429], Which::All),
    ("THROTTLED", &[429], Which::All),
    ("UNSUPPORTED_MEDIA_TYPE", &[415], Which::WithBody),
    ("REQUEST_TOO_LARGE", &[413], Which::WithBody),
    ("DEFAULT_4XX", &[400], Which::All),
    // A misconfigured, unreadable or late integration.
    ("DEFAULT_5XX", &[500, 502, 504], Which::All),
];
/// The response for unknown paths and methods, which no operation documents.
pub(super) const NOWHERE: &str = "MISSING_AUTHENTICATION_TOKEN";

/// An HTTP API's own errors.
const HTTP: [(&str, u16, Which); 7] = [
    ("Bad Request", 400, Which::All),
    ("Unauthorized", 401, Which::Protected),
    ("Forbidden", 403, Which::Protected),
    ("Request Entity Too Large", 413, Which::WithBody),
    ("Too Many Requests", 429, Which::All),
    ("Internal Server Error", 500, Which::All),
    ("Service Unavailable", 503, Which::All),
];

pub(super) fn responses() -> serde_yaml_ng::Value {
    let template: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(include_str!("../../../template.yaml")).unwrap();
    template["Resources"]["Api"]["Properties"]["GatewayResponses"].clone()
}

/// API Gateway's errors for an operation, for both kinds of API.
pub(super) fn errors(operation: &Operation) -> BTreeSet<Answer> {
    let configured = responses();
    let mut all = BTreeSet::new();
    for (kind, statuses, which) in REST {
        let body = configured[kind]["ResponseTemplates"]["application/json"].as_str().unwrap();
        let body = serde_json::from_str(body).unwrap();
        all.extend(statuses.iter().filter(|_| which.has(operation)).map(|status| words(*status, &body)));
        let status = configured[kind]["StatusCode"].as_u64();
        assert!(status.is_none_or(|status| statuses == [u16::try_from(status).unwrap()]), "{kind}");
    }
    let of_http = HTTP.iter().filter(|(_, _, which)| which.has(operation));
    all.extend(of_http.map(|(message, status, _)| (*status, String::new(), (*message).to_owned())));
    all
}
