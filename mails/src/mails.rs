//! The Mails table: requests and their tickets.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::BuildError,
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{
        AttributeValue::{self, N, S},
        Update,
    },
};
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::UserId,
    network::Network,
    store::{Item, StoreError, Table, attribute},
};

use crate::{
    NewRequest, PendingMail, Purpose, Slot, Ticket,
    counted::Counted,
    new_row::{Changes, NewRow},
    quota::Quota,
    slot::{Attempt, Taking},
    update::is_written,
    user,
};

/// How many codes may be tried for a request.
const GUESSES: u32 = 5;
/// How many codes may be tried for a mailbox in a day, over all requests: one in 50,000 of all codes.
const DAY_GUESSES: u32 = 20;
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the caller should wait if other requests were ahead at every attempt.
const CROWDED: Duration = Duration::from_secs(1);
/// How many mails a network may ask for, and codes it may try, in an hour; and how many mails with a link to a
/// first password its attempts may cause. An office behind one address needs some; a stranger who writes to
/// addresses that aren't theirs doesn't need more.
const NETWORK_QUOTA: Quota = Quota::per_hour(60);
/// The prefix of the key of a network's attempts, which no mailbox has.
pub(crate) const ATTEMPTS_PREFIX: &str = "attempts#";
/// How long the row of a network or a user stays: longer than the quota takes to come back.
const COUNTER_TTL: Duration = Duration::from_secs(2 * 60 * 60);

/// The Mails table.
#[derive(Clone, Debug)]
pub struct Mails {
    pub(crate) table: Table,
    /// How many requests a mailbox may have in an hour.
    pub(crate) bound: usize,
}

impl Mails {
    /// How long a network waits for another request, once the quota is spent ([`Self::count_network`]).
    pub const NETWORK_INTERVAL: Duration = NETWORK_QUOTA.interval();

    /// How long a user waits for another request, once the quota is spent ([`Self::count_user`]).
    pub const USER_INTERVAL: Duration = user::QUOTA.interval();

    /// Opens the table that `MAILS_TABLE` names, with the bound of `MAILS_PER_HOUR`.
    ///
    /// # Errors
    ///
    /// If a variable is missing or malformed.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Ok(Self {
            table: Table::from_environment(variable::MAILS_TABLE, environment, client)?,
            bound: environment.count(variable::MAILS_PER_HOUR, 5, 5..=10)?,
        })
    }

    /// Counts a request of a network, or its try of a code. `false`, if its quota is spent.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn count_network(&self, network: &Network, now: Timestamp) -> Result<bool, StoreError> {
        self.count(network.as_str(), NETWORK_QUOTA, now).await
    }

    /// Counts a mail that a network's attempt to sign in causes. `false`, if its quota is spent. Requests have
    /// a quota of their own, since their answers would tell whether this mail was sent.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub(crate) async fn count_attempt(&self, network: &Network, now: Timestamp) -> Result<bool, StoreError> {
        self.count(&format!("{ATTEMPTS_PREFIX}{}", network.hash()), NETWORK_QUOTA, now).await
    }

    /// Counts a user's request for a mail to another address. `false`, if the quota is spent.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn count_user(&self, user_id: &UserId, now: Timestamp) -> Result<bool, StoreError> {
        self.count(&user::key(user_id), user::QUOTA, now).await
    }

    async fn count(&self, key: &str, quota: Quota, now: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .update(key)
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_values(":expires_at", N((now + COUNTER_TTL).to_string()));
        Counted { update, changes: "#expires_at = :expires_at" }.write_within(quota, now).await
    }

    /// Stores a request for a mail in place of the mailbox's earlier one, whose link and code die with it.
    /// If the mailbox had all its requests of an hour, nothing is written.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails or the item is malformed.
    pub async fn request(&self, request: &NewRequest<'_>) -> Result<Slot, StoreError> {
        let row = new_row(request);
        let taking = self.taking(&row);
        let mut seen = self.row(row.ticket.mailbox.as_str()).await?.unwrap_or_default();
        // Each change means that another request took a slot meanwhile.
        for _ in 0..=self.bound {
            match taking.attempt(&seen, self.bound).await? {
                Attempt::Written => return Ok(Slot::Taken),
                Attempt::Spent(wait) => return Ok(Slot::Spent(wait)),
                Attempt::Changed(row) => seen = row,
            }
        }
        Ok(Slot::Spent(CROWDED))
    }

    /// The write of a mail in place of the mailbox's earlier one, as a part of the transaction that the mail
    /// tells of. No bound applies.
    ///
    /// # Errors
    ///
    /// Never: all required fields are set.
    pub fn written(&self, request: &NewRequest<'_>) -> Result<Update, BuildError> {
        let Changes { expression, names, values } = new_row(request).changes();
        Update::builder()
            .table_name(&self.table.name)
            .key(attribute::MAILBOX, S(request.ticket.mailbox.as_str().to_owned()))
            .update_expression(format!("SET {expression}"))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build()
    }

    /// The write that puts a mail into its row, and takes a slot of the mailbox's hour.
    pub(crate) fn taking(&self, row: &NewRow<'_>) -> Taking {
        let Changes { expression, names, values } = row.changes();
        let update = self
            .update(row.ticket.mailbox.as_str())
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        Taking { update, changes: expression, id: row.ticket.id.to_text(), now: row.now }
    }

    /// Counts a code that is about to be compared. `false`, if none may be tried: the ticket isn't the
    /// mailbox's latest, was used, or had all its guesses, or the mailbox had those of the day.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn count_guess(&self, ticket: &Ticket, now: Timestamp) -> Result<bool, StoreError> {
        let day = now.as_unix() / DAY.as_secs();
        let counter = |day: u64| format!("{}{day}", attribute::DAY_GUESSES);
        // One write, whether the request lives or is over: its cost mustn't tell. A counter of before
        // yesterday stays until the row goes, which is a few bytes.
        let update = self
            .update(ticket.mailbox.as_str())
            .update_expression(
                "SET #guesses = if_not_exists(#guesses, :none) + :one ADD #today :one REMOVE #yesterday",
            )
            .condition_expression(
                "#mail_id = :mail_id AND (attribute_not_exists(#guesses) OR #guesses < :guesses) \
                 AND (attribute_not_exists(#today) OR #today < :day_guesses)",
            )
            .expression_attribute_names("#mail_id", attribute::MAIL_ID)
            .expression_attribute_names("#guesses", attribute::GUESSES)
            .expression_attribute_names("#today", counter(day))
            .expression_attribute_names("#yesterday", counter(day.saturating_sub(1)))
            .expression_attribute_values(":mail_id", S(ticket.id.to_text()))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":guesses", number(GUESSES))
            .expression_attribute_values(":day_guesses", number(DAY_GUESSES));
        is_written(update).await
    }

    /// The write that uses a ticket up, as a part of a transaction. Its condition fails, if the ticket
    /// isn't the mailbox's latest, or was used. The ticket's expiry is the caller's to check, as its
    /// verification does.
    ///
    /// # Errors
    ///
    /// Never: all required fields are set.
    pub fn use_up(&self, ticket: &Ticket) -> Result<Update, BuildError> {
        let removed = [
            attribute::MAIL_ID,
            attribute::PURPOSE,
            attribute::MAIL_EXPIRES_AT,
            attribute::GUESSES,
            attribute::UNSENT,
            attribute::LEASED_BY,
            attribute::LEASED_UNTIL,
            attribute::TAKEN,
        ];
        let update = removed.iter().fold(Update::builder(), |update, name| {
            update.expression_attribute_names(format!("#{name}"), *name)
        });
        update
            .table_name(&self.table.name)
            .key(attribute::MAILBOX, S(ticket.mailbox.as_str().to_owned()))
            .update_expression(format!("REMOVE {}", removed.map(|name| format!("#{name}")).join(", ")))
            .condition_expression("#mail_id = :mail_id")
            .expression_attribute_values(":mail_id", S(ticket.id.to_text()))
            .build()
    }

    /// Returns the latest request of a ticket's mailbox, read consistently. It may be another than the
    /// ticket's.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn find(&self, ticket: &Ticket) -> Result<Option<PendingMail>, StoreError> {
        let found = self.row(ticket.mailbox.as_str()).await?;
        found.map(|item| PendingMail::from_item(&item, ticket.purpose)).transpose()
    }

    /// The row with this key, read consistently.
    pub(crate) async fn row(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let find = self.table.get_item().key(attribute::MAILBOX, S(key.to_owned()));
        let found = find.consistent_read(true).send().await;
        Ok(found.map_err(|e| StoreError::unavailable("GetItem on Mails", e))?.item)
    }

    /// An update of the row with this key.
    pub(crate) fn update(&self, key: &str) -> UpdateItemFluentBuilder {
        self.table.update_item().key(attribute::MAILBOX, S(key.to_owned()))
    }
}

/// The row of a request. A sign-up and a forgotten password don't say when they began: nothing is compared
/// with it, and their rows keep the form of earlier releases.
fn new_row<'a>(request: &NewRequest<'a>) -> NewRow<'a> {
    let NewRequest { address, ticket, client_id, language, user_id, now } = *request;
    let asked_at = match ticket.purpose {
        Purpose::SignUp | Purpose::Reset => None,
        Purpose::Email
        | Purpose::Undo
        | Purpose::Invitation
        | Purpose::Deleted
        | Purpose::Renamed
        | Purpose::Notice(_) => Some(now),
    };
    NewRow {
        address,
        ticket,
        client_id,
        language,
        user_id,
        claims: None,
        asked_at,
        noticed_at: None,
        device: None,
        now,
    }
}

fn number(number: u32) -> AttributeValue {
    N(number.to_string())
}
