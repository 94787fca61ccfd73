//! Finds the APIs that serve: the stack's REST API, HTTP APIs in front of the same functions, or both.

use std::collections::BTreeMap;

use shared::error::chain;

use super::{Check, api::Api};
use crate::{
    deployment::{Deployment, HttpApi, http_apis},
    error::AdminError,
};

const REST: &str = "REST API";
const HTTP: &str = "HTTP API";
const DOMAIN: &str = "domain";

/// The APIs that serve, with notes about them.
#[derive(Default)]
pub(super) struct Serving {
    pub(super) apis: Vec<Api>,
    pub(super) checks: Vec<Check>,
}

pub(super) async fn find(deployment: &Deployment) -> Serving {
    if let Some(name) = &deployment.stack {
        let http_apis = http_apis(deployment, name).await;
        return Stack::of(deployment, name).serving(http_apis);
    }
    let parameters = deployment.parameters.clone();
    let api = deployment.api_url.clone().and_then(|url| Api::rest(url, parameters));
    let detail = "the address of the API is unknown: name the deployment with --stack or --local";
    let checks = if api.is_none() { vec![Check::unknown("API", detail)] } else { Vec::new() };
    Serving { apis: api.into_iter().collect(), checks }
}

/// The API behind the stack's domain.
#[derive(Clone, Copy)]
enum Domain<'a> {
    /// The stack has no domain.
    Absent,
    Rest,
    /// The HTTP API with this identifier.
    Http(&'a str),
    Nowhere,
}

/// The facts about the stack.
struct Stack<'a> {
    name: &'a str,
    url: Option<&'a str>,
    parameters: &'a BTreeMap<String, String>,
    domain: Domain<'a>,
    is_closed: bool,
}

impl<'a> Stack<'a> {
    fn of(deployment: &'a Deployment, name: &'a str) -> Self {
        let domain = match (deployment.parameter("DomainName"), deployment.parameter("DomainApi")) {
            (None | Some(""), _) => Domain::Absent,
            // A stack of an older release lacks this parameter.
            (_, None | Some("base-path" | "rest")) => Domain::Rest,
            (_, Some("none")) => Domain::Nowhere,
            (_, Some(id)) => Domain::Http(id),
        };
        Self {
            name,
            url: deployment.api_url.as_deref(),
            parameters: &deployment.parameters,
            domain,
            is_closed: deployment.parameter("RestApi") == Some("closed"),
        }
    }

    fn serving(&self, http_apis: Result<Vec<HttpApi>, AdminError>) -> Serving {
        let (http_apis, error) = match http_apis {
            Ok(http_apis) => (http_apis, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let (at_domain, others): (Vec<_>, Vec<_>) =
            http_apis.iter().partition(|http| self.is_at_domain(http));
        let mut serving = Serving::default();
        serving.apis.extend(self.at_own_address(at_domain.first().copied()));
        let is_known = error.is_none();
        serving.checks.extend(error.map(|error| self.unlisted(&error)));
        serving.checks.extend(self.domain(&at_domain, &others, is_known));
        for http in others {
            // Its checks need distinct names if there are several APIs.
            let named = !serving.apis.is_empty();
            match http.url.clone() {
                Some(url) => {
                    let suffix = named.then_some(&http.stack);
                    serving.apis.extend(Api::http(url, http.parameters.clone(), suffix));
                }
                None => serving.checks.push(self.unreached(http)),
            }
        }
        serving.checks.extend(self.rest(&http_apis, is_known, serving.apis.is_empty()));
        serving
    }

    fn is_at_domain(&self, http: &HttpApi) -> bool {
        matches!(self.domain, Domain::Http(id) if http.id.as_deref() == Some(id))
    }

    /// The API at the stack's own address, which is its domain if it has one.
    fn at_own_address(&self, http: Option<&HttpApi>) -> Option<Api> {
        let url = self.url?.to_owned();
        match self.domain {
            Domain::Nowhere => None,
            Domain::Absent if self.is_closed => None,
            Domain::Absent | Domain::Rest => Api::rest(url, self.parameters.clone()),
            Domain::Http(_) => {
                Api::http(url, http.map(|http| http.parameters.clone()).unwrap_or_default(), None)
            }
        }
    }

    /// Notes that the HTTP APIs are unknown. This matters if one of them serves.
    fn unlisted(&self, error: &AdminError) -> Check {
        let is_rest = match self.domain {
            Domain::Rest => true,
            Domain::Http(_) => false,
            Domain::Absent | Domain::Nowhere => !self.is_closed,
        };
        if is_rest {
            Check::unknown(HTTP, format!("the HTTP APIs are unknown: {}", chain(error)))
        } else {
            Check::failed(HTTP, error)
        }
    }

    fn domain(&self, at_domain: &[&HttpApi], others: &[&HttpApi], is_known: bool) -> Option<Check> {
        let remedy = "set DomainApi=rest, or DomainApi to the output ApiId of the HTTP API's stack";
        let id = match self.domain {
            Domain::Absent | Domain::Rest => return None,
            Domain::Nowhere => {
                return Some(Check::wrong(DOMAIN, "DomainApi is none: the domain leads to no API", remedy));
            }
            Domain::Http(id) => id,
        };
        if let Some(http) = at_domain.first() {
            return Some(Check::ok(DOMAIN, format!("leads to the HTTP API of {}", http.stack)));
        }
        if let Some(http) = others.iter().find(|http| http.id.is_none()) {
            let advice = "deploy it again from template-http.yaml";
            let detail = format!("{} doesn't say whether {id} is its API: {advice}", http.stack);
            return Some(Check::unknown(DOMAIN, detail));
        }
        let detail = format!("leads to the API {id}, which is no HTTP API in front of {}", self.name);
        is_known.then(|| Check::wrong(DOMAIN, detail, remedy))
    }

    fn unreached(&self, http: &HttpApi) -> Check {
        let detail =
            format!("that of {} is closed, and the domain of {} leads elsewhere", http.stack, self.name);
        let id = http.id.as_deref().unwrap_or("its ApiId");
        let remedy = format!("set HttpApi=open in {}, or DomainApi={id} in {}", http.stack, self.name);
        Check::wrong(HTTP, detail, remedy)
    }

    /// A note about the REST API, unless it alone serves.
    fn rest(&self, http_apis: &[HttpApi], is_known: bool, none_serves: bool) -> Option<Check> {
        let names: Vec<_> = http_apis.iter().map(|http| http.stack.as_str()).collect();
        let names = names.join(", ");
        let check = match (self.domain, self.is_closed) {
            (Domain::Rest, true) => Check::ok(REST, "answers at the domain alone"),
            (_, true) if !none_serves && names.is_empty() => {
                Check::ok(REST, "closed: the domain leads to an HTTP API")
            }
            (_, true) if !none_serves => Check::ok(REST, format!("closed: the HTTP API of {names} serves")),
            (Domain::Absent, true) if is_known && names.is_empty() => Check::wrong(
                REST,
                "closed, and there is no HTTP API and no domain: clients can't reach the functions",
                format!("set RestApi=open, or deploy template-http.yaml with LatchgateStack={}", self.name),
            ),
            (Domain::Absent | Domain::Nowhere | Domain::Http(_), true) => return None,
            (_, false) if names.is_empty() => return None,
            (_, false) => Check::ok(
                REST,
                format!(
                    "open, as is the HTTP API of {names}: set RestApi=closed when no client calls the REST \
                     API any more"
                ),
            ),
        };
        Some(check)
    }
}
