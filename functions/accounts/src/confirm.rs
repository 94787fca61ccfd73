//! Opens the account of an address whose mail arrived.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use mails::{PendingMail, Purpose, Ticket};
use passwords::Username;
use secrecy::SecretString;
use shared::{
    clock::Timestamp,
    ids::UserId,
    log::{Event, RequestLog},
    random,
    store::{Item, Session, StoreError, Table, Transacted, Transaction, User, attribute},
};

use crate::{
    Accounts, AccountsError, AccountsReason,
    record::with_address,
    redeem::{Redemption, is_current, username_of},
};

/// The place of the mail's write in the transaction.
const MAIL: usize = 0;

/// An account that can be opened: everything is checked, and nothing is written.
pub(crate) struct NewAccount {
    ticket: Ticket,
    username: Username,
    password_hash: String,
    user_id: UserId,
    pub(crate) user: User,
}

impl NewAccount {
    /// The identifier of the new user.
    pub(crate) fn user_id(&self) -> &UserId {
        &self.user_id
    }
}

impl Accounts {
    /// Opens the account of the address that a link was mailed to, for a sign-up or an invitation, without a
    /// session.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the password is rejected, the link was used or replaced, the sign-up was
    /// closed since, or the address has an account.
    pub async fn confirm(
        &self,
        ticket: &Ticket,
        password: &SecretString,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let account = self.new_account(&Redemption { ticket, guess: None, password, now }).await?;
        self.open(&account, None, log).await
    }

    /// Checks all that an account needs, and hashes its password.
    pub(crate) async fn new_account(&self, redemption: &Redemption<'_>) -> Result<NewAccount, AccountsError> {
        let ticket = redemption.ticket;
        let pending = self.mail_of(ticket).await?;
        let username = username_of(&pending)?;
        let new = self.chosen(redemption, &username).await?;
        // Only now: with a code, a request that is over does the same work as a wrong code.
        if !is_current(&pending, ticket) {
            return Err(AccountsReason::Over.into());
        }
        // Only now, since the row may be of another request, whose client must not change the answer.
        self.check_admission(ticket, &pending).await?;
        let password_hash = self.passwords.hash(new.password()).await.map_err(AccountsReason::Password)?;
        // Unwrap safety: 22 characters of base64url are an identifier.
        let user_id = UserId::parse(&random::identifier(&*self.random)).expect("random identifiers parse");
        Ok(NewAccount {
            ticket: ticket.clone(),
            user: new_user(pending, &username, redemption.now)?,
            username,
            password_hash,
            user_id,
        })
    }

    /// Checks whether the account may be opened today. The client that asked decides: by its rule the mail was
    /// sent.
    pub(crate) async fn check_admission(
        &self,
        ticket: &Ticket,
        pending: &PendingMail,
    ) -> Result<(), AccountsError> {
        let client = self.client_of(&pending.client_id).await?;
        if ticket.purpose == Purpose::Invitation {
            self.admission.check_invited(client.as_deref())?;
        } else {
            self.admission.check(client.as_deref(), &pending.address)?;
        }
        Ok(())
    }

    /// Opens the account, with its first session if there is one, and uses the mail up: all of it or
    /// nothing. So a failure leaves the link and the code as they were. A new user has no other session,
    /// so no limit applies.
    pub(crate) async fn open(
        &self,
        account: &NewAccount,
        session: Option<&Session>,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let token = random::identifier(&*self.random);
        let transaction = Transaction {
            client: &self.users.table.client,
            operation: "TransactWriteItems on Mails, Users, Credentials and Sessions",
            writes: self.opening(account, session)?,
            token: &token,
        };
        match transaction.run().await? {
            Transacted::Done => {}
            Transacted::Refused(MAIL) => return Err(AccountsReason::Over.into()),
            Transacted::Refused(_) => return Err(AccountsReason::Taken.into()),
        }
        log.user(account.user_id());
        log.outcome(Event::AccountConfirmed);
        Ok(())
    }

    fn opening(
        &self,
        account: &NewAccount,
        session: Option<&Session>,
    ) -> Result<Vec<TransactWriteItem>, AccountsError> {
        let NewAccount { ticket, username, password_hash, user_id, user } = account;
        let mail = self.outbox()?.mails.use_up(ticket).map_err(StoreError::not_built)?;
        let user = new_item(&self.users.table, user.to_item(user_id))?;
        let credential = self.credentials.sign_up(username, user_id, password_hash);
        let credential = credential.map_err(StoreError::not_built)?;
        let mut writes = vec![
            TransactWriteItem::builder().update(mail).build(),
            TransactWriteItem::builder().put(user).build(),
            TransactWriteItem::builder().put(credential).build(),
        ];
        if let Some(session) = session {
            let session = new_item(&self.sessions.table, session.to_item())?;
            writes.push(TransactWriteItem::builder().put(session).build());
        }
        Ok(writes)
    }
}

/// The write that creates an item of a user.
fn new_item(table: &Table, item: Item) -> Result<Put, StoreError> {
    Put::builder()
        .table_name(&table.name)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#user_id)")
        .expression_attribute_names("#user_id", attribute::USER_ID)
        .build()
        .map_err(StoreError::not_built)
}

/// The record of a new user, with the claims of the invitation, if there was one, and the address.
fn new_user(pending: PendingMail, username: &Username, now: Timestamp) -> Result<User, StoreError> {
    let user = User {
        username: Some(username.as_str().to_owned()),
        claims: with_address(pending.claims, &pending.address),
        signed_up_at: Some(now),
        ..User::default()
    };
    // The command that invites leaves room for the address. A longer record couldn't be read.
    let fits = serde_json::Value::Object(user.claims.clone()).to_string().len() <= User::MAX_CLAIMS_LEN;
    if fits { Ok(user) } else { Err(StoreError::Malformed { table: "Mails", attribute: attribute::CLAIMS }) }
}
