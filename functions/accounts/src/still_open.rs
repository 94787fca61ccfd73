//! Whether a link that is neither used nor replaced still opens something, for the page that it leads to. The writes
//! that use a link up decide once more. This only spares users a form that would be refused.

use mails::{PendingMail, Purpose, Ticket};

use crate::{Accounts, AccountsError, AccountsReason, record::address_of, redeem::username_of};

impl Accounts {
    /// Refuses a link that is void by now, although it's the newest to its mailbox and unused. This uses nothing
    /// up.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], the one with which the link's use would fail: the account is gone, disabled or
    /// there already, or a later event voids the link. A link to a sign-up that isn't admitted any more counts as
    /// void. Whether another account has the address by now, of a change and of an undo, shows only when the
    /// link is used.
    pub(crate) async fn check_still_open(
        &self,
        ticket: &Ticket,
        pending: &PendingMail,
    ) -> Result<(), AccountsError> {
        match ticket.purpose {
            Purpose::SignUp | Purpose::Invitation => {
                self.check_admission(ticket, pending).await.map_err(|error| match error {
                    AccountsError::Endpoint(_) => AccountsReason::Over.into(),
                    failure => failure,
                })?;
                let taken = self.credentials.find(&username_of(pending)?).await?;
                if taken.is_some() { Err(AccountsReason::Taken.into()) } else { Ok(()) }
            }
            Purpose::Reset | Purpose::Notice(_) => self.check_account(ticket, pending).await,
            Purpose::Email => {
                let record = self.asker_with_password(pending).await?;
                let old = address_of(&record.user).ok_or(AccountsReason::Over)?;
                if old.normal() == pending.address.normal() {
                    return Err(AccountsReason::Taken.into());
                }
                Ok(())
            }
            Purpose::Undo => {
                let user_id = pending.user_id.as_ref().ok_or(AccountsReason::Over)?;
                let undos = self.record(user_id).await?.undos;
                undos.before(ticket.id).ok_or(AccountsReason::Over)?;
                Ok(())
            }
            // Such a mail has no link.
            Purpose::Deleted | Purpose::Renamed => Ok(()),
        }
    }
}
