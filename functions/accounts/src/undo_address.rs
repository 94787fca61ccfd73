//! Undoes a change of an account's mail address: the reader of the old address takes the account back, with a
//! new password. All sessions end, and none begins.

use aws_sdk_dynamodb::types::{
    AttributeValue::{N, S},
    TransactWriteItem,
};
use mails::{PendingMail, Ticket, Undos};
use passwords::{Forgotten, NewHash, Restoring, Username};
use secrecy::SecretString;
use shared::{
    clock::Timestamp,
    ids::UserId,
    log::{Event, RequestLog},
    random,
    store::{StoreError, Transacted, Transaction, attribute},
};

use crate::{
    Accounts, AccountsError, AccountsReason,
    record::{Record, claims_with},
    redeem::{Redemption, is_current, username_of},
};

const OPERATION: &str = "TransactWriteItems on Mails, Users and Credentials";
/// The places of two writes in the transaction.
const MAIL: usize = 0;
const CREATION: usize = 2;
/// The number of attempts, if other writes change the account meanwhile.
const ATTEMPTS: usize = 6;

/// An undo, before it is written.
struct Undoing<'a> {
    ticket: &'a Ticket,
    pending: &'a PendingMail,
    record: &'a Record,
    /// The changes that can still be undone afterwards.
    undos: Undos,
    forgotten: &'a Forgotten,
    /// The name that the user gets back.
    to: &'a Username,
    new: NewHash,
}

impl Undoing<'_> {
    /// The user's new cut-off: the instant from which the new password is valid, or the old cut-off if that
    /// is later.
    fn not_before(&self) -> Timestamp {
        self.new.valid_from.max(self.record.user.not_before)
    }
}

impl Accounts {
    /// Gives the account back to the address that a link was mailed to, whatever its address is by now, and
    /// sets a new password.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the password is rejected or is the current one, the link was used or an earlier
    /// change was undone, the user is gone or disabled, or the address belongs to another account by now.
    pub async fn undo_address_change(
        &self,
        ticket: &Ticket,
        password: &SecretString,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let pending = self.mail_of(ticket).await?;
        let to = username_of(&pending)?;
        let new = self.chosen(&Redemption { ticket, guess: None, password, now }, &to).await?;
        let user_id = pending.user_id.as_ref().ok_or(AccountsReason::Over)?;
        if !is_current(&pending, ticket) {
            self.complete_undo(user_id, now, log).await?;
            return Err(AccountsReason::Over.into());
        }
        let hash = self.passwords.hash(new.password()).await.map_err(AccountsReason::Password)?;
        for _ in 0..ATTEMPTS {
            let record = self.record(user_id).await?;
            let undos = record.undos.clone().before(ticket.id).ok_or(AccountsReason::Over)?;
            let forgotten = self.credentials.forgotten(&record.username).await?;
            let forgotten = forgotten.filter(|forgotten| forgotten.credential.user_id == *user_id);
            let Some(forgotten) = forgotten else {
                // The user may have been renamed between the two reads.
                continue;
            };
            // The thief who changed the address knows it.
            self.refuse_current(&forgotten.credential, &new).await?;
            let undoing = Undoing {
                ticket,
                pending: &pending,
                record: &record,
                undos,
                new: NewHash::replacing(&forgotten.credential, hash.clone(), now),
                forgotten: &forgotten,
                to: &to,
            };
            match self.try_to_undo(&undoing).await? {
                Transacted::Done => {
                    let (not_before, event) = (undoing.not_before(), Event::AddressChangeUndone);
                    return self.end_sessions(user_id, not_before, event, now, log).await;
                }
                Transacted::Refused(MAIL) => return Err(AccountsReason::Over.into()),
                Transacted::Refused(CREATION) if to != record.username => {
                    return Err(AccountsReason::Taken.into());
                }
                // The password or the user was changed meanwhile. The owner of the address has the last word.
                Transacted::Refused(_) => {}
            }
        }
        let reason = "other writes kept changing the account".to_owned();
        Err(StoreError::Unavailable { operation: OPERATION, reason }.into())
    }

    /// Uses the mail up, changes the record, and moves the credential with its new password: all of it or
    /// nothing.
    async fn try_to_undo(&self, undoing: &Undoing<'_>) -> Result<Transacted, AccountsError> {
        let Undoing { ticket, pending, record, undos, forgotten, to, new } = undoing;
        let mail = self.outbox()?.mails.use_up(ticket).map_err(StoreError::not_built)?;
        let user = self.rewrite(
            record,
            [
                (attribute::USERNAME, Some(S(to.as_str().to_owned()))),
                (attribute::CLAIMS, Some(claims_with(&record.user, &pending.address)?)),
                (attribute::NOT_BEFORE, Some(N(undoing.not_before().to_string()))),
                (attribute::UNDOS, undos.to_value()),
                // A notice in the record was for the replaced address. The stream must not bring it to the
                // restored one.
                (attribute::NOTICE, None),
                (attribute::NOTICED_AT, None),
                (attribute::NOTICE_NETWORK, None),
            ],
        )?;
        let mut writes = vec![
            TransactWriteItem::builder().update(mail).build(),
            TransactWriteItem::builder().update(user).build(),
        ];
        if **to == record.username {
            // An operator has given the name back already.
            let reset = self.credentials.reset(to, forgotten, new).map_err(StoreError::not_built)?;
            writes.push(TransactWriteItem::builder().update(reset).build());
        } else {
            let restoring = self.credentials.restoring(&record.username, to, forgotten, new);
            let Restoring { creation, deletion } = restoring.map_err(StoreError::not_built)?;
            writes.push(TransactWriteItem::builder().put(creation).build());
            writes.push(TransactWriteItem::builder().delete(deletion).build());
        }
        // A new token for each attempt, since the writes differ.
        let token = random::identifier(&*self.random);
        let client = &self.users.table.client;
        Ok(Transaction { client, operation: OPERATION, writes, token: &token }.run().await?)
    }

    /// Ends the sessions that an earlier undo cut off, but that a failure of ours may have left.
    async fn complete_undo(
        &self,
        user_id: &UserId,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let Some(user) = self.users.find(user_id).await? else { return Ok(()) };
        log.user(user_id);
        self.revoke_before(user_id, user.not_before, now, log).await
    }
}
