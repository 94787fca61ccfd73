//! Checks that the functions refuse invalid events and incomplete environments.

use serde_json::Value;

use super::stage::Stage;
use crate::shell::{TaskError, hold};

/// A word that no answer may repeat.
const SECRET: &str = "s3cret-of-the-event";

pub(super) fn check(stage: &Stage) -> Result<(), TaskError> {
    for function in stage.functions() {
        answers_no_detail(stage, function)?;
        needs_its_variables(stage, function)?;
    }
    Ok(())
}

fn answers_no_detail(stage: &Stage, function: &str) -> Result<(), TaskError> {
    let actor = stage.start(function, stage.variables(function)?, ".malformed")?;
    let events = [
        format!(r#"{{"token":"{SECRET}"}}"#),
        format!(r#"["{SECRET}"]"#),
        format!(
            r#"{{"httpMethod":"POST","path":"/login","headers":"{SECRET}","requestContext":{{"httpMethod":"POST"}}}}"#
        ),
        format!(r#"{{"type":"TOKEN","authorizationToken":["{SECRET}"],"methodArn":"{SECRET}"}}"#),
        format!(r#"{{"type":"TOKEN","authorizationToken":"Bearer {SECRET}","methodArn":"{SECRET}"}}"#),
        format!(r#"{{"Step":"{SECRET}","SecretId":"Keyset","ClientRequestToken":"{SECRET}"}}"#),
        format!(r#"{{"{SECRET}"#),
    ];
    for event in &events {
        let answer = actor.lambda.invoke(event)?;
        let is_plain = answer["errorMessage"].is_string()
            && !answer.to_string().contains(SECRET)
            && !answer.to_string().contains(".rs:");
        if !is_plain {
            return Err(TaskError(format!("{function} answers {event} with {answer}")));
        }
    }
    let is_silent = !actor.lambda.printed()?.contains(SECRET);
    let claim = format!(
        "{function} answers an event that is none with an error that repeats nothing, and logs none of it"
    );
    hold(&claim, is_silent, &Value::Null)
}

/// Checks that the function fails without the tables, the keyset, the issuer or the audience, none of which has a
/// default.
fn needs_its_variables(stage: &Stage, function: &str) -> Result<(), TaskError> {
    let all = stage.variables(function)?;
    let is_needed = |name: &str| match (function, name) {
        // Two exceptions: a table for another revocation check than the default, and a value that the documents only
        // repeat.
        ("AuthorizerFunction", "REVOCATIONS_TABLE") | ("MetadataFunction", "AUDIENCE") => false,
        (_, "KEYSET_SECRET" | "ISSUER" | "AUDIENCE") => true,
        (_, name) => name.ends_with("_TABLE"),
    };
    let needed: Vec<&String> = all.keys().filter(|name| is_needed(name)).collect();
    for name in &needed {
        let mut variables = all.clone();
        variables.remove(*name);
        let actor = stage.start(function, variables, ".missing")?;
        let reply = actor.lambda.send("{}")?;
        let reason = format!("the environment variable {name} is not set");
        let is_refused = reply.status == 502 && actor.lambda.printed()?.contains(&reason);
        if !is_refused {
            return Err(TaskError(format!("{function} without {name} answers {reply:?}")));
        }
    }
    hold(
        &format!("{function} does not start without any one of {} variables", needed.len()),
        !needed.is_empty(),
        &Value::Null,
    )
}
