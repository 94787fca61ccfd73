//! API Gateway's evaluation of an authorizer's answer.

use serde_json::Value;

/// Whether the answer allows this call, either simply or by its policy as IAM evaluates it.
pub(crate) fn allows(answer: &Value, arn: &str) -> bool {
    if let Some(is_authorized) = answer["isAuthorized"].as_bool() {
        return is_authorized;
    }
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap();
    let has = |effect: &str| {
        let statements = statements.iter().filter(|statement| statement["Effect"] == effect);
        let mut resources = statements.flat_map(|statement| statement["Resource"].as_array().unwrap());
        resources.any(|resource| is_of(resource.as_str().unwrap().as_bytes(), arn.as_bytes()))
    };
    has("Allow") && !has("Deny")
}

/// Matches IAM's wildcards: `*` is any run of characters, `?` is one.
fn is_of(mut pattern: &[u8], mut text: &[u8]) -> bool {
    let mut retry = None;
    loop {
        match (pattern, text) {
            ([], []) => return true,
            ([b'*', after @ ..], _) => (retry, pattern) = (Some((after, text)), after),
            ([p, after @ ..], [t, rest @ ..]) if p == t || *p == b'?' => (pattern, text) = (after, rest),
            _ => {
                let Some((after, [_, rest @ ..])) = retry else { return false };
                (retry, pattern, text) = (Some((after, rest)), after, rest);
            }
        }
    }
}
