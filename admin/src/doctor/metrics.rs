//! Checks whether a stack's alarms watch metrics that the functions write.

use aws_sdk_cloudformation::Client;

use super::Check;
use crate::{
    deployment::{Deployment, importers},
    error::AdminError,
};

const NAME: &str = "metrics";
/// A name that every version of template-alarms.yaml imports, and no other template does. Older versions
/// can't be recognised in another way; newer ones also import a name that only `Metrics=on` exports.
const IMPORTED: &str = "KeysArn";

/// `None`, if the deployment is no stack, or its release lacks the parameter. In that case metrics are always
/// on.
pub(super) async fn check(deployment: &Deployment) -> Option<Check> {
    if deployment.parameter("Metrics")? == "on" {
        return Some(Check::ok(NAME, "the functions write the metrics that alarms watch"));
    }
    Some(match alarms(deployment).await {
        Ok(stacks) if stacks.is_empty() => Check::ok(NAME, "off, and no alarms watch them"),
        Ok(stacks) => {
            let detail = format!("off, so the alarms of {} never go off", stacks.join(", "));
            Check::wrong(NAME, detail, "set Metrics=on, then update that stack, or delete it")
        }
        Err(error) => Check::failed(NAME, &error),
    })
}

/// The stacks of alarms, by their import of `IMPORTED`.
async fn alarms(deployment: &Deployment) -> Result<Vec<String>, AdminError> {
    // The target may be the stack's ARN: arn:…:stack/NAME/ID.
    let stack = deployment.target.split('/').nth(1).unwrap_or(&deployment.target);
    importers(&Client::new(&deployment.sdk_config), format!("{stack}-{IMPORTED}")).await
}
