//! Deletes an account for its user. Each step can be repeated, and the same request again completes what a
//! failure left. The caller's session ends last, since only a live session admits the repetition.

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{
        AttributeValue::{Bool, N, S},
        Delete, TransactWriteItem, Update,
    },
};
use mails::{MailId, NewRequest, Purpose, Ticket, language_of};
use passwords::{CallerError, Password, Reauthentication, ReplaceError, Username};
use shared::{
    clock::Timestamp,
    http::Language,
    ids::ClientId,
    log::{Cause, Event, RequestLog},
    random,
    store::{FoundSession, SessionKey, StoreError, Transacted, Transaction, User, attribute},
};

use crate::{Accounts, AccountsError, AccountsReason, record::address_of};

const OPERATION: &str = "TransactWriteItems on Credentials, Users and Mails";
/// The number of attempts, if the user is renamed meanwhile.
const ATTEMPTS: usize = 6;

/// A signed-in user's request to delete the account.
#[derive(Debug)]
pub struct Deletion<'a> {
    /// The live session of the request.
    pub session: &'a SessionKey,
    /// When the session began.
    pub created_at: Timestamp,
    /// The user's record. It may say that the user is being deleted. `None`, if the user is deleted already.
    pub user: Option<&'a User>,
    /// The current password, as the user entered it.
    pub current: &'a Password,
    /// The client at which the user asked.
    pub client_id: &'a ClientId,
    /// The language of the mail that tells of the deletion, unless the user's claims name one.
    pub language: Language,
    /// When the request began.
    pub now: Timestamp,
}

impl Accounts {
    /// Deletes the account, and ends all sessions. If the user's name is a mail address and the deployment
    /// sends mail, the address gets a mail about it.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the password is wrong, the user is disabled, or a step fails. After a failed
    /// step, the same request again continues.
    pub async fn delete_account(
        &self,
        deletion: &Deletion<'_>,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        if let Some(user) = deletion.user {
            self.remove_account(deletion, user, log).await?;
        }
        log.user(&deletion.session.user_id);
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::CutOff);
        let ended = self.revoker.revoke(deletion.session, deletion.now, on_denied).await;
        match &ended {
            Ok(()) => log.outcome(Event::AccountDeleted),
            // The account is gone. The same request again ends the session.
            Err(_) => log.happened(Event::AccountDeleted),
        }
        Ok(ended?)
    }

    /// Deletes everything but the caller's session.
    async fn remove_account(
        &self,
        deletion: &Deletion<'_>,
        user: &User,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let Deletion { session, now, .. } = *deletion;
        if user.disabled && !user.deleting {
            return Err(AccountsReason::Caller(CallerError::SessionOver).into());
        }
        if !self.may_delete(deletion, user).await? || !self.begin_deletion(deletion).await? {
            return Ok(());
        }
        // From now on no session begins and none is refreshed, but for a login that has read the user before.
        // It may still store a session. That gets no further: its access token works until it expires, and its
        // refresh finds no user.
        let is_other = |found: &FoundSession| found.key != *session;
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::CutOff);
        self.revoker.revoke_of_user(&session.user_id, now, is_other, on_denied).await?;
        self.consents.delete_all(&session.user_id).await?;
        self.delete_user(deletion).await
    }

    /// Checks the password. `false`, if another request has deleted the user meanwhile. A user who was renamed
    /// meanwhile is read once more.
    async fn may_delete(&self, deletion: &Deletion<'_>, user: &User) -> Result<bool, AccountsError> {
        let Deletion { session, created_at, current, now, .. } = *deletion;
        let username = &Username::of(user)?;
        let entered = Reauthentication { username, user, session, created_at, current };
        let checked = match self.credentials.check_password(&self.passwords, &entered, now).await {
            Err(ReplaceError::Renamed) => {
                let Some((user, username)) = self.renamed(&entered).await? else { return Ok(false) };
                let entered = Reauthentication { username: &username, user: &user, ..entered };
                self.credentials.check_password(&self.passwords, &entered, now).await
            }
            checked => checked,
        };
        checked.map(|()| true).map_err(AccountsReason::current)
    }

    /// Disables the user, and marks the deletion as begun. `false`, if another request has deleted the user
    /// meanwhile.
    async fn begin_deletion(&self, deletion: &Deletion<'_>) -> Result<bool, AccountsError> {
        let user_id = &deletion.session.user_id;
        let update = self
            .users
            .table
            .update_item()
            .key(attribute::USER_ID, S(user_id.to_string()))
            .update_expression("SET #disabled = :yes, #deleting = :yes")
            // An operator may have disabled the user meanwhile. Or a new password or an undo has ended the caller's
            // session: who has the account now may not be the caller, and no repetition would be admitted.
            .condition_expression(
                "attribute_exists(#user_id) \
                 AND (attribute_not_exists(#disabled) OR #disabled = :no OR #deleting = :yes) \
                 AND (attribute_not_exists(#not_before) OR #not_before <= :created_at)",
            )
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#disabled", attribute::DISABLED)
            .expression_attribute_names("#deleting", attribute::DELETING)
            .expression_attribute_names("#not_before", attribute::NOT_BEFORE)
            .expression_attribute_values(":yes", Bool(true))
            .expression_attribute_values(":no", Bool(false))
            .expression_attribute_values(":created_at", N(deletion.created_at.to_string()));
        let Err(error) = update.send().await else { return Ok(true) };
        if !error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) {
            return Err(StoreError::unavailable("UpdateItem on Users", error).into());
        }
        match self.users.find(user_id).await? {
            None => Ok(false),
            Some(_) => Err(AccountsReason::Caller(CallerError::SessionOver).into()),
        }
    }

    /// Deletes the credential and the user, and writes the mail to the address: all of it or nothing. A user
    /// who was renamed meanwhile is deleted under the new name. A user who is gone already counts as deleted.
    async fn delete_user(&self, deletion: &Deletion<'_>) -> Result<(), AccountsError> {
        for _ in 0..ATTEMPTS {
            let Some(user) = self.users.find(&deletion.session.user_id).await? else { return Ok(()) };
            if !user.deleting {
                // An operator has stopped the deletion.
                return Err(AccountsReason::Caller(CallerError::SessionOver).into());
            }
            let token = random::identifier(&*self.random);
            let transaction = Transaction {
                client: &self.users.table.client,
                operation: OPERATION,
                writes: self.deleting(deletion, &user)?,
                token: &token,
            };
            if transaction.run().await? == Transacted::Done {
                return Ok(());
            }
        }
        let reason = "other writes kept changing the user".to_owned();
        Err(StoreError::Unavailable { operation: OPERATION, reason }.into())
    }

    fn deleting(
        &self,
        deletion: &Deletion<'_>,
        user: &User,
    ) -> Result<Vec<TransactWriteItem>, AccountsError> {
        let user_id = &deletion.session.user_id;
        let credential = self.credentials.deletion(&Username::of(user)?, user_id);
        let credential = credential.map_err(StoreError::not_built)?;
        let record = Delete::builder()
            .table_name(&self.users.table.name)
            .key(attribute::USER_ID, S(user_id.to_string()))
            .condition_expression("#deleting = :yes")
            .expression_attribute_names("#deleting", attribute::DELETING)
            .expression_attribute_values(":yes", Bool(true))
            .build()
            .map_err(StoreError::not_built)?;
        let mut writes =
            [credential, record].map(|delete| TransactWriteItem::builder().delete(delete).build()).to_vec();
        if let Some(told) = self.told_of_deletion(deletion, user)? {
            writes.push(TransactWriteItem::builder().update(told).build());
        }
        Ok(writes)
    }

    /// The write of the mail to the user's address, if there is one and the deployment sends mail.
    fn told_of_deletion(
        &self,
        deletion: &Deletion<'_>,
        user: &User,
    ) -> Result<Option<Update>, AccountsError> {
        let Deletion { session, client_id, now, .. } = *deletion;
        let (Ok(outbox), Some(address)) = (self.outbox(), address_of(user)) else { return Ok(None) };
        let told = outbox.mails.written(&NewRequest {
            address: &address,
            ticket: &Ticket::new(Purpose::Deleted, &address, MailId::new(&*self.random), now),
            client_id,
            language: language_of(user).unwrap_or(deletion.language),
            user_id: Some(&session.user_id),
            now,
        });
        Ok(Some(told.map_err(StoreError::not_built)?))
    }
}
