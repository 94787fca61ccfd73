//! Attempts on a user name. They are counted before hashing, and forgiven after a correct password.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{N, S},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};
use shared::{
    clock::Timestamp,
    store::{Item, Row, StoreError, attribute},
};

use crate::{
    Credential, Credentials, Username,
    budget::{BUDGET, Budget, IN_A_ROW, MEMORY_TTL, SLOW_TTL, is_of_attempts, number, stale},
    table::{OPERATION, is_done},
};

/// An attempt on a user name.
pub enum Attempt {
    /// The attempt was counted, and the user name exists.
    Known(Credential, Counter),
    /// The attempt was counted, and the user name doesn't exist.
    Unknown(Counter),
    /// The budget is spent. With the credential, if the user name exists.
    Refused(Option<Credential>),
}

/// A counted attempt.
#[derive(Debug)]
pub struct Counter {
    /// The attributes that count the attempt by time.
    pub names: Vec<String>,
    /// Whether each of them counts only this attempt.
    pub alone: bool,
    /// Attributes whose counts no longer matter.
    pub stale: Vec<String>,
    /// When the row expires, if the user name doesn't exist.
    pub expires_at: Option<Timestamp>,
    in_a_row: String,
    last_at: String,
}

impl Counter {
    /// The counter of an attempt made at `now`. `item` is the row before that attempt.
    pub fn of(item: &Item, budget: &Budget, now: Timestamp) -> Self {
        let names: Vec<String> = budget.counters(now).into();
        let alone = names.iter().all(|name| !item.contains_key(name) || number(item, name) == Some(0));
        let (in_a_row, last_at) = (budget.in_a_row(), budget.last_at());
        Self { names, alone, stale: stale(item, now), expires_at: None, in_a_row, last_at }
    }

    /// All attributes that the attempt changes.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.names.iter().chain([&self.in_a_row, &self.last_at]).map(String::as_str)
    }

    /// The attributes of an item that concern attempts, for any budget and time.
    pub(crate) fn of_attempts(item: &Item) -> impl Iterator<Item = &String> {
        item.keys().filter(|name| is_of_attempts(name))
    }

    /// Names the attributes that count the attempt in an update that forgives it: `#guesses0`, and so on.
    pub(crate) fn named(&self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let names = self.names.iter().enumerate();
        let update = names.fold(update, |update, (i, name)| {
            update.expression_attribute_names(format!("#guesses{i}"), name)
        });
        self.named_in_a_row(update)
    }

    /// Names the attributes that count failures in a row.
    pub(crate) fn named_in_a_row(&self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        update
            .expression_attribute_names("#in_a_row", &self.in_a_row)
            .expression_attribute_names("#last_at", &self.last_at)
    }

    /// Makes an update take back the attempt, if it is still counted. Returns the additions and the
    /// condition. Without the condition, the update would recreate a missing counter as -1, an invalid count
    /// that refuses every attempt.
    pub(crate) fn taken_back(
        &self,
        update: UpdateItemFluentBuilder,
    ) -> (UpdateItemFluentBuilder, String, String) {
        let adds = self.each(|name| format!("{name} :minus_one")).join(", ");
        let condition = self.each(|name| format!("{name} > :zero")).join(" AND ");
        let update = update
            .expression_attribute_values(":minus_one", N("-1".to_owned()))
            .expression_attribute_values(":zero", N("0".to_owned()));
        (update, adds, condition)
    }

    /// A term for each attribute that counts by time.
    pub(crate) fn each(&self, term: impl Fn(String) -> String) -> Vec<String> {
        (0..self.names.len()).map(|i| term(format!("#guesses{i}"))).collect()
    }
}

impl Credentials {
    /// Counts an attempt, unless the budget is spent, and returns the row of the user name, in one write. If
    /// a device's budget is spent or belongs to another user, the strangers' budget counts, in a second
    /// write.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a write fails or the row is malformed.
    pub async fn take_attempt(
        &self,
        username: &Username,
        budget: &Budget,
        now: Timestamp,
    ) -> Result<Attempt, StoreError> {
        match self.count(username, budget, now).await? {
            Attempt::Refused(_) if *budget != Budget::Strangers => {
                self.count(username, &Budget::Strangers, now).await
            }
            attempt => Ok(attempt),
        }
    }

    /// Counts an attempt at this budget alone, unless it is spent or belongs to another user.
    pub(crate) async fn count(
        &self,
        username: &Username,
        budget: &Budget,
        now: Timestamp,
    ) -> Result<Attempt, StoreError> {
        let counter = Counter::of(&Item::new(), budget, now);
        let adds = counter.each(|name| format!("{name} :one")).join(", ");
        let result = counter
            .named(self.update(username))
            .update_expression(format!(
                "ADD {adds}, #in_a_row :one \
                 SET #expires_at = if_not_exists(#expires_at, :forgotten), #last_at = :now"
            ))
            .condition_expression(condition(&counter, budget))
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_values(":one", N("1".to_owned()))
            .expression_attribute_values(":zero", N("0".to_owned()))
            .expression_attribute_values(":last", N((BUDGET - 1).to_string()))
            .expression_attribute_values(":last_in_a_row", N((IN_A_ROW - 1).to_string()))
            .expression_attribute_values(":now", N(now.to_string()))
            .expression_attribute_values(":slow", N(now.as_unix().saturating_sub(SLOW_TTL).to_string()))
            .expression_attribute_values(":forgotten", N(forgotten_at(now).to_string()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let result = match budget {
            Budget::Strangers => result,
            Budget::Device { user_id, .. } => result
                .expression_attribute_names("#user_id", attribute::USER_ID)
                .expression_attribute_values(":user_id", S(user_id.to_string())),
        };
        match result.send().await {
            Ok(output) => counted(&output.attributes.unwrap_or_default(), budget, now),
            Err(error) => refused(error),
        }
    }

    /// Forgives an attempt with a correct password, and the failures in a row before it. If it was the only
    /// one, its counters are removed, so a row without failed attempts has none. A counter or row that is
    /// gone stays gone.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a write fails.
    pub async fn forgive(&self, username: &Username, counter: &Counter) -> Result<(), StoreError> {
        let update = counter.named(self.update(username));
        if counter.alone {
            let removal = update
                .clone()
                .update_expression(format!(
                    "REMOVE #in_a_row, #last_at, {}",
                    counter.each(|name| name).join(", ")
                ))
                .condition_expression(counter.each(|name| format!("{name} = :one")).join(" AND "))
                .expression_attribute_values(":one", N("1".to_owned()));
            if is_done(removal.send().await)? {
                return Ok(());
            }
        }
        let (decrement, adds, condition) = counter.taken_back(update);
        let decrement = decrement
            .update_expression(format!("REMOVE #in_a_row, #last_at ADD {adds}"))
            .condition_expression(condition);
        is_done(decrement.send().await)?;
        Ok(())
    }

    /// Removes counts that no longer matter, if there are any. The row of an unknown user name is kept for as
    /// long as a known one remembers failures.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn tidy(&self, username: &Username, counter: &Counter) -> Result<(), StoreError> {
        if counter.stale.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = (0..counter.stale.len()).map(|i| format!("#c{i}")).collect();
        let removes = names.join(", ");
        let update = names.into_iter().zip(&counter.stale);
        let update = update.fold(self.update(username), |update, (name, stale)| {
            update.expression_attribute_names(name, stale)
        });
        let update = match counter.expires_at {
            None => update
                .update_expression(format!("REMOVE {removes}"))
                .condition_expression("attribute_exists(#username)")
                .expression_attribute_names("#username", attribute::USERNAME),
            Some(expires_at) => update
                .update_expression(format!("REMOVE {removes} SET #expires_at = :expires_at"))
                // A new user may have taken the name meanwhile.
                .condition_expression(
                    "attribute_exists(#expires_at) AND attribute_not_exists(#password_hash)",
                )
                .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
                .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
                .expression_attribute_values(":expires_at", N(expires_at.to_string())),
        };
        is_done(update.send().await)?;
        Ok(())
    }
}

/// When an unknown user name is forgotten: after the time that a known one remembers failures in a row.
fn forgotten_at(now: Timestamp) -> Timestamp {
    Timestamp::from_unix(now.as_unix().saturating_add(MEMORY_TTL))
}

/// The condition that the budget has room and the row may be written.
fn condition(counter: &Counter, budget: &Budget) -> String {
    // A counter outside 0..=BUDGET counts as spent: one below zero would allow many guesses.
    let in_time = counter
        .each(|name| format!("(attribute_not_exists({name}) OR {name} BETWEEN :zero AND :last)"))
        .join(" AND ");
    let in_a_row = "(attribute_not_exists(#in_a_row) OR #in_a_row BETWEEN :zero AND :last_in_a_row \
                    OR (#in_a_row > :last_in_a_row AND #last_at <= :slow))";
    // A credential without `expires_at` must not get the short one of an unknown name, which would delete it.
    let never_expires = "(attribute_not_exists(#password_hash) OR attribute_exists(#expires_at))";
    let owner = match budget {
        Budget::Strangers => "",
        Budget::Device { .. } => " AND #user_id = :user_id",
    };
    format!("{in_time} AND {in_a_row} AND {never_expires}{owner}")
}

fn counted(item: &Item, budget: &Budget, now: Timestamp) -> Result<Attempt, StoreError> {
    let counter = Counter::of(item, budget, now);
    Ok(match Credential::from_item(item)? {
        Some(credential) => Attempt::Known(credential, counter),
        None => Attempt::Unknown(Counter { expires_at: Some(forgotten_at(now)), ..counter }),
    })
}

/// Tells which part of the condition failed.
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
