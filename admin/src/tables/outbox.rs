//! The operators' access to the Mails table.

use mails::Mails;
use shared::environment::variable;

use crate::{deployment::Deployment, error::AdminError};

/// Opens the deployment's table.
///
/// # Errors
///
/// [`AdminError::Refused`], if the deployment doesn't have it.
pub(crate) fn open(deployment: &Deployment) -> Result<Mails, AdminError> {
    if deployment.environment.optional(variable::MAILS_TABLE).is_none() {
        return Err(AdminError::Refused(
            "this deployment has no table of mails: deploy it from the current template.yaml, or name the table \
             with MAILS_TABLE",
        ));
    }
    Ok(Mails::new(&deployment.environment, &deployment.dynamodb)?)
}

/// Opens the deployment's table, from which mails are to be sent.
///
/// # Errors
///
/// [`AdminError::Refused`], if the deployment is known to send none.
pub(crate) fn to_send(deployment: &Deployment) -> Result<Mails, AdminError> {
    if deployment.sends_mail() == Some(false) {
        return Err(AdminError::Refused(
            "this stack sends no mail: deploy it with a sender, `sam deploy --parameter-overrides \
             'MailFrom=The shop <login@shop.example.com>'`",
        ));
    }
    open(deployment)
}
