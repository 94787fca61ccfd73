//! What API Gateway is told: a policy that stays right when it is cached, and who the caller is.

use serde::Serialize;
use serde_json::{Map, Value};
use shared::tokens::AccessToken;

/// The stage of an API, as an ARN without its method and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage(String);

impl Stage {
    /// Takes `arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`, of which the policy keeps all up to the
    /// stage. Anything else, a wildcard included, is not something that API Gateway sends.
    pub fn of_method_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let mut path = parts.next()?.splitn(4, '/');
        let (api, stage, _method) = (path.next()?, path.next()?, path.next()?);
        let is_name = |name: &str| !name.is_empty() && !name.contains(['*', '?']);
        let fits =
            head[0] == "arn" && head[2] == "execute-api" && head.into_iter().chain([api, stage]).all(is_name);
        fits.then(|| Self(format!("{}:{api}/{stage}", head.join(":"))))
    }
}

/// The output of a Lambda authorizer of a REST API.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    principal_id: String,
    #[serde(rename = "policyDocument")]
    document: PolicyDocument,
    context: Map<String, Value>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDocument {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    action: &'static str,
    resource: [String; 1],
}

/// Names in the context that API Gateway sets; those of our own are no user's claims (`RESERVED_CLAIMS`).
const TAKEN: [&str; 2] = ["principalId", "integrationLatency"];

impl Policy {
    /// Allows the whole stage: were it cached, a policy that named the method that was called would refuse the next.
    pub fn allow(stage: &Stage, token: &AccessToken) -> Self {
        let statement =
            Statement { effect: "Allow", action: "execute-api:Invoke", resource: [format!("{}/*", stage.0)] };
        Self {
            principal_id: token.session.user_id.to_string(),
            document: PolicyDocument { version: "2012-10-17", statement: [statement] },
            context: context(token),
        }
    }
}

/// Flat strings: API Gateway refuses anything nested, and makes strings of everything else.
fn context(token: &AccessToken) -> Map<String, Value> {
    let own = [
        ("sub", token.session.user_id.to_string()),
        ("client_id", token.session.client_id.to_string()),
        ("sid", token.session.session_id.to_string()),
        ("scope", token.scope.to_string()),
        ("exp", token.expires_at.to_string()),
    ];
    let claims = token.claims.iter().filter(|(name, _)| !TAKEN.contains(&name.as_str()));
    let claims = claims.map(|(name, value)| (name.clone(), Value::String(flat(value))));
    own.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).chain(claims).collect()
}

/// A string as it is; anything else as JSON.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_reaches_as_far_as_the_stage() {
        let stage = Stage::of_method_arn("arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod/GET/me/x");
        assert_eq!(stage, Some(Stage("arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod".to_owned())));
    }

    #[test]
    fn an_arn_that_would_reach_further_is_none() {
        for arn in [
            "",
            "*",
            "arn:aws:execute-api:eu-west-1:123456789012:*/prod/GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2/*/GET/me",
            "arn:aws:execute-api:*:123456789012:a1b2/prod/GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2//GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod",
            "arn:aws:lambda:eu-west-1:123456789012:a1b2/prod/GET/me",
        ] {
            assert_eq!(Stage::of_method_arn(arn), None, "{arn}");
        }
    }
}
