//! Starts the functions, and keeps the store from sweeping.

use crate::{lambda::context, program::Failure};
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use local::{functions::Deployment, template::Template};
use shared::{context::Context, store::attribute};

/// The authorizer's context in this mode.
pub(crate) fn of_authorizer(
    template: &Template,
    deployment: &Deployment,
    mode: &str,
) -> Result<Context, Failure> {
    let parameters = deployment.parameters.clone().with("RevocationCheck", mode);
    context(template, &Deployment { parameters, ..deployment.clone() }, "authorizer")
}

/// Turns expiry off. The embedded store scans all rows for expired ones once a minute, while DynamoDB does this in the
/// background.
pub(crate) async fn keep_unswept(deployment: &Deployment) -> Result<(), Failure> {
    let off =
        TimeToLiveSpecification::builder().attribute_name(attribute::EXPIRES_AT).enabled(false).build()?;
    for table in ["SessionsTable", "RevocationsTable"] {
        let update = deployment.dynamodb.update_time_to_live().table_name(&deployment.tables[table]);
        update.time_to_live_specification(off.clone()).send().await?;
    }
    Ok(())
}
