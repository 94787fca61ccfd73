//! A stack, by its outputs.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::{Client, error::ProvideErrorMetadata, types::Stack};
use shared::{aws, environment::variable};

use super::{
    access::advice,
    reached::Deployment,
    sdk,
    tables::{TABLES, of_pairs},
    target::Target,
};
use crate::error::AdminError;

/// What to do where nobody answered.
const UNREACHED: &str = "is there a network, and is the region's name right?";
/// What to do about an error that nobody foresaw.
const LOOK: &str = "`aws cloudformation describe-stacks` may say more";

/// The deployment that is this stack.
pub(super) async fn connect(name: &str, target: &Target) -> Result<Deployment, AdminError> {
    let sdk_config = sdk::of_operator(target).await?;
    let region = sdk_config.region().map(ToString::to_string).unwrap_or_default();
    let stack = describe(&Client::new(&sdk_config), name, &region).await?;
    let outputs: BTreeMap<&str, &str> = stack
        .outputs()
        .iter()
        .filter_map(|output| Some((output.output_key()?, output.output_value()?)))
        .collect();
    let output = |output: String| {
        let found = outputs.get(output.as_str()).copied();
        found.ok_or_else(|| {
            let status = stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default();
            AdminError::Output { stack: name.to_owned(), output, status }
        })
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

async fn describe(cloudformation: &Client, name: &str, region: &str) -> Result<Stack, AdminError> {
    let not_found = || AdminError::NoStack { stack: name.to_owned(), region: region.to_owned() };
    match cloudformation.describe_stacks().stack_name(name).send().await {
        Ok(described) => described.stacks.unwrap_or_default().into_iter().next().ok_or_else(not_found),
        Err(error) if error.message().is_some_and(|message| message.ends_with("does not exist")) => {
            Err(not_found())
        }
        Err(error) => {
            let advice = error.code().and_then(advice);
            let advice = advice.or(error.code().is_none().then_some(UNREACHED));
            let reason = aws::reason(error);
            let (stack, region) = (name.to_owned(), region.to_owned());
            Err(AdminError::Stack { stack, region, reason, advice: advice.unwrap_or(LOOK) })
        }
    }
}
