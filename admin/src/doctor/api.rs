//! The API, from outside.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Certificate, Client, Method, RequestBuilder, Response, header};
use serde_json::Value;
use shared::{aws::AMAZON_ROOTS, dpop, error::chain, keys::PublishedKeys};

use super::Check;
use crate::deployment::Deployment;

/// How long an answer may take: longer than any function takes.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The name of the check of the API itself.
const API: &str = "API";
/// By how many seconds this machine's clock may be off. A revocation from here has its instant, which
/// functions compare with their clocks.
const CLOCK_BOUND: u64 = 5;

/// An API to examine.
pub(super) struct Api {
    client: Client,
    url: String,
    /// The parameters of its stack; empty, if it has none.
    parameters: BTreeMap<String, String>,
    /// Whether it is an HTTP API.
    pub(super) is_http: bool,
    /// The name of its stack, with which the names of its checks end; `None`, if they need no such suffix.
    suffix: Option<String>,
}

/// A complete answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// The nonce for the next proof.
    pub(super) nonce: Option<String>,
}

impl Answer {
    /// A text in the body; empty, if it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

impl Api {
    /// The REST API of a stack, or the API of a local deployment.
    pub(super) fn rest(url: String, parameters: BTreeMap<String, String>) -> Option<Self> {
        Some(Self { client: client()?, url, parameters, is_http: false, suffix: None })
    }

    pub(super) fn http(
        url: String,
        parameters: BTreeMap<String, String>,
        suffix: Option<&String>,
    ) -> Option<Self> {
        Some(Self { client: client()?, url, parameters, is_http: true, suffix: suffix.cloned() })
    }

    /// The name of a check of this API.
    pub(super) fn name(&self, check: &str) -> String {
        self.suffix.as_ref().map_or_else(|| check.to_owned(), |stack| format!("{check} of {stack}"))
    }

    /// A parameter of its stack.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    pub(super) async fn check(&self, deployment: &Deployment) -> Vec<Check> {
        let path = "/.well-known/jwks.json";
        let answer = match self.client.get(self.address(path)).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let detail = format!("{} can't be reached: {}", self.url, chain(&error.without_url()));
                return vec![Check::wrong(
                    self.name(API),
                    detail,
                    "check that the stack is deployed, and that this machine is online",
                )];
            }
        };
        let clock = clock(self.name("clock"), &answer, deployment);
        let status = answer.status().as_u16();
        let served: Value = answer.json().await.unwrap_or_default();
        vec![clock, keys(self.name(API), deployment, status, &served).await]
    }

    pub(super) fn post(&self, path: &str, fields: &Value) -> RequestBuilder {
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        request.body(fields.to_string())
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.address(path))
    }

    /// The URL of a path.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }
}

/// A client that trusts Amazon's roots on any machine.
pub(super) fn client() -> Option<Client> {
    // In addition to the machine's: in a container without any, making a client would fail.
    let roots = Certificate::from_pem_bundle(AMAZON_ROOTS.as_bytes()).ok()?;
    Client::builder().timeout(TIMEOUT).tls_certs_merge(roots).build().ok()
}

/// Sends a request, and returns the answer.
pub(super) async fn answer(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let nonce = response.headers().get(dpop::NONCE_HEADER).and_then(|nonce| nonce.to_str().ok());
    let nonce = nonce.map(str::to_owned);
    let body = response.bytes().await?;
    Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default(), nonce })
}

/// Checks that the API serves the published keys. If it doesn't, it belongs to another deployment.
async fn keys(name: String, deployment: &Deployment, status: u16, served: &Value) -> Check {
    let Ok(published) = PublishedKeys::new(&deployment.environment, &deployment.dynamodb) else {
        return Check::unknown(name, "the keys that the API should serve are unknown");
    };
    let published = match published.all().await {
        Ok(published) => published,
        Err(error) => return Check::failed(name, &error.into()),
    };
    let served = served["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_ours = |key: &Value| published.iter().any(|p| key["kid"] == p.jwk.kid.as_str());
    if status == 200 && !served.is_empty() && served.iter().all(is_ours) {
        Check::ok(name, "served, with the keys of this deployment")
    } else if status == 200 {
        Check::wrong(
            name,
            "its keys are not this deployment's",
            "check that these are the tables of that API",
        )
    } else {
        Check::wrong(name, format!("answers {status}"), "see the log of MetadataFunction")
    }
}

fn clock(name: String, answer: &Response, deployment: &Deployment) -> Check {
    let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
    let there = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let there = there.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    let Some(there) = there else { return Check::unknown(name, "the API's answer has no date") };
    let off = there.as_secs().abs_diff(deployment.now().as_unix());
    if off <= CLOCK_BOUND {
        Check::ok(name, format!("within {CLOCK_BOUND} s of the API's"))
    } else {
        let detail = format!("{off} s off the API's");
        Check::wrong(name, detail, "set the clock of this machine: revocations that you make here use it")
    }
}
