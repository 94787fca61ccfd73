//! The API, from outside.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, header};
use serde_json::Value;
use shared::{error::chain, keys::PublishedKeys};

use super::Check;
use crate::deployment::Deployment;

/// How long an answer may take: longer than any function's own time.
const TIMEOUT: Duration = Duration::from_secs(20);
/// By how much the clock here may be off, in seconds: `not_before` of what is revoked from here is compared with the
/// clocks there.
const CLOCK_BOUND: u64 = 5;

/// Where the API is served.
pub(super) struct Api {
    client: Client,
    url: String,
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Api {
    pub(super) fn of(deployment: &Deployment) -> Option<Self> {
        let client = Client::builder().timeout(TIMEOUT).build().ok()?;
        Some(Self { client, url: deployment.api_url.clone()? })
    }

    pub(super) async fn check(&self, deployment: &Deployment) -> Vec<Check> {
        let path = "/.well-known/jwks.json";
        let answer = match self.client.get(self.address(path)).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let detail = format!("{} can't be reached: {}", self.url, chain(&error.without_url()));
                return vec![Check::wrong("API", detail, "is the stack deployed, and this machine online?")];
            }
        };
        let clock = clock(&answer, deployment);
        let status = answer.status().as_u16();
        let served: Value = answer.json().await.unwrap_or_default();
        vec![clock, keys(deployment, status, &served).await]
    }

    pub(super) async fn post(&self, path: &str, fields: &Value) -> Result<Answer, reqwest::Error> {
        let request = self.client.post(self.address(path)).header(header::CONTENT_TYPE, "application/json");
        answer(request.body(fields.to_string())).await
    }

    pub(super) async fn get(&self, path: &str, access_token: &str) -> Result<Answer, reqwest::Error> {
        answer(self.client.get(self.address(path)).bearer_auth(access_token)).await
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.address(path))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }
}

async fn answer(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let body = response.bytes().await?;
    Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// What is served is what is published: another table behind the API would be another deployment.
async fn keys(deployment: &Deployment, status: u16, served: &Value) -> Check {
    let name = "API";
    let Ok(published) = PublishedKeys::new(&deployment.environment, &deployment.dynamodb) else {
        return Check::unknown(name, "which keys should be served is not known");
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
        Check::wrong(name, "its keys are not this deployment's", "are these the tables of that API?")
    } else {
        Check::wrong(name, format!("answers {status}"), "see the log of MetadataFunction")
    }
}

fn clock(answer: &Response, deployment: &Deployment) -> Check {
    let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
    let there = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let there = there.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    let Some(there) = there else { return Check::unknown("clock", "the API doesn't say what time it is") };
    let off = there.as_secs().abs_diff(deployment.now().as_unix());
    if off <= CLOCK_BOUND {
        Check::ok("clock", format!("within {CLOCK_BOUND} s of the API's"))
    } else {
        let detail = format!("{off} s off the API's");
        Check::wrong(
            "clock",
            detail,
            "set the clock of this machine: what is revoked from here is revoked by it",
        )
    }
}
