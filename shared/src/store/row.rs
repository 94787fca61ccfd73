//! Strict readers for items.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;

use super::StoreError;
use crate::{clock::Timestamp, scope::Scope};

/// An item, as the SDK represents it.
pub type Item = HashMap<String, AttributeValue>;

/// An item of a table. Its readers check that attributes are present and have the right type.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    table: &'static str,
    item: &'a Item,
}

impl<'a> Row<'a> {
    /// An item of the table with this role.
    pub fn new(table: &'static str, item: &'a Item) -> Self {
        Self { table, item }
    }

    /// The error for a malformed attribute.
    pub fn malformed(&self, attribute: &'static str) -> StoreError {
        StoreError::Malformed { table: self.table, attribute }
    }

    /// A string.
    ///
    /// # Errors
    ///
    /// If it is missing or of another type.
    pub fn text(&self, attribute: &'static str) -> Result<&'a str, StoreError> {
        self.optional_text(attribute)?.ok_or_else(|| self.malformed(attribute))
    }

    /// A string that may be absent.
    ///
    /// # Errors
    ///
    /// If it is of another type.
    pub fn optional_text(&self, attribute: &'static str) -> Result<Option<&'a str>, StoreError> {
        match self.item.get(attribute) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.malformed(attribute)),
        }
    }

    /// A string, parsed.
    ///
    /// # Errors
    ///
    /// If it is missing, of another type, or the parser refuses it.
    pub fn parsed<T>(
        &self,
        attribute: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        parse(self.text(attribute)?).ok_or_else(|| self.malformed(attribute))
    }

    /// A string that may be absent, parsed.
    ///
    /// # Errors
    ///
    /// If it is of another type, or the parser refuses it.
    pub fn optional_parsed<T>(
        &self,
        attribute: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let text = self.optional_text(attribute)?;
        text.map(|text| parse(text).ok_or_else(|| self.malformed(attribute))).transpose()
    }

    /// A whole number that may be absent.
    ///
    /// # Errors
    ///
    /// If it is of another type, negative, fractional, or too large.
    pub fn optional_number(&self, attribute: &'static str) -> Result<Option<u64>, StoreError> {
        match self.item.get(attribute) {
            None => Ok(None),
            Some(AttributeValue::N(number)) => {
                number.parse().map(Some).map_err(|_| self.malformed(attribute))
            }
            Some(_) => Err(self.malformed(attribute)),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    ///
    /// If it is missing, of another type, negative, fractional, or too large.
    pub fn number(&self, attribute: &'static str) -> Result<u64, StoreError> {
        self.optional_number(attribute)?.ok_or_else(|| self.malformed(attribute))
    }

    /// An instant that may be absent.
    ///
    /// # Errors
    ///
    /// As for a number, and if it can't be seconds since 1970.
    pub fn optional_instant(&self, attribute: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let instant = self.optional_number(attribute)?.map(Timestamp::from_unix);
        if instant.is_some_and(|i| i >= Timestamp::END) {
            Err(self.malformed(attribute))
        } else {
            Ok(instant)
        }
    }

    /// An instant.
    ///
    /// # Errors
    ///
    /// As for a number, and if it can't be seconds since 1970.
    pub fn instant(&self, attribute: &'static str) -> Result<Timestamp, StoreError> {
        self.optional_instant(attribute)?.ok_or_else(|| self.malformed(attribute))
    }

    /// A length of time in whole seconds that may be absent.
    ///
    /// # Errors
    ///
    /// As for a number, and if it is not within `range`.
    pub fn optional_ttl(
        &self,
        attribute: &'static str,
        range: &std::ops::RangeInclusive<u64>,
    ) -> Result<Option<Duration>, StoreError> {
        match self.optional_number(attribute)? {
            Some(seconds) if !range.contains(&seconds) => Err(self.malformed(attribute)),
            seconds => Ok(seconds.map(Duration::from_secs)),
        }
    }

    /// A flag. An absent one is `false`.
    ///
    /// # Errors
    ///
    /// If it is of another type.
    pub fn flag(&self, attribute: &'static str) -> Result<bool, StoreError> {
        match self.item.get(attribute) {
            None => Ok(false),
            Some(AttributeValue::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.malformed(attribute)),
        }
    }

    /// A set of strings. An absent one is empty: DynamoDB can't store empty sets.
    ///
    /// # Errors
    ///
    /// If it is of another type.
    pub fn texts(&self, attribute: &'static str) -> Result<&'a [String], StoreError> {
        match self.item.get(attribute) {
            None => Ok(&[]),
            Some(AttributeValue::Ss(texts)) => Ok(texts),
            Some(_) => Err(self.malformed(attribute)),
        }
    }

    /// A list of strings. An absent one is empty.
    ///
    /// # Errors
    ///
    /// If it is of another type, or has other elements.
    pub fn list(&self, attribute: &'static str) -> Result<Vec<&'a str>, StoreError> {
        match self.item.get(attribute) {
            None => Ok(Vec::new()),
            Some(AttributeValue::L(values)) => {
                let texts = values.iter().map(|value| value.as_s().map(String::as_str));
                texts.collect::<Result<_, _>>().map_err(|_| self.malformed(attribute))
            }
            Some(_) => Err(self.malformed(attribute)),
        }
    }

    /// A scope: a set of strings.
    ///
    /// # Errors
    ///
    /// If it is of another type, or one of the strings is not a scope token.
    pub fn scope(&self, attribute: &'static str) -> Result<Scope, StoreError> {
        self.texts(attribute)?.to_vec().try_into().map_err(|_| self.malformed(attribute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_attribute_is_an_error_and_not_a_default() {
        let item = Item::from([
            ("flag".to_owned(), AttributeValue::S("true".to_owned())),
            ("negative".to_owned(), AttributeValue::N("-1".to_owned())),
            ("fraction".to_owned(), AttributeValue::N("1.5".to_owned())),
            ("text".to_owned(), AttributeValue::S("1790000000".to_owned())),
            ("milliseconds".to_owned(), AttributeValue::N("1790000000000".to_owned())),
        ]);
        let row = Row::new("Test", &item);
        assert!(row.flag("flag").is_err());
        for attribute in ["negative", "fraction", "text", "milliseconds"] {
            assert!(row.optional_instant(attribute).is_err(), "{attribute}");
        }
        assert!(row.instant("absent").is_err());
        assert_eq!(row.optional_instant("absent").unwrap(), None);
    }
}
