//! What operators do to credentials: they make them, replace them and take them away.

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

/// How often a password is set anew that somebody else replaced meanwhile.
const ATTEMPTS: usize = 4;

/// A credential to be made.
#[derive(Clone)]
pub struct NewCredential {
    /// Whose it is.
    pub user_id: UserId,
    /// As [`crate::stored_form`] or [`crate::Passwords::hash`] have it.
    pub password_hash: String,
    /// The user has to choose another password before anything else.
    pub must_change: bool,
    /// The instant at which sessions of this password begin at the earliest, where it was chosen in another deployment.
    pub valid_from: Timestamp,
}

impl Credentials {
    /// The credential of this name, read consistently.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn find(&self, username: &Username) -> Result<Option<Credential>, StoreError> {
        self.item(username).await?.as_ref().map_or(Ok(None), Credential::from_item)
    }

    /// The write that gives this name a credential, if nobody has the name: half of a transaction, whose other half is
    /// the user. There may be a row that counts attempts on the name; these stay counted.
    ///
    /// # Errors
    ///
    /// [`BuildError`], never: all that is required is here.
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

    /// Replaces the password by one that an operator chose, whatever it was, and forgets the attempts on it. Returns
    /// whose it is, and the instant from which sessions of the new one begin; `None`, if there is no such credential.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also if the password is replaced again and again meanwhile.
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
            reason: "the password was replaced again and again meanwhile".to_owned(),
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

    /// Says whether the user has to choose another password before anything else. Not, if there is no such credential.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

    /// Deletes the credential of this name, if it is this user's. Not, if it isn't, or isn't there.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

    /// The write that deletes the credential of this name, if it is this user's: half of a transaction, whose other half is the
    /// user.
    ///
    /// # Errors
    ///
    /// [`BuildError`], never: all that is required is here.
    pub fn deletion(&self, username: &Username, user_id: &UserId) -> Result<Delete, BuildError> {
        Delete::builder()
            .table_name(&self.table.name)
            .key(attribute::USERNAME, S(username.as_str().to_owned()))
            .condition_expression("#user_id = :user_id")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_values(":user_id", S(user_id.to_string()))
            .build()
    }

    /// The name under which this user is stored: the normal form, or what an earlier release made of the name. For nearly
    /// all names that is certain without a read. All of the candidates are read, whichever is found: the time that it takes
    /// doesn't tell whether one is.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

/// What becomes of the attributes of this item when an operator replaces its password.
fn replacing(item: &Item, must_change: bool) -> String {
    let counters = (0..Counter::of_attempts(item).count()).map(|i| format!("#c{i}"));
    let removes: Vec<String> = std::iter::once("#changed_in".to_owned())
        .chain((!must_change).then(|| "#must_change".to_owned()))
        .chain(counters)
        .collect();
    let set = if must_change { ", #must_change = :must_change" } else { "" };
    let removes = removes.join(", ");
    format!("SET #password_hash = :new, #valid_from = :valid_from{set} REMOVE {removes}")
}
