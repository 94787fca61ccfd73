//! Withdraws the unused invitation of an address.

use mails::{EmailAddress, Mails, Withdrawn};

use super::outcome::Outcome;
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    deployment::Deployment,
    error::AdminError,
    tables::outbox,
};

/// Withdraws invitations.
pub(super) struct Withdrawer {
    deployment: Deployment,
    mails: Mails,
    /// `None` in a dry run, which writes nothing.
    audit: Option<AuditLog>,
}

impl Withdrawer {
    /// A withdrawer. Without an audit log, it only predicts the results. The deployment need not send mails any
    /// more.
    pub(super) fn new(deployment: &Deployment, audit: Option<AuditLog>) -> Result<Self, AdminError> {
        Ok(Self { mails: outbox::open(deployment)?, deployment: deployment.clone(), audit })
    }

    /// Withdraws the invitation of an address.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if a request fails.
    pub(super) async fn withdraw(&self, address: &EmailAddress) -> Result<Outcome, AdminError> {
        let now = self.deployment.now();
        let withdrawn = match &self.audit {
            Some(_) => self.mails.withdraw(address, now).await?,
            None => self.mails.would_withdraw(address, now).await?,
        };
        Ok(match withdrawn {
            Withdrawn::Done => {
                if let Some(audit) = &self.audit {
                    audit.record(OperatorEvent::InvitationWithdrawn, &Subject::address(address))?;
                }
                Outcome::Withdrawn
            }
            Withdrawn::Accepted => Outcome::Accepted,
            Withdrawn::Absent => Outcome::NotInvited,
        })
    }
}
