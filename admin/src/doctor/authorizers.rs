//! Checks whether APIs that use this stack's authorizer accept bound tokens without their key, as they do if
//! they cache decisions.
//!
//! The trial shows this for the deployment's own APIs. API Gateway lists the account's other APIs that use
//! the authorizer.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_cloudformation::{Client as CloudFormation, types::Stack};
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use reqwest::{Client, Url, header};
use serde_json::Value;
use shared::{clock::Timestamp, error::chain};

use super::{Check, api::client};
use crate::{
    deployment::{Deployment, find_stack},
    error::AdminError,
};

const NAME: &str = "authorizers";
const REMEDY: &str =
    "set their AuthorizerResultTtlInSeconds (in SAM, ReauthorizeEvery) to 0, and deploy the APIs";

/// A kind of API in API Gateway.
struct Kind {
    path: &'static str,
    /// The member of an answer with the list.
    items: &'static str,
    id: &'static str,
    /// The member with the start of the next page, and its request parameter.
    next: &'static str,
    /// How many seconds decisions are cached by default.
    ttl: u64,
}

const KINDS: [Kind; 2] = [
    Kind { path: "restapis", items: "item", id: "id", next: "position", ttl: 300 },
    Kind { path: "v2/apis", items: "items", id: "apiId", next: "nextToken", ttl: 0 },
];

/// `None`, if the stack binds no tokens, or the deployment is no stack.
pub(super) async fn check(deployment: &Deployment) -> Option<Check> {
    let stack = deployment.stack.as_deref().filter(|_| deployment.binds_tokens() == Some(true))?;
    let arn = match authorizer_arn(deployment, stack).await {
        Ok(arn) => arn?,
        Err(error) => return Some(Check::failed(NAME, &error)),
    };
    Some(match look(deployment, &arn).await {
        Ok(found) => found.check(),
        // No other command needs this right.
        Err(reason) => {
            let detail = format!(
                "the APIs' authorizers are unknown: {reason}. To list them, your credentials need \
                 apigateway:GET"
            );
            Check::unknown(NAME, detail)
        }
    })
}

async fn authorizer_arn(deployment: &Deployment, name: &str) -> Result<Option<String>, AdminError> {
    let region = deployment.sdk_config.region().map(ToString::to_string).unwrap_or_default();
    let stack = find_stack(&CloudFormation::new(&deployment.sdk_config), name, &region).await?;
    let outputs = stack.as_ref().map(Stack::outputs).unwrap_or_default();
    let output = outputs.iter().find(|output| output.output_key() == Some("AuthorizerArn"));
    Ok(output.and_then(|output| output.output_value()).map(str::to_owned))
}

/// Finds the authorizers that call the function, or says why that isn't possible.
async fn look(deployment: &Deployment, arn: &str) -> Result<Found, String> {
    let gateway = ApiGateway::of(deployment).await?;
    let mut found = Found::default();
    for kind in &KINDS {
        let mut next = None;
        loop {
            let page = gateway.get(kind.path, next.map(|next| (kind.next, next))).await?;
            for api in items(&page, kind) {
                let id = api[kind.id].as_str().unwrap_or_default();
                let authorizers = gateway.get(&format!("{}/{id}/authorizers", kind.path), None).await?;
                for authorizer in items(&authorizers, kind).iter().filter(|authorizer| asks(authorizer, arn))
                {
                    found.note(kind, id, authorizer);
                }
            }
            next = page[kind.next].as_str().map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

fn items<'a>(answer: &'a Value, kind: &Kind) -> &'a [Value] {
    answer[kind.items].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn asks(authorizer: &Value, arn: &str) -> bool {
    let uri = authorizer["authorizerUri"].as_str().unwrap_or_default();
    // An alias of the function follows a colon.
    [format!("/{arn}/"), format!("/{arn}:")].iter().any(|part| uri.contains(part))
}

/// The number of authorizers that call the function, and those with problems.
#[derive(Default)]
struct Found {
    count: usize,
    caching: Vec<String>,
    /// They cache a decision for each proof, so the same proof passes again.
    replaying: Vec<String>,
    /// They see no proof, so no bound token passes.
    blind: Vec<String>,
}

impl Found {
    fn note(&mut self, kind: &Kind, api: &str, authorizer: &Value) {
        self.count += 1;
        let ttl = authorizer["authorizerResultTtlInSeconds"].as_u64().unwrap_or(kind.ttl);
        let name = authorizer["name"].as_str().unwrap_or("one without a name");
        let sources = authorizer["identitySource"].to_string().to_lowercase();
        if authorizer["type"] == "TOKEN" {
            self.blind.push(format!("{name} of {api}"));
        } else if ttl > 0 {
            let list = if sources.contains(".header.dpop") { &mut self.replaying } else { &mut self.caching };
            list.push(format!("{name} of {api} (for {ttl} s)"));
        }
    }

    fn check(self) -> Check {
        let Self { count, caching, replaying, blind } = self;
        let mut details = Vec::new();
        for (found, meaning) in [
            (&caching, "cache decisions: until these expire, a stolen token works without its key"),
            (&replaying, "cache decisions for each proof: until these expire, the same proof passes again"),
            (&blind, "are TOKEN authorizers: they see no proof, so they refuse every bound token"),
        ] {
            if !found.is_empty() {
                details.push(format!("{} {meaning}", found.join(", ")));
            }
        }
        let detail = details.join("; ");
        if !caching.is_empty() {
            Check::wrong(NAME, detail, REMEDY)
        } else if !replaying.is_empty() {
            Check::warning(NAME, detail, REMEDY)
        } else if !blind.is_empty() {
            Check::warning(NAME, detail, "make these REQUEST authorizers, if clients send bound tokens there")
        } else {
            Check::ok(NAME, format!("{count} ask this stack's function, and none of them caches decisions"))
        }
    }
}

/// A minimal client of API Gateway, whose two SDKs have 200 operations.
struct ApiGateway<'a> {
    client: Client,
    endpoint: String,
    region: &'a str,
    credentials: Credentials,
    now: Timestamp,
}

impl<'a> ApiGateway<'a> {
    async fn of(deployment: &'a Deployment) -> Result<Self, String> {
        let config = &deployment.sdk_config;
        let region = config.region().map(AsRef::as_ref).ok_or("no region is named")?;
        let provider = config.credentials_provider().ok_or("there are no credentials")?;
        let credentials = provider.provide_credentials().await.map_err(|error| chain(&error))?;
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let endpoint = config
            .endpoint_url()
            .map_or_else(|| format!("https://apigateway.{region}.{domain}"), str::to_owned);
        let client = client().ok_or("no HTTP client could be made")?;
        Ok(Self { client, endpoint, region, credentials, now: deployment.now() })
    }

    async fn get(&self, path: &str, parameter: Option<(&str, String)>) -> Result<Value, String> {
        let url = format!("{}/{path}", self.endpoint.trim_end_matches('/'));
        let mut url = Url::parse(&url).map_err(|error| chain(&error))?;
        if let Some((name, value)) = parameter {
            url.query_pairs_mut().append_pair(name, &value);
        }
        // Otherwise it answers in another format, where a list of one element is no list.
        let mut request = self.client.get(url.clone()).header(header::ACCEPT, "application/json");
        for (name, value) in self.signature(&url)? {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|error| chain(&error.without_url()))?;
        if !answer.status().is_success() {
            return Err(format!("API Gateway answers {}", answer.status()));
        }
        answer.json().await.map_err(|error| chain(&error.without_url()))
    }

    /// The headers of a signed request.
    fn signature(&self, url: &Url) -> Result<Vec<(String, String)>, String> {
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("apigateway")
            .time(UNIX_EPOCH + Duration::from_secs(self.now.as_unix()))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| chain(&error))?;
        let request = SignableRequest::new("GET", url.as_str(), std::iter::empty(), SignableBody::Bytes(&[]))
            .map_err(|error| chain(&error))?;
        let (instructions, _) =
            sign(request, &parameters.into()).map_err(|error| chain(&error))?.into_parts();
        let headers = instructions.headers();
        Ok(headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
