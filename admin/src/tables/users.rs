//! The operators' access to the two tables with a user's rows. They write both rows or neither.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::{BuildError, SdkError},
    operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
    types::{
        AttributeValue::{self, Bool, N, S},
        Delete, Put, TransactWriteItem,
    },
};
use mails::Undos;
use passwords::{Credential, Credentials, NewCredential, Username};
use shared::{
    clock::Timestamp,
    ids::UserId,
    store::{Item, StoreError, User, Users, attribute},
};
use tokio::time;

use super::outbox::Outbox;
use crate::{deployment::Deployment, error::AdminError, update::Change};

/// How often a transaction that conflicts with another is tried, and the first pause.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

/// The users, and their credentials.
#[derive(Clone, Debug)]
pub struct UserTables {
    /// The table of the users' records.
    pub users: Users,
    /// The table of their credentials.
    pub credentials: Credentials,
}

/// A user, found by name.
#[derive(Clone)]
pub struct Named {
    /// The name as stored.
    pub username: Username,
    /// The user's identifier.
    pub user_id: UserId,
    /// The credential.
    pub credential: Credential,
}

/// A user to create.
#[derive(Clone)]
pub struct NewUser {
    /// The user's name.
    pub username: Username,
    /// The user's record.
    pub user: User,
    /// The credential.
    pub credential: NewCredential,
    /// The changes of the mail address that can still be undone, in their stored form. Only a restored user has some.
    pub undos: Option<AttributeValue>,
}

/// The outcome of renaming a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renaming {
    /// The user has the new name, and the old one is free.
    Done,
    /// The old name doesn't exist.
    NotFound,
    /// The new name is taken.
    NameTaken,
    /// The credential has no user.
    HalfDeleted,
}

/// The outcome of creating a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The user was created.
    Done,
    /// The name is taken.
    NameTaken,
    /// The identifier is taken, by a user with another name or without a credential.
    IdTaken,
}

/// One of the two rows of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// The credential.
    Credential,
    /// The user's record.
    User,
}

impl UserTables {
    /// Opens the deployment's tables.
    ///
    /// # Errors
    ///
    /// If the deployment doesn't have them.
    pub fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        let Deployment { environment, dynamodb, .. } = deployment;
        Ok(Self {
            users: Users::new(environment, dynamodb)?,
            credentials: Credentials::new(environment, dynamodb)?,
        })
    }

    /// Returns the user with this name.
    ///
    /// # Errors
    ///
    /// [`AdminError::NotFound`], if the name doesn't exist; another error, if a read fails.
    pub async fn named(&self, username: &Username) -> Result<Named, AdminError> {
        let username = self.credentials.stored_name(username).await?;
        let credential =
            self.credentials.find(&username).await?.ok_or_else(|| not_found(username.as_str()))?;
        Ok(Named { username, user_id: credential.user_id.clone(), credential })
    }

    /// Changes a user's record. Returns `false` if it doesn't exist, or a condition of the change fails.
    pub(crate) async fn change(&self, user_id: &UserId, change: &Change) -> Result<bool, StoreError> {
        let key = (attribute::USER_ID, user_id.as_str());
        change.apply(&self.users.table, key, "UpdateItem on Users").await
    }

    /// Returns the item of the user's record.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails.
    pub async fn user_item(&self, user_id: &UserId) -> Result<Option<Item>, StoreError> {
        let get = self.users.table.get_item().key(attribute::USER_ID, S(user_id.to_string()));
        let output = get.consistent_read(true).send().await;
        Ok(output.map_err(|e| StoreError::unavailable("GetItem on Users", e))?.item)
    }

    /// Changes both rows of a user or neither. Returns `false` if one doesn't exist, or a condition fails.
    pub(crate) async fn change_both(
        &self,
        (username, credential): (&Username, &Change),
        (user_id, user): (&UserId, &Change),
    ) -> Result<bool, StoreError> {
        let name = (attribute::USERNAME, username.as_str());
        if credential.is_empty() {
            return self.change(user_id, user).await;
        }
        if user.is_empty() {
            return credential.apply(&self.credentials.table, name, "UpdateItem on Credentials").await;
        }
        let key = (attribute::USER_ID, user_id.as_str());
        let credential = credential.write(&self.credentials.table, name).map_err(not_built)?;
        let user = user.write(&self.users.table, key).map_err(not_built)?;
        let writes = [credential, user].map(|update| TransactWriteItem::builder().update(update).build());
        Ok(self.transact(&writes).await? == Creation::Done)
    }

    /// Creates a user, unless the name or the identifier is taken.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails.
    pub async fn create(&self, new: &NewUser) -> Result<Creation, StoreError> {
        // An earlier release may have stored this name in another form. Today, only a copy of such a user is
        // created in that form.
        if self.credentials.stored_name(&new.username).await? != new.username {
            return Ok(Creation::NameTaken);
        }
        self.transact(&self.creation(new)?).await
    }

    /// Creates a user in place of the deleted user with the same name, completely or not at all. It fails if
    /// the name belongs to yet another user by now, or the identifier is taken.
    pub(crate) async fn replace(&self, new: &NewUser, old: &UserId) -> Result<Creation, StoreError> {
        let NewUser { username, credential, .. } = new;
        let NewCredential { user_id, password_hash, must_change, valid_from } = credential;
        let valid_from = (*valid_from > Timestamp::default()).then(|| N(valid_from.to_string()));
        let change = Change::default()
            .if_still(attribute::USER_ID, Some(&S(old.to_string())))
            .set(attribute::USER_ID, Some(S(user_id.to_string())))
            .set(attribute::PASSWORD_HASH, Some(S(password_hash.clone())))
            .set(attribute::VALID_FROM, valid_from)
            .set(attribute::MUST_CHANGE, must_change.then_some(Bool(true)))
            .set(attribute::CHANGED_IN, None);
        let name = (attribute::USERNAME, username.as_str());
        let credential = change.write(&self.credentials.table, name).map_err(not_built)?;
        let delete = self.user_deletion(old).map_err(not_built)?;
        let writes = [
            TransactWriteItem::builder().update(credential).build(),
            TransactWriteItem::builder().put(self.user_creation(new)?).build(),
            TransactWriteItem::builder().delete(delete).build(),
        ];
        self.transact(&writes).await
    }

    /// Restores the missing row of a user whose other row exists. Returns `false` if it exists by now.
    pub(crate) async fn complete(&self, new: &NewUser, missing: Half) -> Result<bool, StoreError> {
        let [credential, user] = self.creation(new)?;
        let write = match missing {
            Half::Credential => credential,
            Half::User => user,
        };
        Ok(self.transact(&[write]).await? == Creation::Done)
    }

    /// Renames a user: moves the credential and changes the record, in one transaction, so that the user
    /// always has exactly one name. `from` has to be the stored form of the old name. The transaction includes
    /// the mail to the user's address of before, if there are one and an outbox.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails, or the record of a user who is to be told is malformed.
    pub async fn rename(
        &self,
        from: &Username,
        to: &Username,
        outbox: Option<Outbox<'_>>,
        now: Timestamp,
    ) -> Result<Renaming, StoreError> {
        // The new name is also taken if an earlier release stored it in another form, unless that is the old
        // name.
        let stored = self.credentials.stored_name(to).await?;
        if stored != *to && stored != *from {
            return Ok(Renaming::NameTaken);
        }
        for attempt in 0..ATTEMPTS {
            let Some(moving) = self.credentials.moving(from, to).await? else {
                return Ok(Renaming::NotFound);
            };
            let Some(user) = self.user_item(&moving.user_id).await? else { return Ok(Renaming::HalfDeleted) };
            let change = Change::default()
                .if_still(attribute::USERNAME, user.get(attribute::USERNAME))
                // The mail goes to the address of before, which may be a claim.
                .if_still(attribute::CLAIMS, user.get(attribute::CLAIMS))
                .set(attribute::USERNAME, Some(S(to.as_str().to_owned())))
                // An operator has the last word: no link brings an earlier address back, or gives the user
                // one that was asked for before.
                .set(attribute::UNDOS, Undos::after_rename(now, moving.valid_from).to_value())
                .without_notice();
            let told = match outbox {
                Some(outbox) => outbox.mail_of_rename(&moving.user_id, &User::from_item(&user)?, now)?,
                None => None,
            };
            let key = (attribute::USER_ID, moving.user_id.as_str());
            let user = change.write(&self.users.table, key).map_err(not_built)?;
            let writes = [
                TransactWriteItem::builder().update(moving.creation).build(),
                TransactWriteItem::builder().update(user).build(),
                TransactWriteItem::builder().delete(moving.deletion).build(),
            ];
            let told = told.map(|told| TransactWriteItem::builder().update(told).build());
            let writes = writes.into_iter().chain(told).collect();
            let transact = self.users.table.client.transact_write_items();
            match carried_out(transact.set_transact_items(Some(writes)).send().await)? {
                CarriedOut::Yes => return Ok(Renaming::Done),
                CarriedOut::No(0) => return Ok(Renaming::NameTaken),
                // Meanwhile an attempt was counted, or the user was changed.
                CarriedOut::No(_) | CarriedOut::Later => time::sleep(PAUSE * 2_u32.pow(attempt)).await,
            }
        }
        Err(met_others())
    }

    /// Writes the credential, then the user's record. Retries if other writes conflict.
    async fn transact(&self, writes: &[TransactWriteItem]) -> Result<Creation, StoreError> {
        for attempt in 0..ATTEMPTS {
            let transact = self.users.table.client.transact_write_items();
            match carried_out(transact.set_transact_items(Some(writes.to_vec())).send().await)? {
                CarriedOut::Yes => return Ok(Creation::Done),
                CarriedOut::No(0) => return Ok(Creation::NameTaken),
                CarriedOut::No(_) => return Ok(Creation::IdTaken),
                CarriedOut::Later => time::sleep(PAUSE * 2_u32.pow(attempt)).await,
            }
        }
        Err(met_others())
    }

    fn creation(&self, new: &NewUser) -> Result<[TransactWriteItem; 2], StoreError> {
        let credential = self.credentials.creation(&new.username, &new.credential).map_err(not_built)?;
        Ok([
            TransactWriteItem::builder().update(credential).build(),
            TransactWriteItem::builder().put(self.user_creation(new)?).build(),
        ])
    }

    fn user_creation(&self, new: &NewUser) -> Result<Put, StoreError> {
        let mut item = new.user.to_item(&new.credential.user_id);
        item.extend(new.undos.clone().map(|undos| (attribute::UNDOS.to_owned(), undos)));
        Put::builder()
            .table_name(&self.users.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#user_id)")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .build()
            .map_err(not_built)
    }

    /// Deletes both rows of a user or neither. If the user was renamed after the read, deletes the credential
    /// with the new name. Returns the user's last name. A user who is gone already counts as deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails.
    pub async fn delete(&self, username: &Username, user_id: &UserId) -> Result<Username, StoreError> {
        let mut name = username.clone();
        for attempt in 0..ATTEMPTS {
            let credential = self.credentials.deletion(&name, user_id).map_err(not_built)?;
            let user = self.user_deletion(user_id).map_err(not_built)?;
            let writes = [credential, user].map(|delete| TransactWriteItem::builder().delete(delete).build());
            let transact = self.users.table.client.transact_write_items();
            match carried_out(transact.set_transact_items(Some(writes.to_vec())).send().await)? {
                CarriedOut::Yes => return Ok(name),
                CarriedOut::No(_) => {
                    let Some(user) = self.user_item(user_id).await? else { return Ok(name) };
                    let stored = user.get(attribute::USERNAME).and_then(|name| name.as_s().ok());
                    match stored.and_then(|stored| Username::stored(stored)).filter(|stored| *stored != name)
                    {
                        Some(stored) => name = stored,
                        None => time::sleep(PAUSE * 2_u32.pow(attempt)).await,
                    }
                }
                CarriedOut::Later => time::sleep(PAUSE * 2_u32.pow(attempt)).await,
            }
        }
        Err(met_others())
    }

    fn user_deletion(&self, user_id: &UserId) -> Result<Delete, BuildError> {
        let delete = Delete::builder().table_name(&self.users.table.name);
        delete.key(attribute::USER_ID, S(user_id.to_string())).build()
    }

    /// Deletes a user's record, without which the user doesn't exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn delete_user(&self, user_id: &UserId) -> Result<(), StoreError> {
        let table = &self.users.table;
        let delete = table.delete_item();
        let delete = delete.key(attribute::USER_ID, S(user_id.to_string()));
        delete.send().await.map_err(|e| StoreError::unavailable("DeleteItem on Users", e))?;
        Ok(())
    }
}

const OPERATION: &str = "TransactWriteItems on Users and Credentials";

/// The reason for a failed condition.
const FAILED: &str = "ConditionalCheckFailed";

/// The outcome of a transaction.
enum CarriedOut {
    /// Everything was written.
    Yes,
    /// Nothing was written. With the first write whose condition failed.
    No(usize),
    /// Nothing was written because of a conflict. Try again.
    Later,
}

fn carried_out<R>(
    result: Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError, R>>,
) -> Result<CarriedOut, StoreError> {
    let Err(error) = result else { return Ok(CarriedOut::Yes) };
    if let SdkError::ServiceError(service) = &error
        && let TransactWriteItemsError::TransactionCanceledException(cancelled) = service.err()
    {
        // In the order of the writes.
        let reasons: Vec<&str> =
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
        if let Some(failed) = reasons.iter().position(|reason| *reason == FAILED) {
            return Ok(CarriedOut::No(failed));
        }
        if reasons.iter().any(|reason| is_passing(reason)) {
            return Ok(CarriedOut::Later);
        }
    }
    Err(StoreError::unavailable(OPERATION, error))
}

fn met_others() -> StoreError {
    StoreError::Unavailable { operation: OPERATION, reason: "other writes kept changing it".to_owned() }
}

/// Converts an error that never occurs, since all required fields are set.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` asks for")]
fn not_built(error: BuildError) -> StoreError {
    StoreError::Unavailable { operation: OPERATION, reason: error.to_string() }
}

fn is_passing(reason: &str) -> bool {
    matches!(reason, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
}

pub(crate) fn not_found(name: &str) -> AdminError {
    AdminError::NotFound { kind: "user", name: name.to_owned() }
}
