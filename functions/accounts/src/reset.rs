//! Sets a new password for a user who forgot the old one. All sessions end, and none begins.

use aws_sdk_dynamodb::types::{
    AttributeValue::{Bool, N, S},
    TransactWriteItem, Update,
};
use mails::{PendingMail, Purpose, Ticket};
use passwords::{Credential, Forgotten, NO_PASSWORD, NewHash, NewPassword, PasswordError, Username, Verdict};
use secrecy::SecretString;
use shared::{
    clock::Timestamp,
    ids::UserId,
    log::{Cause, Event, RequestLog},
    random,
    store::{FoundSession, Notice, SessionKey, StoreError, Transacted, Transaction, User, attribute},
};

use crate::{
    Accounts, AccountsError, AccountsReason,
    redeem::{Redemption, is_current, username_of},
};

const OPERATION: &str = "TransactWriteItems on Mails, Credentials and Users";
/// The place of the mail's write in the transaction.
const MAIL: usize = 0;
/// How often the account is read again because it was changed meanwhile.
const ATTEMPTS: usize = 4;

/// The purposes of the mails whose links set a password: in the place of a forgotten one, or the first one.
pub const SETS_PASSWORD: [Purpose; 2] = [Purpose::Reset, Purpose::Notice(Notice::PasswordMissing)];

/// The account whose password is reset, as it was read.
struct Account {
    username: Username,
    forgotten: Forgotten,
    user: User,
}

impl Account {
    fn user_id(&self) -> &UserId {
        &self.forgotten.credential.user_id
    }

    /// The instant before which the user's sessions are over: from when the new password is valid, unless
    /// an earlier cut-off is later.
    fn not_before(&self, new: &NewHash) -> Timestamp {
        new.valid_from.max(self.user.not_before)
    }
}

impl Accounts {
    /// Sets a new password for the user of the address that a link was mailed to, or the first one of a user
    /// who has none.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the password is rejected, or is the current one and has to be changed, the
    /// link was used or replaced, the user is gone or disabled, or has a password and the link was for the
    /// first one.
    pub async fn reset(
        &self,
        ticket: &Ticket,
        password: &SecretString,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        self.reset_by(&Redemption { ticket, guess: None, password, now }, log).await
    }

    pub(crate) async fn reset_by(
        &self,
        redemption: &Redemption<'_>,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let Redemption { ticket, guess, now, .. } = *redemption;
        let pending = self.mail_of(ticket).await?;
        let username = username_of(&pending)?;
        let new = self.chosen(redemption, &username).await?;
        if !is_current(&pending, ticket) {
            // A code's caller may be a stranger, who must not learn by the time whether there is an account.
            if guess.is_none() {
                self.complete(&username, now, log).await?;
            }
            return Err(AccountsReason::Over.into());
        }
        let mut account = self.account(username).await?;
        let hash = self.passwords.hash(new.password()).await.map_err(AccountsReason::Password)?;
        for _ in 0..ATTEMPTS {
            check_first(ticket, &pending, &account)?;
            self.check_change(&account.forgotten.credential, &new).await?;
            let new_hash = NewHash::replacing(&account.forgotten.credential, hash.clone(), now);
            match self.replace(ticket, &account, &new_hash).await? {
                Transacted::Done => {
                    let not_before = account.not_before(&new_hash);
                    let event = Event::PasswordReset;
                    return self.end_sessions(account.user_id(), not_before, event, now, log).await;
                }
                Transacted::Refused(MAIL) => return Err(AccountsReason::Over.into()),
                // The password or the user was changed meanwhile. The owner of the address has the last word.
                Transacted::Refused(_) => account = self.account(account.username).await?,
            }
        }
        let reason = "other writes kept changing the account".to_owned();
        Err(StoreError::Unavailable { operation: OPERATION, reason }.into())
    }

    /// The account with this name, unless it is disabled. A disabled user was sent no link, but may have been
    /// disabled since.
    async fn account(&self, username: Username) -> Result<Account, AccountsError> {
        let forgotten = self.credentials.forgotten(&username).await?.ok_or(AccountsReason::NoAccount)?;
        let user = self.users.find(&forgotten.credential.user_id).await?;
        let user = user.filter(|user| !user.disabled).ok_or(AccountsReason::NoAccount)?;
        Ok(Account { username, forgotten, user })
    }

    /// Refuses a link whose account is gone or disabled, or has a password that the link must not replace.
    pub(crate) async fn check_account(
        &self,
        ticket: &Ticket,
        pending: &PendingMail,
    ) -> Result<(), AccountsError> {
        let account = self.account(username_of(pending)?).await?;
        Ok(check_first(ticket, pending, &account)?)
    }

    /// Refuses the current password of a user who has to change it. Others may keep theirs: they only
    /// believed that they had forgotten it.
    async fn check_change(&self, credential: &Credential, new: &NewPassword) -> Result<(), AccountsError> {
        if credential.must_change { self.refuse_current(credential, new).await } else { Ok(()) }
    }

    /// Refuses a new password that is the current one.
    pub(crate) async fn refuse_current(
        &self,
        credential: &Credential,
        new: &NewPassword,
    ) -> Result<(), AccountsError> {
        match self.passwords.verify(new.password(), Some(&credential.password_hash)).await {
            // Nobody can log in with an unusable hash, which the reset replaces.
            Ok(Verdict::Wrong) | Err(PasswordError::Unusable) => Ok(()),
            Ok(Verdict::Right | Verdict::RightButWeak) => Err(AccountsReason::Same.into()),
            Err(error @ PasswordError::Failed) => Err(AccountsReason::Password(error).into()),
        }
    }

    /// Replaces the password, cuts the user's sessions off, and uses the mail up: all of it or nothing.
    async fn replace(
        &self,
        ticket: &Ticket,
        account: &Account,
        new: &NewHash,
    ) -> Result<Transacted, AccountsError> {
        let mail = self.outbox()?.mails.use_up(ticket).map_err(StoreError::not_built)?;
        let credential = self.credentials.reset(&account.username, &account.forgotten, new);
        let writes = [mail, credential.map_err(StoreError::not_built)?, self.cut_off(account, new)?];
        let writes = writes.map(|update| TransactWriteItem::builder().update(update).build());
        // A name of its own for each attempt, whose writes differ.
        let token = random::identifier(&*self.random);
        let client = &self.users.table.client;
        let transaction = Transaction { client, operation: OPERATION, writes: writes.into(), token: &token };
        Ok(transaction.run().await?)
    }

    /// The write that cuts off the user's earlier sessions, and names the notice. A later cut-off stays, and
    /// the user must not have been disabled meanwhile.
    fn cut_off(&self, account: &Account, new: &NewHash) -> Result<Update, StoreError> {
        let not_before = account.not_before(new);
        Update::builder()
            .table_name(&self.users.table.name)
            .key(attribute::USER_ID, S(account.user_id().to_string()))
            .update_expression(
                "SET #not_before = :not_before, #notice = :notice, #noticed_at = :noticed_at REMOVE #network",
            )
            .condition_expression(
                "attribute_exists(#user_id) \
                 AND (attribute_not_exists(#disabled) OR #disabled = :no) \
                 AND (attribute_not_exists(#not_before) OR #not_before <= :not_before)",
            )
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#disabled", attribute::DISABLED)
            .expression_attribute_names("#not_before", attribute::NOT_BEFORE)
            .expression_attribute_names("#notice", attribute::NOTICE)
            .expression_attribute_names("#noticed_at", attribute::NOTICED_AT)
            .expression_attribute_names("#network", attribute::NOTICE_NETWORK)
            .expression_attribute_values(":not_before", N(not_before.to_string()))
            .expression_attribute_values(":notice", S(Notice::PasswordChanged.name().to_owned()))
            // Later than that of every earlier change, whatever cut-off stays.
            .expression_attribute_values(":noticed_at", N(new.valid_from.to_string()))
            .expression_attribute_values(":no", Bool(false))
            .build()
            .map_err(StoreError::not_built)
    }

    /// Ends the user's sessions that began before the new password, and logs its event. It queries them only
    /// now, to include logins with the old password until it was replaced.
    pub(crate) async fn end_sessions(
        &self,
        user_id: &UserId,
        not_before: Timestamp,
        event: Event,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        log.user(user_id);
        let ended = self.revoke_before(user_id, not_before, now, log).await;
        match &ended {
            Ok(()) => log.outcome(event),
            // The password was replaced. The same link again ends the rest of the sessions.
            Err(_) => log.happened(event),
        }
        ended
    }

    pub(crate) async fn revoke_before(
        &self,
        user_id: &UserId,
        not_before: Timestamp,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        // A malformed session ends too.
        let is_old = |found: &FoundSession| {
            !found.session.as_ref().is_ok_and(|session| session.created_at >= not_before)
        };
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordReset);
        Ok(self.revoker.revoke_of_user(user_id, now, is_old, on_denied).await?)
    }

    /// Ends what an earlier reset may have left: the sessions that the user's cut-off made over. A failure
    /// of ours may have come between.
    async fn complete(
        &self,
        username: &Username,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let Some(forgotten) = self.credentials.forgotten(username).await? else { return Ok(()) };
        let user_id = &forgotten.credential.user_id;
        let Some(user) = self.users.find(user_id).await? else { return Ok(()) };
        log.user(user_id);
        self.revoke_before(user_id, user.not_before, now, log).await
    }
}

/// Refuses a link for the first password, unless its user has none still. Another link or an operator may have
/// set one since, which an older mail mustn't replace, and another user may have the address.
fn check_first(ticket: &Ticket, pending: &PendingMail, account: &Account) -> Result<(), AccountsReason> {
    let is_for_first = ticket.purpose == Purpose::Notice(Notice::PasswordMissing);
    let is_theirs = pending.user_id.as_ref() == Some(account.user_id());
    let has_none = account.forgotten.credential.password_hash == NO_PASSWORD;
    if is_for_first && !(is_theirs && has_none) { Err(AccountsReason::Over) } else { Ok(()) }
}
