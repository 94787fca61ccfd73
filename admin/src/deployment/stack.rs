//! Connects to a stack, by its outputs.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::{Client, error::ProvideErrorMetadata, types::Stack};
use shared::{aws, environment::variable};

use super::{
    access::advice,
    reached::Deployment,
    sdk,
    tables::{LATER, TABLES, of_pairs},
    target::Target,
};
use crate::{error::AdminError, variables};

/// The advice if no service answered.
const UNREACHED: &str = "check the network, and the region's name";
/// The advice for an unforeseen error.
const LOOK: &str = "`aws cloudformation describe-stacks` may say more";

/// Connects to the deployment of this stack.
pub(super) async fn connect(name: &str, target: &Target) -> Result<Deployment, AdminError> {
    let sdk_config = sdk::of_operator(target).await?;
    let region = sdk_config.region().map(ToString::to_string).unwrap_or_default();
    let stack = describe(&Client::new(&sdk_config), name, &region).await?;
    let outputs = outputs(&stack);
    let output = |output: String| {
        let found = outputs.get(output.as_str()).copied();
        found.ok_or_else(|| {
            let status = stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default();
            AdminError::Output { stack: name.to_owned(), output, status }
        })
    };
    let mut variables = vec![(variable::KEYSET_SECRET, output("KeysetArn".to_owned())?)];
    for (id, variable) in TABLES {
        match output(format!("{id}Name")) {
            Err(_) if LATER.contains(&variable) => {}
            name => variables.push((variable, name?)),
        }
    }
    let parameters = parameters(&stack);
    for (parameter, variable) in [("SignUp", variable::SIGN_UP), ("MailFrom", variable::MAIL_FROM)] {
        variables.extend(parameters.get(parameter).map(|value| (variable, value.as_str())));
    }
    let mut deployment = Deployment::over(sdk_config, of_pairs(variables), name.to_owned());
    deployment.api_url = outputs.get("ApiUrl").map(|&url| url.to_owned());
    deployment.parameters = parameters;
    let tags = stack.tags().iter();
    deployment.tags = tags.filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect();
    // The operator may have used its ARN.
    deployment.stack = Some(stack.stack_name().unwrap_or(name).to_owned());
    Ok(deployment)
}

/// The stacks that import this export.
pub(crate) async fn importers(cloudformation: &Client, export: String) -> Result<Vec<String>, AdminError> {
    let mut pages = cloudformation.list_imports().export_name(&export).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(name) = pages.next().await {
        match name {
            Ok(name) => names.push(name),
            // This is CloudFormation's answer if no stack imports it, and if a stack of an old release
            // exports nothing.
            Err(error)
                if error.message().is_some_and(|message| {
                    message.contains("is not imported") || message.contains("does not exist")
                }) =>
            {
                break;
            }
            Err(error) => return Err(AdminError::Imports { export, reason: aws::reason(error) }),
        }
    }
    Ok(names)
}

/// The outputs of a stack.
pub(super) fn outputs(stack: &Stack) -> BTreeMap<&str, &str> {
    let outputs = stack.outputs().iter();
    outputs.filter_map(|output| Some((output.output_key()?, output.output_value()?))).collect()
}

/// The parameters of a stack.
pub(super) fn parameters(stack: &Stack) -> BTreeMap<String, String> {
    let parameters = stack.parameters().iter();
    parameters
        .filter_map(|p| Some((p.parameter_key()?.to_owned(), p.parameter_value()?.to_owned())))
        .collect()
}

pub(super) async fn describe(cloudformation: &Client, name: &str, region: &str) -> Result<Stack, AdminError> {
    let not_found = || AdminError::NoStack { stack: name.to_owned(), region: region.to_owned() };
    find_stack(cloudformation, name, region).await?.ok_or_else(not_found)
}

/// The stack with this name or identifier, if it exists.
///
/// # Errors
///
/// [`AdminError::Stack`], if CloudFormation fails.
pub(crate) async fn find_stack(
    cloudformation: &Client,
    name: &str,
    region: &str,
) -> Result<Option<Stack>, AdminError> {
    match cloudformation.describe_stacks().stack_name(name).send().await {
        Ok(described) => Ok(described.stacks.unwrap_or_default().into_iter().next()),
        Err(error) if error.message().is_some_and(|message| message.ends_with("does not exist")) => Ok(None),
        Err(error) => {
            let advice = error.code().and_then(advice);
            let advice = advice.or(error.code().is_none().then_some(UNREACHED));
            let reason = aws::reason(error);
            let (stack, region) = (name.to_owned(), region.to_owned());
            Err(AdminError::Stack { stack, region, reason, advice: advice.unwrap_or(LOOK) })
        }
    }
}

impl Deployment {
    /// The account and region of a stack, which may be missing or half deployed. It doesn't look for the
    /// tables.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if no stack is named, or the operator has no credentials.
    pub async fn around_stack(target: &Target) -> Result<Self, AdminError> {
        if target.local.is_some() || target.endpoint.is_some() {
            return Err(AdminError::Usage("this command needs a stack in AWS: name it with --stack"));
        }
        let name = target.stack.clone().or_else(variables::stack);
        let name = name.ok_or(AdminError::Usage("which stack? Name it with --stack or LATCHGATE_STACK"))?;
        Ok(Self::over(sdk::of_operator(target).await?, of_pairs([]), name))
    }
}
