//! A new password for a user who forgot the old one.

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeValue::{N, S},
        Update,
    },
};
use shared::store::{Item, StoreError, attribute};

use crate::{Counter, Credential, Credentials, NewHash, Username, operator::replacing};

/// A credential whose user forgot the password, as it was read.
pub struct Forgotten {
    /// The credential.
    pub credential: Credential,
    pub(crate) item: Item,
}

impl Credentials {
    /// Returns the credential of this user name, read consistently. `None`, if the name doesn't exist:
    /// then its row, if there is one, only counts attempts.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn forgotten(&self, username: &Username) -> Result<Option<Forgotten>, StoreError> {
        let Some(item) = self.item(username).await? else { return Ok(None) };
        Ok(Credential::from_item(&item)?.map(|credential| Forgotten { credential, item }))
    }

    /// The write that replaces a forgotten password, if it's still the one that was read. The user no
    /// longer has to change the password, and the attempts on the old one no longer count. It's part of a
    /// transaction, which also uses up what the user proved to be the owner with.
    ///
    /// # Errors
    ///
    /// [`BuildError`], never: all required fields are set.
    pub fn reset(
        &self,
        username: &Username,
        forgotten: &Forgotten,
        new: &NewHash,
    ) -> Result<Update, BuildError> {
        let Forgotten { credential, item } = forgotten;
        let update = Update::builder()
            .table_name(&self.table.name)
            .key(attribute::USERNAME, S(username.as_str().to_owned()))
            .update_expression(replacing(item, false))
            .condition_expression("#password_hash = :old")
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_names("#valid_from", attribute::VALID_FROM)
            .expression_attribute_names("#changed_in", attribute::CHANGED_IN)
            .expression_attribute_names("#must_change", attribute::MUST_CHANGE)
            .expression_attribute_values(":new", S(new.hash.clone()))
            .expression_attribute_values(":valid_from", N(new.valid_from.to_string()))
            .expression_attribute_values(":old", S(credential.password_hash.clone()));
        Counter::of_attempts(item)
            .enumerate()
            .fold(update, |update, (i, name)| update.expression_attribute_names(format!("#c{i}"), name))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{Client, Config, config::BehaviorVersion, types::AttributeValue::Bool};
    use shared::{
        clock::Timestamp,
        environment::{Environment, variable},
    };

    use super::*;

    fn credentials() -> Credentials {
        let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
        let variables = [(variable::CREDENTIALS_TABLE.to_owned(), "Credentials".to_owned())];
        let client = Client::from_conf(config);
        Credentials::new(&Environment::from_variables(variables), &client).unwrap()
    }

    fn item() -> Item {
        let attributes = [
            ("username", S("ada@example.com".to_owned())),
            ("user_id", S("ada".to_owned())),
            ("password_hash", S("$old".to_owned())),
            ("valid_from", N("5000".to_owned())),
            ("must_change", Bool(true)),
            ("changed_in", S("47DEQpj8HBSa-_TImW-5JA".to_owned())),
            ("guesses_7", N("3".to_owned())),
            ("guesses2_in_a_row", N("99".to_owned())),
            ("expires_at", N("253402300799".to_owned())),
        ];
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn a_reset_replaces_the_read_hash_and_forgets_the_rest() {
        let item = item();
        let credential = Credential::from_item(&item).unwrap().unwrap();
        let new = NewHash::replacing(&credential, "$new".to_owned(), Timestamp::from_unix(1000));
        assert_eq!(new.valid_from, Timestamp::from_unix(5001), "later than any session with the old one");
        let username = Username::parse("Ada@example.com").unwrap();
        let update = credentials().reset(&username, &Forgotten { credential, item }, &new).unwrap();

        assert_eq!(update.key()["username"], S("ada@example.com".to_owned()));
        assert_eq!(update.condition_expression(), Some("#password_hash = :old"));
        let values = update.expression_attribute_values().unwrap();
        for (name, value) in [
            (":old", S("$old".to_owned())),
            (":new", S("$new".to_owned())),
            (":valid_from", N("5001".to_owned())),
        ] {
            assert_eq!(values[name], value, "{name}");
        }
        assert_eq!(values.len(), 3);
        let expression = update.update_expression();
        let (set, removed) = expression.split_once(" REMOVE ").unwrap();
        assert_eq!(set, "SET #password_hash = :new, #valid_from = :valid_from");
        let names = update.expression_attribute_names().unwrap();
        let mut removed: Vec<_> = removed.split(", ").map(|name| names[name].as_str()).collect();
        removed.sort_unstable();
        assert_eq!(removed, ["changed_in", "guesses2_in_a_row", "guesses_7", "must_change"]);
    }
}
