//! A change of one item: only what it names, and only if the item is there.

use aws_sdk_dynamodb::{error::SdkError, operation::update_item::UpdateItemError, types::AttributeValue};
use shared::{
    clock::Timestamp,
    store::{Item, StoreError, Table, attribute},
};

/// The change.
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

    /// Sets attributes to what they are in this item, and removes those that it doesn't have.
    pub(crate) fn set_as_in(self, item: &Item, names: &[&'static str]) -> Self {
        names.iter().fold(self, |change, name| change.set(name, item.get(*name).cloned()))
    }

    /// Only if the attribute is still what was read.
    pub(crate) fn if_still(mut self, name: &'static str, value: Option<&AttributeValue>) -> Self {
        self.conditions.push(Condition::Is(name, value.cloned()));
        self
    }

    /// Cuts off the sessions that were created before this instant; one that is later already stays.
    pub(crate) fn cut_off(mut self, not_before: Timestamp) -> Self {
        let value = AttributeValue::N(not_before.to_string());
        self.conditions.push(Condition::IsBefore(attribute::NOT_BEFORE, value.clone()));
        self.set(attribute::NOT_BEFORE, Some(value))
    }

    /// Carries it out. Not, if the item isn't there, or a condition fails.
    pub(crate) async fn apply(
        &self,
        table: &Table,
        (key, value): (&str, &str),
        operation: &'static str,
    ) -> Result<bool, StoreError> {
        let (names, values, conditions) = (Names::default(), Names::default(), vec![]);
        let (mut names, mut values, mut conditions): (Names<String>, Names<AttributeValue>, Vec<String>) =
            (names, values, conditions);
        conditions.push(format!("attribute_exists({})", names.put("#n", key.to_owned())));
        for condition in &self.conditions {
            conditions.push(match condition {
                Condition::Is(name, None) => {
                    format!("attribute_not_exists({})", names.put("#n", (*name).to_owned()))
                }
                Condition::Is(name, Some(value)) => {
                    let name = names.put("#n", (*name).to_owned());
                    format!("{name} = {}", values.put(":v", value.clone()))
                }
                Condition::IsBefore(name, value) => {
                    let name = names.put("#n", (*name).to_owned());
                    format!("(attribute_not_exists({name}) OR {name} < {})", values.put(":v", value.clone()))
                }
            });
        }
        let sets = self.sets.iter().map(|(name, value)| {
            format!("{} = {}", names.put("#n", name.clone()), values.put(":v", value.clone()))
        });
        let sets: Vec<String> = sets.collect();
        let removes: Vec<String> = self.removes.iter().map(|name| names.put("#n", name.clone())).collect();
        let result = table
            .client
            .update_item()
            .table_name(&table.name)
            .key(key, AttributeValue::S(value.to_owned()))
            .update_expression([clause("SET", &sets), clause("REMOVE", &removes)].join(" ").trim())
            .condition_expression(conditions.join(" AND "))
            .set_expression_attribute_names(Some(names.0.into_iter().collect()))
            .set_expression_attribute_values(values.into_map())
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
}

/// Placeholders and what they stand for.
#[derive(Debug)]
struct Names<T>(Vec<(String, T)>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Names<T> {
    fn put(&mut self, prefix: &str, value: T) -> String {
        let placeholder = format!("{prefix}{}", self.0.len());
        self.0.push((placeholder.clone(), value));
        placeholder
    }

    fn into_map(self) -> Option<std::collections::HashMap<String, T>> {
        (!self.0.is_empty()).then(|| self.0.into_iter().collect())
    }
}

fn clause(verb: &str, terms: &[String]) -> String {
    if terms.is_empty() { String::new() } else { format!("{verb} {}", terms.join(", ")) }
}
