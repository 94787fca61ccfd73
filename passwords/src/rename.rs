//! Renames a credential.
//!
//! The user name is the key, so the row moves. One write creates it under the new name, and another deletes
//! the old one, in one transaction. The attempts move along, so a rename allows no further guesses.

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeValue::{self, N, S},
        Delete, Update,
    },
};
use shared::{
    clock::Timestamp,
    ids::UserId,
    store::{Item, StoreError, attribute},
};

use crate::{
    Credential, Credentials, NEVER, Username,
    budget::{Budget, SLOTS, is_of_attempts},
};

/// Attributes that an operator or a change of password may add after the credential was read.
const MAY_BE_ADDED: [&str; 3] = [attribute::MUST_CHANGE, attribute::CHANGED_IN, attribute::VALID_FROM];

/// The writes that rename a credential.
#[derive(Debug)]
pub struct Moving {
    /// The user.
    pub user_id: UserId,
    /// Since when the password is valid.
    pub valid_from: Timestamp,
    /// Creates the credential under the new name, if that is free.
    pub creation: Update,
    /// Deletes the credential under the old name, if it is unchanged since it was read.
    pub deletion: Delete,
}

impl Credentials {
    /// Returns the writes that rename a credential. `None`, if the old name doesn't exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn moving(&self, from: &Username, to: &Username) -> Result<Option<Moving>, StoreError> {
        let Some(item) = self.item(from).await? else { return Ok(None) };
        let Some(credential) = Credential::from_item(&item)? else { return Ok(None) };
        let not_built = |error: BuildError| StoreError::Unavailable {
            operation: "TransactWriteItems on Users and Credentials",
            reason: error.to_string(),
        };
        Ok(Some(Moving {
            creation: self.moved(to, &item).map_err(not_built)?,
            deletion: self.left(from, &item, &credential.user_id).map_err(not_built)?,
            user_id: credential.user_id,
            valid_from: credential.valid_from,
        }))
    }

    /// Creates the row under the new name. Attempts on the new name may have made a row already: those of
    /// both rows count. That row expires, but a credential never does, so `expires_at` is written even if the
    /// old row has none.
    fn moved(&self, to: &Username, item: &Item) -> Result<Update, BuildError> {
        let (mut sets, mut adds) = (vec!["#expires_at = :never".to_owned()], Vec::new());
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .key(attribute::USERNAME, S(to.as_str().to_owned()))
            .condition_expression("attribute_not_exists(#password_hash)")
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_values(":never", N(NEVER.to_string()));
        let attributes = item
            .iter()
            .filter(|(name, _)| ![attribute::USERNAME, attribute::EXPIRES_AT].contains(&name.as_str()));
        for (i, (name, value)) in attributes.enumerate() {
            if is_count(name, value) {
                adds.push(format!("#a{i} :a{i}"));
            } else {
                sets.push(format!("#a{i} = :a{i}"));
            }
            update = update
                .expression_attribute_names(format!("#a{i}"), name)
                .expression_attribute_values(format!(":a{i}"), value.clone());
        }
        let add = if adds.is_empty() { String::new() } else { format!(" ADD {}", adds.join(", ")) };
        update.update_expression(format!("SET {}{add}", sets.join(", "))).build()
    }

    /// Deletes the old row. Its password and related attributes must be unchanged since it was read, and no
    /// absent attribute may have been added. Its failures in a row must be unchanged too, since every attempt
    /// changes them.
    fn left(&self, from: &Username, item: &Item, user_id: &UserId) -> Result<Delete, BuildError> {
        let counted = (0..=SLOTS).flat_map(|slot| {
            let budget = match slot {
                0 => Budget::Strangers,
                slot => Budget::Device { user_id: user_id.clone(), slot },
            };
            [budget.in_a_row(), budget.last_at()]
        });
        let kept = item.keys().filter(|name| *name != attribute::USERNAME && !is_of_attempts(name)).cloned();
        let absent =
            MAY_BE_ADDED.iter().filter(|name| !item.contains_key(**name)).map(|name| (*name).to_owned());
        let mut conditions = Vec::new();
        let mut delete = Delete::builder()
            .table_name(&self.table.name)
            .key(attribute::USERNAME, S(from.as_str().to_owned()));
        for (i, name) in kept.chain(absent).chain(counted).enumerate() {
            match item.get(&name) {
                None => conditions.push(format!("attribute_not_exists(#a{i})")),
                Some(value) => {
                    conditions.push(format!("#a{i} = :a{i}"));
                    delete = delete.expression_attribute_values(format!(":a{i}"), value.clone());
                }
            }
            delete = delete.expression_attribute_names(format!("#a{i}"), name);
        }
        delete.condition_expression(conditions.join(" AND ")).build()
    }
}

/// Whether an attribute counts attempts. The instant of the last one doesn't.
fn is_count(name: &str, value: &AttributeValue) -> bool {
    is_of_attempts(name) && !name.ends_with("_last_at") && matches!(value, N(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_count_attempts_are_added_up() {
        let one = N("1".to_owned());
        for name in ["guesses_7", "guesses_in_a_row", "guesses3_7", "guesses3_in_a_row"] {
            assert!(is_count(name, &one), "{name}");
        }
        for name in ["guesses_last_at", "guesses3_last_at", "valid_from"] {
            assert!(!is_count(name, &one), "{name}");
        }
        assert!(!is_count("guesses_7", &S("1".to_owned())));
    }
}
