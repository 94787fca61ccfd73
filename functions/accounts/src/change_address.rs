//! Gives an account another mail address, whose reader confirmed it. Sessions stay.

use aws_sdk_dynamodb::types::{AttributeValue::S, TransactWriteItem};
use mails::{EmailAddress, MailId, NewRequest, PendingMail, Purpose, Ticket};
use passwords::{Moving, Username};
use shared::{
    clock::Timestamp,
    log::{Event, RequestLog},
    random,
    store::{StoreError, Transacted, Transaction, attribute},
};

use crate::{
    Accounts, AccountsError, AccountsReason,
    means::Guess,
    record::{Record, address_of, claims_with},
    redeem::{is_current, username_of},
};

const OPERATION: &str = "TransactWriteItems on Mails, Credentials and Users";
/// The places of two writes in the transaction.
const MAIL: usize = 0;
const CREATION: usize = 1;
/// The number of attempts, if other writes change the account meanwhile.
const ATTEMPTS: usize = 6;

/// A change of the address, before it is written.
struct Change<'a> {
    ticket: &'a Ticket,
    pending: &'a PendingMail,
    record: &'a Record,
    /// The old address, which gets a mail.
    old: EmailAddress,
    to: &'a Username,
    now: Timestamp,
}

impl Accounts {
    /// Moves the account of the user who asked to the address that the link was mailed to.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the link was used or replaced, the user is gone, disabled or cut off since, the
    /// address has an account, or the user's address changed too often.
    pub async fn change_address(
        &self,
        ticket: &Ticket,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        self.change_address_by(ticket, None, now, log).await
    }

    pub(crate) async fn change_address_by(
        &self,
        ticket: &Ticket,
        guess: Option<Guess<'_>>,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let pending = self.mail_of(ticket).await?;
        if let Some(guess) = guess {
            self.check_code(ticket, guess, now).await?;
        }
        // Only now: with a code, a request that is over does the same work as a wrong code.
        if !is_current(&pending, ticket) {
            return Err(AccountsReason::Over.into());
        }
        let to = username_of(&pending)?;
        for _ in 0..ATTEMPTS {
            let record = self.asker(&pending).await?;
            // An operator has given the user another kind of name since.
            let old = address_of(&record.user).ok_or(AccountsReason::Over)?;
            if to == record.username {
                return Err(AccountsReason::Taken.into());
            }
            let moving = self.credentials.moving(&record.username, &to).await?;
            let Some(moving) = moving.filter(|moving| moving.user_id == record.user_id) else {
                // The user may have been renamed between the two reads.
                continue;
            };
            // The password may be new without a cut-off: an operator's that keeps the sessions, or one whose
            // request was interrupted.
            if pending.asked_at < moving.valid_from {
                return Err(AccountsReason::Over.into());
            }
            let change = Change { ticket, pending: &pending, record: &record, old, to: &to, now };
            match self.try_to_change(&change, moving).await? {
                Transacted::Done => {
                    log.user(&record.user_id);
                    log.outcome(Event::AddressChanged);
                    return Ok(());
                }
                Transacted::Refused(MAIL) => return Err(AccountsReason::Over.into()),
                Transacted::Refused(CREATION) => return Err(AccountsReason::Taken.into()),
                // Meanwhile an attempt was counted, or the user was changed.
                Transacted::Refused(_) => {}
            }
        }
        let reason = "other writes kept changing the account".to_owned();
        Err(StoreError::Unavailable { operation: OPERATION, reason }.into())
    }

    /// Uses the mail up, moves the credential, changes the record, and writes the mail to the old address: all
    /// of it or nothing.
    async fn try_to_change(&self, change: &Change<'_>, moving: Moving) -> Result<Transacted, AccountsError> {
        let Change { ticket, pending, record, ref old, to, now } = *change;
        let Moving { creation, deletion, .. } = moving;
        let id = MailId::new(&*self.random);
        let undos =
            record.undos.clone().with(id, pending.asked_at, now).map_err(AccountsReason::ChangesSpent)?;
        let user = self.rewrite(
            record,
            [
                (attribute::USERNAME, Some(S(to.as_str().to_owned()))),
                (attribute::CLAIMS, Some(claims_with(&record.user, &pending.address)?)),
                (attribute::UNDOS, undos.to_value()),
                // A notice in the record was for the old address. The stream must not bring it to the new
                // one.
                (attribute::NOTICE, None),
                (attribute::NOTICED_AT, None),
                (attribute::NOTICE_NETWORK, None),
            ],
        )?;
        let mails = &self.outbox()?.mails;
        let told = mails.written(&NewRequest {
            address: old,
            ticket: &Ticket::new(Purpose::Undo, old, id, now),
            client_id: &pending.client_id,
            language: pending.language,
            user_id: Some(&record.user_id),
            now,
        });
        let used_up = mails.use_up(ticket).map_err(StoreError::not_built)?;
        let [used_up, creation, user, told] = [used_up, creation, user, told.map_err(StoreError::not_built)?]
            .map(|update| TransactWriteItem::builder().update(update).build());
        let deletion = TransactWriteItem::builder().delete(deletion).build();
        // A new token for each attempt, since the writes differ.
        let token = random::identifier(&*self.random);
        let transaction = Transaction {
            client: &self.users.table.client,
            operation: OPERATION,
            writes: vec![used_up, creation, user, deletion, told],
            token: &token,
        };
        Ok(transaction.run().await?)
    }
}
