//! A signed-in user asks for another mail address. The new address gets a mail, and nothing changes until its
//! reader confirms the address. The request doesn't look whether the new address has an account: the mailer
//! does, and the owner of that address learns it by mail.

use mails::{EmailAddress, PendingMail, Purpose};
use passwords::{CallerError, Reauthentication, ReplaceError, Username, check_renamed};
use shared::{
    client::Client,
    clock::Timestamp,
    http::Language,
    log::RequestLog,
    network::Network,
    store::{StoreError, User},
};

use crate::{
    Accounts, AccountsError, AccountsReason, Requested,
    ask::Admitted,
    record::{Record, address_of, claims_with},
};

/// A signed-in user's request for another mail address.
#[derive(Debug)]
pub struct AddressAsked<'a> {
    /// The user, with the current password.
    pub current: Reauthentication<'a>,
    /// The client that asks; `None` for the pages.
    pub client: Option<&'a Client>,
    /// The new address.
    pub email: &'a EmailAddress,
    /// The language of the mail.
    pub language: Language,
    /// The caller's network; `None`, if it isn't counted.
    pub network: Option<&'a Network>,
    /// When the request began.
    pub now: Timestamp,
}

impl Accounts {
    /// Has a mail sent to the new address, with the link and the code that confirm it.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the deployment sends no mail, the user's name is no address or is this one, the
    /// password is wrong, or too many mails were asked for.
    pub async fn ask_for_address(
        &self,
        asked: &AddressAsked<'_>,
        log: &RequestLog,
    ) -> Result<Requested, AccountsError> {
        let AddressAsked { current, client, email, language, network, now } = *asked;
        let outbox = self.outbox()?;
        // Before counting: a request that can't be answered counts for nothing.
        let key = outbox.key(now).await?;
        self.check_asker(&current, email, now).await?;
        outbox.count_network(network, now).await?;
        let admitted = Admitted {
            purpose: Purpose::Email,
            client,
            email,
            language,
            user_id: Some(&current.session.user_id),
            // A session that follows a change of password begins some seconds later than its request. The
            // cut-off of that change must not make this request void.
            now: now.max(current.created_at),
        };
        self.request(outbox, &key, &admitted, log).await
    }

    /// Checks the new address and the current password. A user who was renamed meanwhile is read once more.
    async fn check_asker(
        &self,
        current: &Reauthentication<'_>,
        email: &EmailAddress,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        check_address(current.user, email)?;
        let checked = match self.credentials.check_password(&self.passwords, current, now).await {
            Err(ReplaceError::Renamed) => {
                let renamed = self.renamed(current).await?.filter(|(user, _)| !user.disabled);
                let over = AccountsReason::Caller(CallerError::SessionOver);
                let (user, username) = renamed.ok_or(over)?;
                check_address(&user, email)?;
                let current = Reauthentication { username: &username, user: &user, ..*current };
                self.credentials.check_password(&self.passwords, &current, now).await
            }
            checked => checked,
        };
        checked.map_err(AccountsReason::current)
    }

    /// The user, read again after the record named another user's credential or none. `None`, if the user is
    /// deleted by now.
    pub(crate) async fn renamed(
        &self,
        before: &Reauthentication<'_>,
    ) -> Result<Option<(User, Username)>, StoreError> {
        let Some(user) = self.users.find(&before.session.user_id).await? else { return Ok(None) };
        let username = Username::of(&user)?;
        check_renamed(before.username, &username)?;
        Ok(Some((user, username)))
    }

    /// Like [`Self::asker`], and looks at the password as well: a new one makes the request void even if it
    /// cut nobody off. The write that moves the account looks at it too.
    pub(crate) async fn asker_with_password(&self, pending: &PendingMail) -> Result<Record, AccountsError> {
        let record = self.asker(pending).await?;
        let credential = self.credentials.find(&record.username).await?;
        let is_void = credential.is_none_or(|credential| pending.asked_at < credential.valid_from);
        if is_void { Err(AccountsReason::Over.into()) } else { Ok(record) }
    }

    /// The record of the user who asked for this mail to a new address. A request is void once the user is cut
    /// off, by a new password or an undo, or has changed the address otherwise: it may be a thief's, or a
    /// mistyped one.
    pub(crate) async fn asker(&self, pending: &PendingMail) -> Result<Record, AccountsError> {
        let record = self.record(pending.user_id.as_ref().ok_or(AccountsReason::Over)?).await?;
        let is_void = !record.user.admits(pending.asked_at) || pending.asked_at < record.undos.latest();
        if is_void { Err(AccountsReason::Over.into()) } else { Ok(record) }
    }
}

/// Refuses an address that the account has already, or that doesn't fit its claims, and every address if the
/// user name is no address.
fn check_address(user: &User, email: &EmailAddress) -> Result<(), AccountsError> {
    let own = address_of(user).ok_or(AccountsReason::NotAnAddress)?;
    if own.normal() == email.normal() {
        return Err(AccountsReason::SameAddress.into());
    }
    claims_with(user, email)?;
    Ok(())
}
