//! The authorizer's request. REST APIs (TOKEN and REQUEST), HTTP APIs (2.0 and 1.0), WebSocket APIs and
//! AppSync each send a different event.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use shared::dpop;

use crate::{
    AuthorizerError, Stage,
    call::{Call, Said, Target},
    credential::{Credential, Scheme},
    proof_request::{Called, ProofRequest},
    verdict::Verdict,
};

/// The stage variable by which an HTTP API's owner declares simple responses. Nothing else in the event shows
/// them.
const RESPONSE_VARIABLE: &str = "latchgate_response";
/// The stage variable with the API's base URL, if it differs from API Gateway's.
const ORIGIN_VARIABLE: &str = "latchgate_dpop_origin";
/// The stage variable with the API's resource identifier (RFC 8707), if its tokens aren't for the
/// deployment's audience.
const RESOURCE_VARIABLE: &str = "latchgate_resource";
/// The part of a domain that only API Gateway's own domains have.
const OWN_DOMAIN: &str = ".execute-api.";
/// The method of a request that opens a WebSocket (RFC 6455 section 4.1).
const CONNECT_METHOD: &str = "GET";

/// The format of the answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AnswerShape {
    /// An IAM policy for this stage.
    Policy(Stage),
    /// A yes or no.
    Simple,
    /// AppSync's own format.
    AppSync,
}

/// A request to decide about.
#[derive(Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) credential: Option<Credential>,
    /// The proofs of a request with the scheme `DPoP`; `None`, if its kind of event can't carry any.
    pub(crate) proof: Option<ProofRequest>,
    /// The resource that the token has to be for; `None` for the deployment's audience. TOKEN authorizers and
    /// AppSync send no stage variables, so it's always `None` for them.
    pub(crate) resource: Option<String>,
    pub(crate) shape: AnswerShape,
    /// The part of the ARN after the stage; empty without an ARN.
    pub(crate) arn: String,
    /// The call, if it is certain; AppSync doesn't reveal it.
    pub(crate) target: Option<Target>,
}

/// The fields of every kind of event. Those that may contain a token are wrapped, so that no log shows them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "type")]
    kind: Option<String>,
    version: Option<String>,
    authorization_token: Option<SecretString>,
    method_arn: Option<String>,
    route_arn: Option<String>,
    headers: Option<HashMap<String, SecretString>>,
    multi_value_headers: Option<HashMap<String, Vec<SecretString>>>,
    stage_variables: Option<HashMap<String, String>>,
    resource: Option<String>,
    path: Option<String>,
    http_method: Option<String>,
    route_key: Option<String>,
    raw_path: Option<String>,
    request_context: Option<RequestContext>,
    request_headers: Option<HashMap<String, SecretString>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    api_id: Option<String>,
    domain_name: Option<String>,
    stage: Option<String>,
    event_type: Option<String>,
    path: Option<String>,
    resource_path: Option<String>,
    http_method: Option<String>,
    route_key: Option<String>,
    http: Option<Http>,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: Option<String>,
    path: Option<String>,
}

impl AuthorizationRequest {
    /// Parses an authorizer's event. The error drops serde's message, which quotes the event.
    pub(crate) fn parse(event: Value) -> Result<Self, AuthorizerError> {
        // serde would also accept an array of the members.
        let event = Some(event).filter(Value::is_object).ok_or(AuthorizerError::Event)?;
        let event: Event = serde_json::from_value(event).map_err(|_| AuthorizerError::Event)?;
        let (kind, version) = (event.kind.as_deref(), event.version.as_deref());
        match (kind, version, &event.method_arn, &event.route_arn) {
            (Some("TOKEN"), None, Some(arn), None) => {
                let header = event.authorization_token.as_ref().ok_or(AuthorizerError::Event)?;
                let (stage, call, target) = called(arn)?;
                let credential = Credential::of_header(header.expose_secret());
                let shape = AnswerShape::Policy(stage);
                Ok(Self { credential, proof: None, resource: None, shape, arn: call.to_owned(), target })
            }
            (Some("REQUEST"), None | Some("1.0"), Some(arn), None) => {
                let (stage, call, target) = called(arn)?;
                let target = target.and_then(|target| target.confirmed(&event.said(stage.name())));
                let credential = event.credential();
                let proof = event.proof(credential.as_ref(), call);
                Ok(Self {
                    credential,
                    proof,
                    resource: event.resource_identifier(),
                    shape: AnswerShape::Policy(stage),
                    arn: call.to_owned(),
                    target,
                })
            }
            (Some("REQUEST"), Some("2.0"), None, Some(arn)) => {
                let (stage, call, target) = called(arn)?;
                let target = target.and_then(|target| target.confirmed(&event.said_in_2_0(stage.name())));
                let shape =
                    if event.wants_simple() { AnswerShape::Simple } else { AnswerShape::Policy(stage) };
                let credential = event.credential();
                let proof = event.proof(credential.as_ref(), call);
                let resource = event.resource_identifier();
                Ok(Self { credential, proof, resource, shape, arn: call.to_owned(), target })
            }
            (None, None, None, None) if event.is_of_app_sync() => {
                let text = event.authorization_token.as_ref().map_or("", ExposeSecret::expose_secret);
                let credential = Credential::of_app_sync(text);
                let proof = event.app_sync_proof(credential.as_ref());
                let arn = String::new();
                let shape = AnswerShape::AppSync;
                Ok(Self { credential, proof, resource: None, shape, arn, target: None })
            }
            _ => Err(AuthorizerError::Event),
        }
    }

    /// The call with its decision.
    pub(crate) fn call<'a>(&'a self, stage: &'a Stage, verdict: Verdict) -> Call<'a> {
        Call { stage, arn: &self.arn, target: self.target.as_ref(), verdict }
    }
}

/// The stage, the part of the ARN after it, and the call in that part.
fn called(arn: &str) -> Result<(Stage, &str, Option<Target>), AuthorizerError> {
    let (stage, call) = Stage::and_call(arn).ok_or(AuthorizerError::MethodArn)?;
    Ok((stage, call, Target::of_arn(call)))
}

impl Event {
    /// The only credential of a request with headers.
    fn credential(&self) -> Option<Credential> {
        match self.header("authorization")[..] {
            [header] => Credential::of_header(header),
            [] if self.is_connect() => match self.header("sec-websocket-protocol")[..] {
                [header] => Credential::of_subprotocol(header),
                _ => None,
            },
            _ => None,
        }
    }

    /// All values of a header, in any case. HTTP APIs join several values with commas, which no token
    /// contains. `headers` has the last value, which `multiValueHeaders` has too. If `multiValueHeaders`
    /// lacks it, the two contradict each other, and both values count.
    fn header(&self, name: &str) -> Vec<&str> {
        let is_it = |key: &str| key.eq_ignore_ascii_case(name);
        let multi = self.multi_value_headers.iter().flatten().filter(|(key, _)| is_it(key));
        let mut values: Vec<&str> =
            multi.flat_map(|(_, values)| values).map(ExposeSecret::expose_secret).collect();
        let all = values.len();
        let single = self.headers.iter().flatten().filter(|(key, _)| is_it(key));
        for value in single.map(|(_, value)| value.expose_secret()) {
            if !values[..all].contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// The facts in the event of a REST API, a WebSocket API, or an HTTP API in format 1.0.
    fn said<'a>(&'a self, stage: &'a str) -> Said<'a> {
        // A WebSocket API has only a route.
        let route = self.resource.as_deref().or_else(|| self.context(|context| &context.route_key));
        Said {
            stage,
            methods: [self.http_method.as_deref(), self.context(|context| &context.http_method)],
            paths: [self.path.as_deref(), self.context(|context| &context.path)],
            routes: [route, self.context(|context| &context.resource_path)],
        }
    }

    fn said_in_2_0<'a>(&'a self, stage: &'a str) -> Said<'a> {
        let http = self.request_context.as_ref().and_then(|context| context.http.as_ref());
        Said {
            stage,
            methods: [http.and_then(|http| http.method.as_deref()), None],
            paths: [self.raw_path.as_deref(), http.and_then(|http| http.path.as_deref())],
            routes: [self.route_key.as_deref(), self.context(|context| &context.route_key)],
        }
    }

    fn wants_simple(&self) -> bool {
        self.stage_variable(RESPONSE_VARIABLE).is_some_and(|value| value == "simple")
    }

    /// The identifier as registered, to be compared byte by byte.
    fn resource_identifier(&self) -> Option<String> {
        self.stage_variable(RESOURCE_VARIABLE).cloned()
    }

    fn stage_variable(&self, name: &str) -> Option<&String> {
        self.stage_variables.as_ref().and_then(|all| all.get(name))
    }

    fn is_of_app_sync(&self) -> bool {
        self.authorization_token.is_some() && self.context(|context| &context.api_id).is_some()
    }

    /// The proofs of a request with headers. Without the scheme `DPoP` this does nothing.
    fn proof(&self, credential: Option<&Credential>, call: &str) -> Option<ProofRequest> {
        credential.filter(|credential| credential.scheme == Scheme::Dpop)?;
        let proofs = self.header(dpop::HEADER).into_iter().map(SecretString::from).collect();
        Some(ProofRequest { proofs, called: self.called(call) })
    }

    /// The proofs of an AppSync request, whose headers differ.
    fn app_sync_proof(&self, credential: Option<&Credential>) -> Option<ProofRequest> {
        credential.filter(|credential| credential.scheme == Scheme::Dpop)?;
        let headers = self.request_headers.iter().flatten();
        let proofs = headers.filter(|(name, _)| name.eq_ignore_ascii_case(dpop::HEADER));
        let proofs = proofs.map(|(_, value)| value.clone()).collect();
        Some(ProofRequest { proofs, called: Called::of_app_sync() })
    }

    fn called(&self, call: &str) -> Called {
        let http = self.request_context.as_ref().and_then(|context| context.http.as_ref());
        let text = |member: Option<&str>| member.map(str::to_owned);
        let (method, path) = if self.is_connect() {
            let stage = self.context(|context| &context.stage).map(|stage| format!("/{stage}"));
            (Some(CONNECT_METHOD), stage)
        } else if let Some(http) = http {
            (http.method.as_deref(), text(self.raw_path.as_deref()))
        } else {
            (self.http_method.as_deref(), text(self.context(|context| &context.path)))
        };
        // The path follows the method. A WebSocket route has none.
        let arn_path = call.split_once('/').map_or("", |(_, path)| path);
        let below = path.as_deref().map(|path| Called::below(path, arn_path));
        let origin = self.stage_variable(ORIGIN_VARIABLE).cloned();
        let domain = self.context(|context| &context.domain_name);
        // On a custom domain, these two tell the stage, which the client's URL doesn't have, and not the
        // mapping key, which it may have. If the owner has set a base URL, only that counts.
        let has_mapping =
            |domain: &str| (http.is_some() || self.is_connect()) && !domain.contains(OWN_DOMAIN);
        let path = if domain.is_some_and(has_mapping) { below.clone() } else { path };
        let is_known = |domain: &&str| origin.is_none() || !has_mapping(domain);
        Called {
            method: text(method),
            domain: text(domain.filter(is_known)),
            path,
            is_decoded: self.version.is_some(),
            below,
            origin,
        }
    }

    /// Whether this request opens a WebSocket.
    fn is_connect(&self) -> bool {
        self.context(|context| &context.event_type) == Some("CONNECT")
    }

    fn context(&self, member: impl Fn(&RequestContext) -> &Option<String>) -> Option<&str> {
        self.request_context.as_ref().and_then(|context| member(context).as_deref())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn debug_shows_no_token() {
        let event = json!({ "type": "TOKEN", "authorizationToken": "Bearer s3cret", "methodArn":
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod/GET/me" });
        let request = AuthorizationRequest::parse(event.clone()).unwrap();
        assert_eq!(request.credential.as_ref().map(Credential::token), Some("s3cret"));
        let event: Event = serde_json::from_value(event).unwrap();
        assert!(!format!("{request:?} {event:?}").contains("s3cret"));
    }
}
