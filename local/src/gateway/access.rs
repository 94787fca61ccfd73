//! API Gateway's evaluation of an authorizer's answer.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use authorizer::Authorizer;
use lambda_http::lambda_runtime::Diagnostic;
use serde_json::{Map, Value};
use shared::clock::Timestamp;

use super::Failure;

/// The gateway's question to the authorizer about a call.
pub(super) struct Question {
    /// The Authorization header and the API, which identify the caller in the cache.
    pub(super) identity: String,
    /// The ARN of the called method.
    pub(super) arn: String,
    pub(super) event: Value,
}

/// The authorizer's description of an admitted caller.
type Context = Map<String, Value>;

/// The authorizer's answers, by the identity they are about. Refusals and failures aren't cached.
#[derive(Debug)]
pub(super) struct DecisionCache {
    ttl: Duration,
    answers: Mutex<HashMap<String, (Timestamp, Value)>>,
}

impl DecisionCache {
    pub(super) fn new(ttl: Duration) -> Self {
        Self { ttl, answers: Mutex::default() }
    }

    /// Evaluates the authorizer's answer for this call. The authorizer is asked with a real event, unless its answer is
    /// cached.
    pub(super) async fn evaluate(
        &self,
        authorizer: &Authorizer,
        question: Question,
        now: Timestamp,
    ) -> Result<Context, Failure> {
        let Question { identity, arn, event } = question;
        let answer = match self.find(&identity, now) {
            Some(answer) => answer,
            None => self.keep(&identity, ask(authorizer, event).await?, now),
        };
        evaluate_policy(&answer, &arn).unwrap_or(Err(Failure::AuthorizerMalformed))
    }

    fn find(&self, identity: &str, now: Timestamp) -> Option<Value> {
        let answers = self.lock();
        answers.get(identity).filter(|(until, _)| now < *until).map(|(_, answer)| answer.clone())
    }

    fn keep(&self, identity: &str, answer: Value, now: Timestamp) -> Value {
        if !self.ttl.is_zero() {
            let mut answers = self.lock();
            answers.retain(|_, (until, _)| now < *until);
            answers.insert(identity.to_owned(), (now + self.ttl, answer.clone()));
        }
        answer
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Value)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(authorizer: &Authorizer, event: Value) -> Result<Value, Failure> {
    match authorizer.handle(event, None).await.map_err(Diagnostic::from) {
        Ok(answer) => serde_json::to_value(answer).map_err(|_| Failure::AuthorizerMalformed),
        Err(failure) if failure.error_message == "Unauthorized" => Err(Failure::Unauthorized),
        Err(_) => Err(Failure::AuthorizerFailed),
    }
}

/// Evaluates a policy: an explicit Deny outweighs any Allow, and without an Allow the call is denied. `None` if the
/// answer isn't a policy.
fn evaluate_policy(answer: &Value, arn: &str) -> Option<Result<Context, Failure>> {
    let principal = answer.get("principalId")?.as_str()?;
    let statements = answer.get("policyDocument")?.get("Statement")?.as_array()?;
    let mut effects = Vec::new();
    for statement in statements {
        let resources = texts(statement.get("Resource")?)?;
        let actions = texts(statement.get("Action")?)?;
        let applies = resources.iter().any(|pattern| matches(pattern, arn))
            && actions.iter().any(|pattern| matches(pattern, "execute-api:Invoke"));
        if applies {
            effects.push(statement.get("Effect")?.as_str()?);
        }
    }
    if effects.contains(&"Deny") || !effects.contains(&"Allow") {
        return Some(Err(Failure::Denied));
    }
    let mut context = answer.get("context").map_or(Some(&Map::new()), Value::as_object)?.clone();
    // API Gateway accepts no nested values, and passes each value on as a string.
    if context.values().any(|value| value.is_object() || value.is_array() || value.is_null()) {
        return None;
    }
    context.insert("principalId".to_owned(), principal.into());
    Some(Ok(context))
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(values) => values.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Matches IAM's wildcards: `*` is any run of characters, `?` is one character.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern_rest, mut text_rest) = (pattern.as_bytes(), text.as_bytes());
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern_rest, text_rest) {
            ([], []) => return true,
            ([b'*', after @ ..], _) => {
                retry = Some((after, text_rest));
                pattern_rest = after;
            }
            ([p, pattern_after @ ..], [t, text_after @ ..]) if p == t || *p == b'?' => {
                (pattern_rest, text_rest) = (pattern_after, text_after);
            }
            _ => match retry {
                Some((after, [_, shorter @ ..])) => {
                    retry = Some((after, shorter));
                    (pattern_rest, text_rest) = (after, shorter);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-west-1:1:api/prod/GET/me";

    fn policy(statements: &Value) -> Value {
        json!({ "principalId": "u1", "policyDocument": { "Statement": statements }, "context": { "sub": "u1" } })
    }

    fn statement(effect: &str, resource: &str) -> Value {
        json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": [resource] })
    }

    #[test]
    fn a_deny_outweighs_an_allow_and_no_match_is_a_deny() {
        let allow = statement("Allow", "arn:aws:execute-api:*:1:api/prod/*");
        let deny = statement("Deny", "arn:aws:execute-api:*:1:api/prod/GET/m?");
        let other = statement("Allow", "arn:aws:execute-api:*:1:api/test/*");
        let access = |statements| evaluate_policy(&policy(&statements), ARN);
        assert!(matches!(access(json!([allow])), Some(Ok(_))));
        assert_eq!(access(json!([allow, deny])), Some(Err(Failure::Denied)));
        assert_eq!(access(json!([other])), Some(Err(Failure::Denied)));
        assert_eq!(access(json!([])), Some(Err(Failure::Denied)));
    }

    #[test]
    fn an_answer_that_is_not_a_policy_is_malformed() {
        let mut nested = policy(&json!([statement("Allow", "*")]));
        nested["context"]["roles"] = json!(["admin"]);
        for answer in [json!(null), json!({}), json!({ "principalId": "u1" }), nested] {
            assert_eq!(evaluate_policy(&answer, ARN), None, "{answer}");
        }
    }

    #[test]
    fn wildcards() {
        for (pattern, text) in
            [("*", ""), ("a*c*e", "abcde"), ("a?c", "abc"), ("*/prod/*", "x/prod/y"), ("**", "a")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a", ""), ("a?c", "ac"), ("*/prod/*", "x/test/y"), ("a*c", "ab")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
