//! A stack, by its outputs.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::{Client, error::ProvideErrorMetadata, types::Stack};
use shared::{aws, environment::variable};

use super::{
    reached::Deployment,
    sdk,
    tables::{TABLES, of_pairs},
    target::Target,
};
use crate::error::AdminError;

/// The deployment that is this stack.
pub(super) async fn connect(name: &str, target: &Target) -> Result<Deployment, AdminError> {
    let sdk_config = sdk::of_operator(target).await;
    let stack = describe(&Client::new(&sdk_config), name).await?;
    let outputs: BTreeMap<&str, &str> = stack
        .outputs()
        .iter()
        .filter_map(|output| Some((output.output_key()?, output.output_value()?)))
        .collect();
    let output = |output: String| {
        let found = outputs.get(output.as_str()).copied();
        found.ok_or_else(|| AdminError::Output { stack: name.to_owned(), output })
    };
    let mut variables = vec![(variable::KEYSET_SECRET, output("KeysetArn".to_owned())?)];
    for (id, variable) in TABLES {
        variables.push((variable, output(format!("{id}Name"))?));
    }
    let mut deployment = Deployment::over(sdk_config, of_pairs(variables), name.to_owned());
    deployment.api_url = outputs.get("ApiUrl").map(|&url| url.to_owned());
    deployment.parameters = stack
        .parameters()
        .iter()
        .filter_map(|p| Some((p.parameter_key()?.to_owned(), p.parameter_value()?.to_owned())))
        .collect();
    Ok(deployment)
}

async fn describe(cloudformation: &Client, name: &str) -> Result<Stack, AdminError> {
    let not_found = || AdminError::NotFound { kind: "stack", name: name.to_owned() };
    match cloudformation.describe_stacks().stack_name(name).send().await {
        Ok(described) => described.stacks.unwrap_or_default().into_iter().next().ok_or_else(not_found),
        Err(error) if error.message().is_some_and(|message| message.ends_with("does not exist")) => {
            Err(not_found())
        }
        Err(error) => Err(AdminError::Stack { stack: name.to_owned(), reason: aws::reason(error) }),
    }
}
