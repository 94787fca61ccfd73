//! The two tables that make a user, as operators write them: both or neither.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::{BuildError, SdkError},
    operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
    types::{
        AttributeValue::{Bool, N, S},
        Delete, Put, TransactWriteItem,
    },
};
use passwords::{Credential, Credentials, NewCredential, Username};
use shared::{
    clock::Timestamp,
    ids::UserId,
    store::{Item, StoreError, User, Users, attribute},
};
use tokio::time;

use crate::{deployment::Deployment, error::AdminError, update::Change};

/// How often a transaction is tried that met another, and how long is waited at first.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

/// Users, and the credentials that they sign in with.
#[derive(Clone, Debug)]
pub struct UserTables {
    /// What goes into their tokens.
    pub users: Users,
    /// What they sign in with.
    pub credentials: Credentials,
}

/// A user, found by name.
#[derive(Clone)]
pub struct Named {
    /// The name under which the user is stored.
    pub username: Username,
    /// The user.
    pub user_id: UserId,
    /// What the user signs in with.
    pub credential: Credential,
}

/// A user to be made.
#[derive(Clone)]
pub struct NewUser {
    /// Under this name.
    pub username: Username,
    /// What goes into the tokens.
    pub user: User,
    /// What the user signs in with.
    pub credential: NewCredential,
}

/// What became of a name that was to be another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renaming {
    /// The user has the new name, and nobody the old one.
    Done,
    /// Nobody has the old name.
    NotFound,
    /// Somebody has the new name.
    NameTaken,
    /// There is no user behind the name.
    HalfDeleted,
}

/// What became of a user that was to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The user is there.
    Done,
    /// Somebody has the name.
    NameTaken,
    /// Somebody has the identifier, under another name or none.
    IdTaken,
}

impl UserTables {
    /// Those of the deployment.
    ///
    /// # Errors
    ///
    /// If the deployment has none.
    pub fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        let Deployment { environment, dynamodb, .. } = deployment;
        Ok(Self {
            users: Users::new(environment, dynamodb)?,
            credentials: Credentials::new(environment, dynamodb)?,
        })
    }

    /// The user of this name.
    ///
    /// # Errors
    ///
    /// [`AdminError::NotFound`], if nobody has it.
    pub async fn named(&self, username: &Username) -> Result<Named, AdminError> {
        let username = self.credentials.stored_name(username).await?;
        let credential =
            self.credentials.find(&username).await?.ok_or_else(|| not_found(username.as_str()))?;
        Ok(Named { username, user_id: credential.user_id.clone(), credential })
    }

    /// Changes what goes into a user's tokens, and whether there are any. Not, if the user isn't there, or a condition
    /// of the change fails.
    pub(crate) async fn change(&self, user_id: &UserId, change: &Change) -> Result<bool, StoreError> {
        let key = (attribute::USER_ID, user_id.as_str());
        change.apply(&self.users.table, key, "UpdateItem on Users").await
    }

    /// The user's item as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn user_item(&self, user_id: &UserId) -> Result<Option<Item>, StoreError> {
        let get = self.users.table.get_item().key(attribute::USER_ID, S(user_id.to_string()));
        let output = get.consistent_read(true).send().await;
        Ok(output.map_err(|e| StoreError::unavailable("GetItem on Users", e))?.item)
    }

    /// Changes a user and the user's credential, both or neither. Not, if one isn't there, or a condition fails.
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

    /// Makes a user, unless somebody has the name or the identifier.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn create(&self, new: &NewUser) -> Result<Creation, StoreError> {
        // Under the name that an earlier release made of this one. Only a copy of such a user makes such names any more.
        if self.credentials.stored_name(&new.username).await? != new.username {
            return Ok(Creation::NameTaken);
        }
        self.transact(&self.creation(new)?).await
    }

    /// Makes a user in the place of the one who has the name, who is deleted: all or nothing. Not, if somebody else has
    /// the name by now, or somebody has the identifier.
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

    /// Gives a user another name: the credential moves and the user says so, both or neither, so that at no instant the user has no
    /// name or two. Under which form the old name is stored is for the caller to say.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn rename(&self, from: &Username, to: &Username) -> Result<Renaming, StoreError> {
        // Under the form in which an earlier release stored it, the new name is somebody's too; but not where it is the old one.
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
                .set(attribute::USERNAME, Some(S(to.as_str().to_owned())));
            let key = (attribute::USER_ID, moving.user_id.as_str());
            let user = change.write(&self.users.table, key).map_err(not_built)?;
            let writes = vec![
                TransactWriteItem::builder().update(moving.creation).build(),
                TransactWriteItem::builder().update(user).build(),
                TransactWriteItem::builder().delete(moving.deletion).build(),
            ];
            let transact = self.users.table.client.transact_write_items();
            match carried_out(transact.set_transact_items(Some(writes)).send().await)? {
                CarriedOut::Yes => return Ok(Renaming::Done),
                CarriedOut::No(0) => return Ok(Renaming::NameTaken),
                // Somebody tried the password, or changed the user, since they were read.
                CarriedOut::No(_) | CarriedOut::Later => time::sleep(PAUSE * 2_u32.pow(attempt)).await,
            }
        }
        Err(met_others())
    }

    /// The writes, the credential's first, then the user's; again, if they met others.
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
        Put::builder()
            .table_name(&self.users.table.name)
            .set_item(Some(new.user.to_item(&new.credential.user_id)))
            .condition_expression("attribute_not_exists(#user_id)")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .build()
            .map_err(not_built)
    }

    /// Deletes a user and the user's credential, both or neither; where the user got another name since this one was read, the
    /// credential of that one. Returns the name that the user had last. One who is gone already is deleted too.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

    /// Deletes what goes into a user's tokens, which is what makes a user.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn delete_user(&self, user_id: &UserId) -> Result<(), StoreError> {
        let table = &self.users.table;
        let delete = table.delete_item();
        let delete = delete.key(attribute::USER_ID, S(user_id.to_string()));
        delete.send().await.map_err(|e| StoreError::unavailable("DeleteItem on Users", e))?;
        Ok(())
    }
}

const OPERATION: &str = "TransactWriteItems on Users and Credentials";

/// The reason of a write whose condition failed.
const FAILED: &str = "ConditionalCheckFailed";

/// What came of a transaction.
enum CarriedOut {
    /// All of it was carried out.
    Yes,
    /// None of it was: the condition of this write failed, the first of them.
    No(usize),
    /// None of it was, since it met other writes: it is to be tried again.
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
    StoreError::Unavailable { operation: OPERATION, reason: "it met other writes again and again".to_owned() }
}

/// Never: all that is required is there.
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
