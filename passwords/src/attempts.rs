//! Attempts on a user name: counted before anything is hashed, forgiven once the password was right.

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
    /// Counted, on a name that somebody has.
    Known(Credential, Counter),
    /// Counted, on a name that nobody has.
    Unknown(Counter),
    /// The budget is spent; with the credential of a name that somebody has.
    Refused(Option<Credential>),
}

/// A counted attempt.
#[derive(Debug)]
pub struct Counter {
    /// The attributes that count it by time.
    pub names: Vec<String>,
    /// Whether it is the only one that each of them counts.
    pub alone: bool,
    /// Attributes that count what doesn't matter any more.
    pub stale: Vec<String>,
    /// When the row may go, if nobody has the name.
    pub expires_at: Option<Timestamp>,
    in_a_row: String,
    last_at: String,
}

impl Counter {
    /// An attempt of this instant that was counted in this item; `item` is what was stored before.
    pub fn of(item: &Item, budget: &Budget, now: Timestamp) -> Self {
        let names: Vec<String> = budget.counters(now).into();
        let alone = names.iter().all(|name| !item.contains_key(name) || number(item, name) == Some(0));
        let (in_a_row, last_at) = (budget.in_a_row(), budget.last_at());
        Self { names, alone, stale: stale(item, now), expires_at: None, in_a_row, last_at }
    }

    /// All attributes that the attempt is written to.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.names.iter().chain([&self.in_a_row, &self.last_at]).map(String::as_str)
    }

    /// The attributes of an item that have to do with attempts, of whichever budget and time.
    pub(crate) fn of_attempts(item: &Item) -> impl Iterator<Item = &String> {
        item.keys().filter(|name| is_of_attempts(name))
    }

    /// What an update that forgives the attempt calls the attributes that count it: `#guesses0`, and so on.
    pub(crate) fn named(&self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let names = self.names.iter().enumerate();
        let update = names.fold(update, |update, (i, name)| {
            update.expression_attribute_names(format!("#guesses{i}"), name)
        });
        self.named_in_a_row(update)
    }

    /// What it calls the attributes that count failures in a row.
    pub(crate) fn named_in_a_row(&self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        update
            .expression_attribute_names("#in_a_row", &self.in_a_row)
            .expression_attribute_names("#last_at", &self.last_at)
    }

    /// Makes an update take the attempt back, where it is still counted: what it adds, and its condition. Without the condition a
    /// counter that is gone would be written again, as -1, which is no count and refuses every attempt.
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

    /// One term for each attribute that counts by time.
    pub(crate) fn each(&self, term: impl Fn(String) -> String) -> Vec<String> {
        (0..self.names.len()).map(|i| term(format!("#guesses{i}"))).collect()
    }
}

impl Credentials {
    /// Counts an attempt, unless the budget is spent, and returns what is stored for the name: one write. A device whose own
    /// budget is spent, or is none for this name, may use that of strangers: another write.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

    async fn count(
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

    /// Forgives an attempt whose password was right, and the failures in a row before it. Where it is the only one its
    /// counters go too, so that a row without failed attempts has none. A counter or a row that is gone meanwhile stays gone.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

    /// Removes what doesn't matter any more, if there is any, and keeps the row of a name that nobody has for as long as that
    /// of a known one would remember.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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
                // The name may have been taken meanwhile.
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

/// When a name that nobody has is forgotten: like the failures in a row of a known one.
fn forgotten_at(now: Timestamp) -> Timestamp {
    Timestamp::from_unix(now.as_unix().saturating_add(MEMORY_TTL))
}

/// The budget has room, and the row is one that may be written.
fn condition(counter: &Counter, budget: &Budget) -> String {
    // What is no count from nothing to the budget is no budget: by one below zero, guesses would be free for long.
    let in_time = counter
        .each(|name| format!("(attribute_not_exists({name}) OR {name} BETWEEN :zero AND :last)"))
        .join(" AND ");
    let in_a_row = "(attribute_not_exists(#in_a_row) OR #in_a_row BETWEEN :zero AND :last_in_a_row \
                    OR (#in_a_row > :last_in_a_row AND #last_at <= :slow))";
    // Keeps a credential that was written without `expires_at` from being given the short one of an unknown name, and so
    // from being removed.
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

/// Which part of the condition failed.
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
