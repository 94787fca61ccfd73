//! The Credentials table.

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemFluentBuilder},
    types::AttributeValue::{self, S},
};
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::{SessionId, UserId},
    store::{Item, Row, StoreError, Table, attribute},
};

use crate::Username;

/// The `expires_at` of a real credential: 9999-12-31. Every row has one, so that counting an attempt is the
/// same write for known and unknown user names. Only rows of unknown names expire.
pub const NEVER: Timestamp = Timestamp::from_unix(253_402_300_799);

pub(crate) const OPERATION: &str = "UpdateItem on Credentials";

/// A user's stored password.
#[derive(Clone)]
pub struct Credential {
    /// The user.
    pub user_id: UserId,
    /// A PHC string, or an imported bcrypt hash.
    pub password_hash: String,
    /// The earliest start of sessions with this password.
    pub valid_from: Timestamp,
    /// The session in which the user chose this password; `None` if an operator set it.
    pub changed_in: Option<SessionId>,
    /// Whether the user has to change the password first.
    pub must_change: bool,
}

impl Credential {
    /// Reads an item. `None`, if it only counts attempts on an unknown user name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the item is neither.
    pub fn from_item(item: &Item) -> Result<Option<Self>, StoreError> {
        let row = Row::new("Credentials", item);
        let Some(password_hash) = row.optional_text(attribute::PASSWORD_HASH)? else { return Ok(None) };
        let changed_in = row.optional_text(attribute::CHANGED_IN)?;
        let changed_in = changed_in
            .map(|id| SessionId::parse(id).ok_or_else(|| row.malformed(attribute::CHANGED_IN)))
            .transpose()?;
        Ok(Some(Self {
            user_id: row.parsed(attribute::USER_ID, UserId::parse)?,
            password_hash: password_hash.to_owned(),
            valid_from: row.optional_instant(attribute::VALID_FROM)?.unwrap_or_default(),
            changed_in,
            must_change: row.flag(attribute::MUST_CHANGE)?,
        }))
    }
}

/// The Credentials table.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The table itself, for code that writes credentials.
    pub table: Table,
}

impl Credentials {
    /// Opens the table that `CREDENTIALS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::CREDENTIALS_TABLE, environment, client)?;
        Ok(Self { table })
    }

    /// Replaces a hash, if it is still the verified one.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails or the hash has changed.
    pub async fn replace_hash(
        &self,
        username: &Username,
        credential: &Credential,
        hash: AttributeValue,
    ) -> Result<(), StoreError> {
        self.update(username)
            .update_expression("SET #password_hash = :new")
            .condition_expression("#password_hash = :old")
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_values(":new", hash)
            .expression_attribute_values(":old", S(credential.password_hash.clone()))
            .send()
            .await
            .map_err(|e| StoreError::unavailable(OPERATION, e))?;
        Ok(())
    }

    pub(crate) fn update(&self, username: &Username) -> UpdateItemFluentBuilder {
        let key = S(username.as_str().to_owned());
        self.table.update_item().key(attribute::USERNAME, key)
    }
}

/// Whether an update succeeded. `false`, if its condition failed.
pub(crate) fn is_done(
    result: Result<UpdateItemOutput, SdkError<UpdateItemError>>,
) -> Result<bool, StoreError> {
    match result {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
        Err(error) => Err(StoreError::unavailable(OPERATION, error)),
    }
}
