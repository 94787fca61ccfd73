//! The operators' access to the Mails table.

use aws_sdk_dynamodb::types::Update;
use mails::{MailId, Mails, NewRequest, Purpose, Ticket, address_of, language_of};
use shared::{
    clock::Timestamp,
    environment::variable,
    http::Language,
    ids::{ClientId, UserId},
    store::{StoreError, User},
};

use crate::{deployment::Deployment, error::AdminError};

/// The table of mails, for one that goes with a change.
#[derive(Clone, Copy, Debug)]
pub struct Outbox<'a> {
    /// The table.
    pub mails: &'a Mails,
    /// The identifier of the mail.
    pub id: MailId,
}

impl Outbox<'_> {
    /// The write of the mail that tells a user of another user name. `None`, if the user has no address.
    pub(crate) fn mail_of_rename(
        &self,
        user_id: &UserId,
        user: &User,
        now: Timestamp,
    ) -> Result<Option<Update>, StoreError> {
        let Some(address) = address_of(user) else { return Ok(None) };
        let written = self.mails.written(&NewRequest {
            address: &address,
            ticket: &Ticket::new(Purpose::Renamed, &address, self.id, now),
            // No client has this one.
            client_id: &ClientId::browser(),
            language: language_of(user).unwrap_or(Language::English),
            user_id: Some(user_id),
            now,
        });
        written.map(Some).map_err(StoreError::not_built)
    }
}

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

/// The deployment's table, for mails that go with a change. `None`, if it is known to send none, or has no such table.
///
/// # Errors
///
/// [`AdminError`], if a variable is malformed.
pub(crate) fn to_tell(deployment: &Deployment) -> Result<Option<Mails>, AdminError> {
    let has_table = deployment.environment.optional(variable::MAILS_TABLE).is_some();
    if has_table && deployment.sends_mail() != Some(false) { open(deployment).map(Some) } else { Ok(None) }
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
