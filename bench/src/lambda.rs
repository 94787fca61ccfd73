//! A function's context and variables, as Lambda sets them.

use lambda_http::Request;
use local::{
    functions::{Deployment, Keyset},
    template::Template,
};
use shared::{context::Context, environment::variable, http::request_of};

use crate::program::Failure;

const REFRESH_EVENT: &str = include_str!("../../tests/events/refresh.json");

/// API Gateway's request for a refresh of the public demo client.
///
/// # Errors
///
/// If an event can't contain the token.
pub(crate) fn refresh_request(refresh_token: &str) -> Result<Request, Failure> {
    let event = serde_json::from_str(&REFRESH_EVENT.replace("REFRESH_TOKEN", refresh_token))?;
    Ok(request_of(event))
}

/// The context of the function with this name.
///
/// # Errors
///
/// If the template has no such function.
pub(crate) fn context(
    template: &Template,
    deployment: &Deployment,
    function: &str,
) -> Result<Context, Failure> {
    let function = template.functions(&deployment.parameters)?.remove(function).ok_or("no such function")?;
    Ok(deployment.context(function))
}

/// The variables of a function from the template, and those from Lambda. The keyset itself replaces its secret's name.
///
/// # Errors
///
/// If the template has no such function, or the deployment's keyset isn't a document.
pub(crate) fn variables(
    template: &Template,
    deployment: &Deployment,
    (function, endpoint): (&str, &str),
) -> Result<Vec<(String, String)>, Failure> {
    let function = template.functions(&deployment.parameters)?.remove(function).ok_or("no such function")?;
    let Keyset::Document(keyset) = &deployment.keyset else { return Err("no keyset".into()) };
    let of_template = function.variables.into_iter().map(|(name, value)| match name.as_str() {
        variable::KEYSET_SECRET => (variable::KEYSET.to_owned(), keyset.to_json()),
        // The measurement includes all log lines and metrics.
        variable::STACK_NAME => (name, "latchgate".to_owned()),
        variable::METRICS => (name, "on".to_owned()),
        variable::REQUEST_LINES => (name, "all".to_owned()),
        _ => (name, deployment.tables.get(&value).cloned().unwrap_or(value)),
    });
    Ok(of_template.chain(of_every_function(endpoint)).collect())
}

/// The region, the credentials, and DynamoDB's URL.
pub(crate) fn of_every_function(endpoint: &str) -> [(String, String); 4] {
    let of_lambda = [
        (variable::AWS_ENDPOINT_URL_DYNAMODB, endpoint),
        (variable::AWS_REGION, "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
    ];
    of_lambda.map(|(name, value)| (name.to_owned(), value.to_owned()))
}
