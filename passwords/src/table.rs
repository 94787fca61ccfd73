//! The Credentials table.

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{self, N, S},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::{SessionId, UserId},
    store::{Item, Row, StoreError, Table, attribute},
};

use crate::{
    Username,
    budget::{BUDGET, Counter, WINDOW_TTL, counter_name},
};

/// The `expires_at` of a real credential: 9999-12-31. Every row has one, so that counting an attempt is the same
/// write for known and unknown names, and only rows of unknown names expire.
pub const NEVER: Timestamp = Timestamp::from_unix(253_402_300_799);

pub(crate) const OPERATION: &str = "UpdateItem on Credentials";

/// A user's stored password.
#[derive(Clone)]
pub struct Credential {
    /// Whose it is.
    pub user_id: UserId,
    /// PHC string, or a bcrypt hash that was brought along.
    pub password_hash: String,
    /// The instant at which sessions of this password begin at the earliest.
    pub valid_from: Timestamp,
    /// The session in which the user chose this password; `None` where an operator did.
    pub changed_in: Option<SessionId>,
    /// The user has to choose another password before anything else.
    pub must_change: bool,
}

impl Credential {
    /// Reads an item; `None`, if it only counts the attempts on a name that nobody has.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if it is neither.
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

/// An attempt on a user name.
pub enum Attempt {
    /// Counted, on a name that somebody has.
    Known(Credential, Counter),
    /// Counted, on a name that nobody has.
    Unknown(Counter),
    /// The budget of this window is spent; with the credential of a name that somebody has.
    Refused(Option<Credential>),
}

/// The Credentials table.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Where those who write credentials find it.
    pub table: Table,
}

impl Credentials {
    /// The table that `CREDENTIALS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::CREDENTIALS_TABLE, environment, client)?;
        Ok(Self { table })
    }

    /// Counts an attempt, unless the budget is spent, and returns what is stored for the name: one write.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn take_attempt(&self, username: &Username, now: Timestamp) -> Result<Attempt, StoreError> {
        // What is no count from nothing to the budget is no budget: by one below zero, guesses would be free for long.
        // The second half of the condition keeps a credential that was written without `expires_at` from being given
        // the short one of an unknown name, and so from being removed.
        let result = self
            .update(username)
            .update_expression("ADD #counter :one SET #expires_at = if_not_exists(#expires_at, :soon)")
            .condition_expression(
                "(attribute_not_exists(#counter) OR #counter BETWEEN :zero AND :last) \
                 AND (attribute_not_exists(#password_hash) OR attribute_exists(#expires_at))",
            )
            .expression_attribute_names("#counter", counter_name(now))
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_values(":one", N("1".to_owned()))
            .expression_attribute_values(":zero", N("0".to_owned()))
            .expression_attribute_values(":last", N((BUDGET - 1).to_string()))
            .expression_attribute_values(":soon", N((now.as_unix() + 2 * WINDOW_TTL).to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(output) => attempt(&output.attributes.unwrap_or_default(), now),
            Err(error) => refused(error),
        }
    }

    /// Takes an attempt back. Where it is the only one the counter goes too, so that a row without failed attempts
    /// has none. A counter or a row that is gone meanwhile stays gone.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn give_back(&self, username: &Username, counter: &Counter) -> Result<(), StoreError> {
        let update = self.update(username).expression_attribute_names("#counter", &counter.name);
        if counter.alone {
            let removal = update
                .clone()
                .update_expression("REMOVE #counter")
                .condition_expression("#counter = :one")
                .expression_attribute_values(":one", N("1".to_owned()));
            if is_done(removal.send().await)? {
                return Ok(());
            }
        }
        let decrement = update
            .update_expression("ADD #counter :minus_one")
            .condition_expression("#counter > :zero")
            .expression_attribute_values(":minus_one", N("-1".to_owned()))
            .expression_attribute_values(":zero", N("0".to_owned()));
        is_done(decrement.send().await)?;
        Ok(())
    }

    /// Removes the counters of windows that are over, if there are any.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn tidy(&self, username: &Username, counter: &Counter) -> Result<(), StoreError> {
        if counter.stale.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = (0..counter.stale.len()).map(|i| format!("#c{i}")).collect();
        let mut update = self
            .update(username)
            .update_expression(format!("REMOVE {}", names.join(", ")))
            .condition_expression("attribute_exists(#username)")
            .expression_attribute_names("#username", attribute::USERNAME);
        for (name, stale) in names.into_iter().zip(&counter.stale) {
            update = update.expression_attribute_names(name, stale);
        }
        is_done(update.send().await)?;
        Ok(())
    }

    /// Replaces a hash, if it is still the one that was verified.
    ///
    /// # Errors
    ///
    /// [`StoreError`], also if it is not.
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

fn attempt(item: &Item, now: Timestamp) -> Result<Attempt, StoreError> {
    let counter = Counter::of(item, now);
    Ok(match Credential::from_item(item)? {
        Some(credential) => Attempt::Known(credential, counter),
        None => Attempt::Unknown(counter),
    })
}

/// Whether an update was carried out; not, if its condition failed.
pub(crate) fn is_done(
    result: Result<UpdateItemOutput, SdkError<UpdateItemError>>,
) -> Result<bool, StoreError> {
    match result {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
        Err(error) => Err(StoreError::unavailable(OPERATION, error)),
    }
}

/// Which half of the condition failed.
fn refused(error: SdkError<UpdateItemError>) -> Result<Attempt, StoreError> {
    if let SdkError::ServiceError(service) = &error
        && let UpdateItemError::ConditionalCheckFailedException(failed) = service.err()
    {
        let Some(item) = failed.item() else { return Ok(Attempt::Refused(None)) };
        let credential = Credential::from_item(item)?;
        if credential.is_some() && !item.contains_key(attribute::EXPIRES_AT) {
            return Err(Row::new("Credentials", item).malformed(attribute::EXPIRES_AT));
        }
        return Ok(Attempt::Refused(credential));
    }
    Err(StoreError::unavailable(OPERATION, error))
}
