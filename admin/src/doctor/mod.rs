//! `latchgate doctor`: whether a deployment is as it should be.

mod api;
mod certificates;
mod check;
mod floods;
mod keyset;
mod origins;
mod tables;
mod throwaway;
mod trial;
mod trust;

use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    deployment::Deployment,
    error::AdminError,
};

pub use self::{
    certificates::{Root, Roots},
    check::{Check, Outcome},
    tables::{EXPECTED, ExpectedTable},
    trust::trust_in,
};

/// Examines the deployment, and prints what it found.
///
/// # Errors
///
/// [`AdminError::Unwell`] if a check finds something wrong, [`AdminError::Unexamined`] if a check couldn't be made, and another
/// error if the deployment can't be examined at all.
pub async fn run(context: &Context) -> Result<(), AdminError> {
    // First: the trial writes, and what can't be written down isn't done.
    let audit = context.audit_log().await?;
    let checks = examine(&context.deployment).await?;
    audit.record(OperatorEvent::DoctorRan, &Subject::default())?;
    context.console.print_list(&["check", "result", "detail"], &checks)?;
    for check in &checks {
        if let Some(remedy) = &check.remedy {
            context.console.note(&format!("{}: {remedy}", check.name));
        }
    }
    let wrong = checks.iter().filter(|check| check.outcome == Outcome::Wrong).count();
    let failed = checks.iter().filter(|check| check.failed).count();
    match (wrong, failed) {
        (0, 0) => Ok(()),
        (0, failed) => Err(AdminError::Unexamined(failed)),
        (wrong, _) => Err(AdminError::Unwell(wrong)),
    }
}

/// Examines the deployment.
///
/// # Errors
///
/// [`AdminError`], if it can't be.
pub async fn examine(deployment: &Deployment) -> Result<Vec<Check>, AdminError> {
    let mut checks = tables::check(deployment).await?;
    checks.extend(keyset::check(deployment).await);
    checks.extend(floods::check(deployment));
    checks.extend(trust::check(deployment).await);
    if let Some(api) = api::Api::of(deployment) {
        checks.extend(api.check(deployment).await);
        checks.extend(origins::check(deployment, &api).await);
        checks.extend(Box::pin(trial::check(deployment, &api)).await);
    } else {
        let detail = "where it is served is not known: name the deployment with --stack or --local";
        checks.push(Check::unknown("API", detail));
    }
    Ok(checks)
}
