//! A change of one item. It changes only the named attributes, and only if the item exists.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::{BuildError, SdkError},
    operation::update_item::UpdateItemError,
    types::{AttributeValue, Update},
};
use shared::{
    clock::Timestamp,
    store::{Item, Notice, StoreError, Table, attribute},
};

/// A change of an item.
#[derive(Debug, Default)]
pub(crate) struct Change {
    sets: Vec<(String, AttributeValue)>,
    removes: Vec<String>,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
enum Condition {
    Is(&'static str, Option<AttributeValue>),
    IsBefore(&'static str, AttributeValue),
}

impl Change {
    /// Sets an attribute, or removes it.
    pub(crate) fn set(mut self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.sets.push((name.to_owned(), value)),
            None => self.removes.push(name.to_owned()),
        }
        self
    }

    /// Sets attributes to their values in this item, and removes those that it lacks.
    pub(crate) fn set_as_in(self, item: &Item, names: &[&'static str]) -> Self {
        names.iter().fold(self, |change, name| change.set(name, item.get(*name).cloned()))
    }

    /// Requires that the attribute still has the value that was read.
    pub(crate) fn if_still(mut self, name: &'static str, value: Option<&AttributeValue>) -> Self {
        self.conditions.push(Condition::Is(name, value.cloned()));
        self
    }

    /// Sets `not_before`, unless it is later already.
    pub(crate) fn cut_off(mut self, not_before: Timestamp) -> Self {
        let value = AttributeValue::N(not_before.to_string());
        self.conditions.push(Condition::IsBefore(attribute::NOT_BEFORE, value.clone()));
        self.set(attribute::NOT_BEFORE, Some(value))
    }

    /// Has the user told about this change by mail. `at` tells changes of a kind apart.
    pub(crate) fn tell(self, notice: Notice, at: Timestamp) -> Self {
        self.set(attribute::NOTICE, Some(AttributeValue::S(notice.name().to_owned())))
            .set(attribute::NOTICED_AT, Some(AttributeValue::N(at.to_string())))
            .set(attribute::NOTICE_NETWORK, None)
    }

    /// Removes an earlier notice, which was for the address of that time, and must not go to another.
    pub(crate) fn without_notice(self) -> Self {
        [attribute::NOTICE, attribute::NOTICED_AT, attribute::NOTICE_NETWORK]
            .into_iter()
            .fold(self, |change, name| change.set(name, None))
    }

    /// Whether it changes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.removes.is_empty()
    }

    /// The change as a write of a transaction.
    pub(crate) fn write(&self, table: &Table, (key, value): (&str, &str)) -> Result<Update, BuildError> {
        let mut terms = Terms::default();
        let update = self.expression(&mut terms);
        let condition = self.condition(key, &mut terms);
        Update::builder()
            .table_name(&table.name)
            .key(key, AttributeValue::S(value.to_owned()))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(terms.names))
            .set_expression_attribute_values(Some(terms.values).filter(|values| !values.is_empty()))
            .build()
    }

    /// Makes the change. Returns `false` if the item doesn't exist, or a condition fails.
    pub(crate) async fn apply(
        &self,
        table: &Table,
        (key, value): (&str, &str),
        operation: &'static str,
    ) -> Result<bool, StoreError> {
        let mut terms = Terms::default();
        let update = self.expression(&mut terms);
        let condition = self.condition(key, &mut terms);
        let result = table
            .update_item()
            .key(key, AttributeValue::S(value.to_owned()))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(terms.names))
            .set_expression_attribute_values(Some(terms.values).filter(|values| !values.is_empty()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), UpdateItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable(operation, error)),
        }
    }

    fn expression(&self, terms: &mut Terms) -> String {
        let set = |terms: &mut Terms, (name, value): &(String, AttributeValue)| {
            format!("{} = {}", terms.name(name), terms.value(value))
        };
        let sets: Vec<String> = self.sets.iter().map(|term| set(terms, term)).collect();
        let removes: Vec<String> = self.removes.iter().map(|name| terms.name(name)).collect();
        let clauses = [("SET", sets), ("REMOVE", removes)].into_iter().filter(|(_, terms)| !terms.is_empty());
        clauses.map(|(verb, terms)| format!("{verb} {}", terms.join(", "))).collect::<Vec<_>>().join(" ")
    }

    fn condition(&self, key: &str, terms: &mut Terms) -> String {
        let mut conditions = vec![format!("attribute_exists({})", terms.name(key))];
        for condition in &self.conditions {
            conditions.push(match condition {
                Condition::Is(name, None) => format!("attribute_not_exists({})", terms.name(name)),
                Condition::Is(name, Some(value)) => format!("{} = {}", terms.name(name), terms.value(value)),
                Condition::IsBefore(name, value) => {
                    let (name, value) = (terms.name(name), terms.value(value));
                    format!("(attribute_not_exists({name}) OR {name} < {value})")
                }
            });
        }
        conditions.join(" AND ")
    }
}

/// The names and values of placeholders.
#[derive(Debug, Default)]
struct Terms {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Terms {
    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    fn value(&mut self, value: &AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value.clone());
        placeholder
    }
}
