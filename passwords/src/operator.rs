//! The operators' changes to credentials: creating, replacing and deleting them.

use aws_sdk_dynamodb::{
    error::{BuildError, SdkError},
    operation::{delete_item::DeleteItemError, update_item::builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{Bool, N, S},
        Delete, Update,
    },
};
use shared::{
    clock::Timestamp,
    ids::UserId,
    store::{Item, StoreError, attribute},
};

use crate::{Counter, Credential, Credentials, NEVER, NewHash, Username, table::is_done};

/// How often an operator's password is retried if another request replaces it meanwhile.
const ATTEMPTS: usize = 4;

/// A credential to create.
#[derive(Clone)]
pub struct NewCredential {
    /// The user.
    pub user_id: UserId,
    /// The hash, from [`crate::stored_form`] or [`crate::Passwords::hash`].
    pub password_hash: String,
    /// Whether the user has to change the password first.
    pub must_change: bool,
    /// The earliest start of sessions with this password, if it was chosen in another deployment.
    pub valid_from: Timestamp,
}

impl Credentials {
    /// Returns the credential of this user name, read consistently.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn find(&self, username: &Username) -> Result<Option<Credential>, StoreError> {
        self.item(username).await?.as_ref().map_or(Ok(None), Credential::from_item)
    }

    /// The write that creates a credential, if the user name is free. It's half of a transaction, whose other
    /// half creates the user. Attempts that were counted on the name stay counted.
    ///
    /// # Errors
    ///
    /// [`BuildError`], never: all required fields are set.
    pub fn creation(&self, username: &Username, new: &NewCredential) -> Result<Update, BuildError> {
        let mut set =
            "SET #user_id = :user_id, #password_hash = :password_hash, #expires_at = :never".to_owned();
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .key(attribute::USERNAME, S(username.as_str().to_owned()))
            .condition_expression("attribute_not_exists(#password_hash)")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_values(":user_id", S(new.user_id.to_string()))
            .expression_attribute_values(":password_hash", S(new.password_hash.clone()))
            .expression_attribute_values(":never", N(NEVER.to_string()));
        if new.must_change {
            set.push_str(", #must_change = :must_change");
            update = update
                .expression_attribute_names("#must_change", attribute::MUST_CHANGE)
                .expression_attribute_values(":must_change", Bool(true));
        }
        if new.valid_from > Timestamp::default() {
            set.push_str(", #valid_from = :valid_from");
            update = update
                .expression_attribute_names("#valid_from", attribute::VALID_FROM)
                .expression_attribute_values(":valid_from", N(new.valid_from.to_string()));
        }
        update.update_expression(set).build()
    }

    /// Replaces the password with an operator's, and forgets the attempts on it. Returns the user, and the
    /// earliest start of sessions with the new password. `None`, if there is no such credential.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails, or others replace the password again and again.
    pub async fn set_password(
        &self,
        username: &Username,
        password_hash: &str,
        must_change: bool,
        now: Timestamp,
    ) -> Result<Option<(UserId, Timestamp)>, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(item) = self.item(username).await? else { return Ok(None) };
            let Some(current) = Credential::from_item(&item)? else { return Ok(None) };
            let new = NewHash::replacing(&current, password_hash.to_owned(), now);
            let update = self.replacement(username, &item, &current, &new);
            let update = if must_change {
                update.expression_attribute_values(":must_change", Bool(true))
            } else {
                update
            };
            let update = update.update_expression(replacing(&item, must_change));
            if is_done(update.send().await)? {
                return Ok(Some((current.user_id, new.valid_from)));
            }
        }
        Err(StoreError::Unavailable {
            operation: "UpdateItem on Credentials",
            reason: "other writes kept replacing the password".to_owned(),
        })
    }

    fn replacement(
        &self,
        username: &Username,
        item: &Item,
        current: &Credential,
        new: &NewHash,
    ) -> UpdateItemFluentBuilder {
        let update = self
            .update(username)
            .condition_expression("#password_hash = :old")
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_names("#valid_from", attribute::VALID_FROM)
            .expression_attribute_names("#changed_in", attribute::CHANGED_IN)
            .expression_attribute_names("#must_change", attribute::MUST_CHANGE)
            .expression_attribute_values(":new", S(new.hash.clone()))
            .expression_attribute_values(":valid_from", N(new.valid_from.to_string()))
            .expression_attribute_values(":old", S(current.password_hash.clone()));
        Counter::of_attempts(item)
            .enumerate()
            .fold(update, |update, (i, name)| update.expression_attribute_names(format!("#c{i}"), name))
    }

    /// Sets whether the user has to change the password first. Returns `false` if there is no such
    /// credential.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn require_change(&self, username: &Username, required: bool) -> Result<bool, StoreError> {
        let update = self
            .update(username)
            .condition_expression("attribute_exists(#password_hash)")
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_names("#must_change", attribute::MUST_CHANGE);
        let update = if required {
            update
                .update_expression("SET #must_change = :must_change")
                .expression_attribute_values(":must_change", Bool(true))
        } else {
            update.update_expression("REMOVE #must_change")
        };
        is_done(update.send().await)
    }

    /// Deletes the credential of this user name. Returns `false` if it is another user's or doesn't exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn delete(&self, username: &Username, user_id: &UserId) -> Result<bool, StoreError> {
        let delete = self
            .table
            .delete_item()
            .key(attribute::USERNAME, S(username.as_str().to_owned()))
            .condition_expression("#user_id = :user_id")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_values(":user_id", S(user_id.to_string()));
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), DeleteItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable("DeleteItem on Credentials", error)),
        }
    }

    /// The write that deletes the credential of this user name, if it is this user's. It's half of a
    /// transaction, whose other half deletes the user.
    ///
    /// # Errors
    ///
    /// [`BuildError`], never: all required fields are set.
    pub fn deletion(&self, username: &Username, user_id: &UserId) -> Result<Delete, BuildError> {
        Delete::builder()
            .table_name(&self.table.name)
            .key(attribute::USERNAME, S(username.as_str().to_owned()))
            .condition_expression("#user_id = :user_id")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_values(":user_id", S(user_id.to_string()))
            .build()
    }

    /// The name under which this user is stored: the normal form, or an earlier release's form. Nearly all
    /// names need no read to tell. Otherwise it reads every candidate, so that the time doesn't reveal
    /// whether one exists.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a read fails.
    pub async fn stored_name(&self, username: &Username) -> Result<Username, StoreError> {
        let mut stored = None;
        for candidate in username.candidates() {
            let Some(candidate) = Username::stored(candidate) else { continue };
            let is_there = self.find(&candidate).await?.is_some();
            stored = stored.or(is_there.then_some(candidate));
        }
        Ok(stored.unwrap_or_else(|| username.clone()))
    }

    pub(crate) async fn item(&self, username: &Username) -> Result<Option<Item>, StoreError> {
        let output = self
            .table
            .get_item()
            .key(attribute::USERNAME, S(username.as_str().to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("GetItem on Credentials", e))?;
        Ok(output.item)
    }
}

/// The change to this item's attributes when its password is replaced without the old one.
pub(crate) fn replacing(item: &Item, must_change: bool) -> String {
    let counters = (0..Counter::of_attempts(item).count()).map(|i| format!("#c{i}"));
    let removes: Vec<String> = std::iter::once("#changed_in".to_owned())
        .chain((!must_change).then(|| "#must_change".to_owned()))
        .chain(counters)
        .collect();
    let set = if must_change { ", #must_change = :must_change" } else { "" };
    let removes = removes.join(", ");
    format!("SET #password_hash = :new, #valid_from = :valid_from{set} REMOVE {removes}")
}
