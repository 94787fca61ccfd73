//! `latchgate doctor`: examines a deployment.

mod api;
mod authorizers;
mod binding;
mod calls;
mod certificates;
mod check;
mod device;
mod floods;
mod keyset;
mod metrics;
mod origins;
mod serving;
mod settings;
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
    tables::{EXPECTED, ExpectedStream, ExpectedTable},
    trust::trust_in,
};
pub(crate) use self::{tables::stream_of, throwaway::is_throwaway};

/// Examines the deployment, and prints the results.
///
/// # Errors
///
/// [`AdminError::Unwell`], if a check finds something wrong; [`AdminError::Unexamined`], if a check failed to
/// run; another error, if the deployment can't be examined at all.
pub async fn run(context: &Context) -> Result<(), AdminError> {
    run_after(context, Vec::new()).await
}

/// Examines the deployment after a command changed it, and prints the command's results too.
pub(crate) async fn run_after(context: &Context, done: Vec<Check>) -> Result<(), AdminError> {
    // First, since the trial writes: a change that can't be recorded must not happen.
    let audit = context.audit_log().await?;
    let mut checks = done;
    checks.extend(examine(&context.deployment).await?);
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
/// [`AdminError`], if it can't be examined.
pub async fn examine(deployment: &Deployment) -> Result<Vec<Check>, AdminError> {
    let mut checks = tables::check(deployment).await?;
    checks.extend(keyset::check(deployment).await);
    checks.extend(metrics::check(deployment).await);
    checks.extend(trust::check(deployment).await);
    let serving = serving::find(deployment).await;
    checks.extend(serving.checks);
    checks.extend(authorizers::check(deployment).await);
    for api in &serving.apis {
        checks.extend(floods::check(deployment, api));
        checks.extend(api.check(deployment).await);
        checks.extend(origins::check(api).await);
        let trial = Box::pin(trial::check(deployment, api)).await;
        checks.extend(trial.checks);
        if trial.is_interrupted {
            break;
        }
    }
    Ok(checks)
}
