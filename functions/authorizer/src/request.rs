//! The request for a decision: REST APIs (TOKEN and REQUEST), HTTP APIs (2.0 and 1.0), WebSocket APIs and AppSync each send
//! another event, and are told apart by it.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    AuthorizerError, Stage,
    call::{Said, Target},
};

/// The stage variable with which the owner of an HTTP API says that it enabled simple responses: nothing else in the
/// event does.
const RESPONSE_VARIABLE: &str = "latchgate_response";
/// What a browser, which can't set the Authorization header of a WebSocket, offers as subprotocol before its token.
const BEARER_SUBPROTOCOL: &str = "bearer";

/// The shape of the answer that the caller takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AnswerShape {
    /// An IAM policy for this stage.
    Policy(Stage),
    /// Yes or no.
    Simple,
    /// AppSync's own.
    AppSync,
}

/// A request to be decided about.
#[derive(Debug)]
pub(crate) struct AuthorizationRequest {
    token: Option<SecretString>,
    pub(crate) shape: AnswerShape,
    /// What is called, if that can be told for sure; AppSync doesn't tell.
    pub(crate) target: Option<Target>,
}

/// Every kind of event, as far as it is looked at. Whatever may hold a token is wrapped, so that no log shows it.
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
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    api_id: Option<String>,
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
    /// Takes the event of an authorizer. What serde says of any other is dropped: it quotes the event.
    pub(crate) fn parse(event: Value) -> Result<Self, AuthorizerError> {
        // serde would take an array of the members as well.
        let event = Some(event).filter(Value::is_object).ok_or(AuthorizerError::Event)?;
        let event: Event = serde_json::from_value(event).map_err(|_| AuthorizerError::Event)?;
        let (kind, version) = (event.kind.as_deref(), event.version.as_deref());
        match (kind, version, &event.method_arn, &event.route_arn) {
            (Some("TOKEN"), None, Some(arn), None) => {
                let header = event.authorization_token.as_ref().ok_or(AuthorizerError::Event)?;
                let (stage, target) = called(arn)?;
                let token = bearer_token(header.expose_secret());
                Ok(Self { token, shape: AnswerShape::Policy(stage), target })
            }
            (Some("REQUEST"), None | Some("1.0"), Some(arn), None) => {
                let (stage, target) = called(arn)?;
                let target = target.and_then(|target| target.confirmed(&event.said(stage.name())));
                Ok(Self { token: event.token(), shape: AnswerShape::Policy(stage), target })
            }
            (Some("REQUEST"), Some("2.0"), None, Some(arn)) => {
                let (stage, target) = called(arn)?;
                let target = target.and_then(|target| target.confirmed(&event.said_in_2_0(stage.name())));
                let shape =
                    if event.wants_simple() { AnswerShape::Simple } else { AnswerShape::Policy(stage) };
                Ok(Self { token: event.token(), shape, target })
            }
            (None, None, None, None) if event.is_of_app_sync() => {
                Ok(Self { token: event.app_sync_token(), shape: AnswerShape::AppSync, target: None })
            }
            _ => Err(AuthorizerError::Event),
        }
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_ref().map(ExposeSecret::expose_secret)
    }
}

fn called(arn: &str) -> Result<(Stage, Option<Target>), AuthorizerError> {
    let (stage, call) = Stage::and_call(arn).ok_or(AuthorizerError::MethodArn)?;
    Ok((stage, Target::of_arn(call)))
}

impl Event {
    /// The one token of a request with headers.
    fn token(&self) -> Option<SecretString> {
        match self.header("authorization")[..] {
            [header] => bearer_token(header),
            [] if self.context(|context| &context.event_type) == Some("CONNECT") => {
                match self.header("sec-websocket-protocol")[..] {
                    [header] => subprotocol_token(header),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// All values of a header, whatever the case of its name. HTTP APIs join several with commas, which no token has.
    /// `headers` has the last of each, which `multiValueHeaders` has as well; where it has not, the two contradict each
    /// other, and both count.
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

    /// What the event of a REST API, of a WebSocket API, or of an HTTP API in 1.0 says of the call.
    fn said<'a>(&'a self, stage: &'a str) -> Said<'a> {
        // A WebSocket API has its route in the place of all the others.
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
        let variable = self.stage_variables.as_ref().and_then(|all| all.get(RESPONSE_VARIABLE));
        variable.is_some_and(|value| value == "simple")
    }

    fn is_of_app_sync(&self) -> bool {
        self.authorization_token.is_some() && self.context(|context| &context.api_id).is_some()
    }

    /// AppSync's own documentation asks for the token without a scheme; it is taken with it as well.
    fn app_sync_token(&self) -> Option<SecretString> {
        let text = self.authorization_token.as_ref()?.expose_secret();
        bearer_token(text).or_else(|| is_token(text).then(|| text.into()))
    }

    fn context(&self, member: impl Fn(&RequestContext) -> &Option<String>) -> Option<&str> {
        self.request_context.as_ref().and_then(|context| member(context).as_deref())
    }
}

/// The token of an Authorization header (RFC 6750 section 2.1); the scheme is case-insensitive (RFC 9110 section 11.1).
fn bearer_token(header: &str) -> Option<SecretString> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && is_token(token)).then(|| token.into())
}

/// The token of `Sec-WebSocket-Protocol: bearer, TOKEN` (RFC 6455 section 11.3.4). Not of the query: that is logged.
fn subprotocol_token(header: &str) -> Option<SecretString> {
    let (name, token) = header.split_once(',')?;
    let token = token.trim();
    (name.trim() == BEARER_SUBPROTOCOL && is_token(token)).then(|| token.into())
}

/// `b68token` of RFC 6750 section 2.1.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_token_after_the_scheme_in_any_case() {
        let token = |header| bearer_token(header).map(|token| token.expose_secret().to_owned());
        for header in ["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER  a.b-c_d"] {
            assert_eq!(token(header).as_deref(), Some("a.b-c_d"), "{header}");
        }
        for header in
            ["", "Bearer", "Bearer ", "Basic a", "Bearer a b", "Bearer a,Bearer b", "Bearera", " Bearer a"]
        {
            assert_eq!(token(header), None, "{header}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let event = json!({ "type": "TOKEN", "authorizationToken": "Bearer s3cret", "methodArn":
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod/GET/me" });
        let request = AuthorizationRequest::parse(event.clone()).unwrap();
        assert_eq!(request.token(), Some("s3cret"));
        let event: Event = serde_json::from_value(event).unwrap();
        assert!(!format!("{request:?} {event:?}").contains("s3cret"));
    }
}
