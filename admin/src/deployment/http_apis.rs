//! The HTTP APIs in front of a stack's functions. Each is a stack itself (template-http.yaml).

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;

use super::{
    reached::Deployment,
    stack::{describe, importers, outputs, parameters},
};
use crate::error::AdminError;

/// An HTTP API in front of the functions of a stack.
#[derive(Clone, Debug)]
pub(crate) struct HttpApi {
    /// The name of its stack.
    pub(crate) stack: String,
    /// Its identifier; `None`, if its stack's release has no such output.
    pub(crate) id: Option<String>,
    /// Its URL; `None`, if only another stack's domain leads to it.
    pub(crate) url: Option<String>,
    /// The parameters of its stack.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Returns the HTTP APIs in front of this stack's functions: the stacks that import the function behind `POST
/// /login` and have an address or an API. (The alarms' stack imports it too.)
///
/// # Errors
///
/// [`AdminError`], if CloudFormation fails.
pub(crate) async fn http_apis(deployment: &Deployment, stack: &str) -> Result<Vec<HttpApi>, AdminError> {
    let client = Client::new(&deployment.sdk_config);
    let region = deployment.sdk_config.region().map(ToString::to_string).unwrap_or_default();
    let mut found = Vec::new();
    for importer in importers(&client, format!("{stack}-LoginArn")).await? {
        let described = match describe(&client, &importer, &region).await {
            Ok(described) => described,
            // The stack was deleted meanwhile.
            Err(AdminError::NoStack { .. }) => continue,
            Err(error) => return Err(error),
        };
        let outputs = outputs(&described);
        let output = |name: &str| outputs.get(name).map(|&value| value.to_owned());
        let (id, url) = (output("ApiId"), output("ApiUrl"));
        if id.is_some() || url.is_some() {
            found.push(HttpApi { stack: importer, id, url, parameters: parameters(&described) });
        }
    }
    Ok(found)
}
