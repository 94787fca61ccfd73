//! A new password under an earlier name, for a user whose account was taken by a change of the name.

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeValue::{N, S},
        Delete, Put,
    },
};
use shared::store::attribute;

use crate::{Credentials, Forgotten, NEVER, NewHash, Username, budget::is_of_attempts};

/// Attributes that concern the old password or the row itself.
const LEFT: [&str; 6] = [
    attribute::USERNAME,
    attribute::PASSWORD_HASH,
    attribute::VALID_FROM,
    attribute::CHANGED_IN,
    attribute::MUST_CHANGE,
    attribute::EXPIRES_AT,
];

/// The writes that give a credential another name and another password.
#[derive(Debug)]
pub struct Restoring {
    /// Creates the credential under the other name, if that is free.
    pub creation: Put,
    /// Deletes the credential under the name that it was read with, if its password is still the same.
    pub deletion: Delete,
}

impl Credentials {
    /// The writes that move a credential from one name to another, with a new password. As after
    /// [`Self::reset`], the user need not change the password, and no attempt counts: neither those on the
    /// old password, nor those on the other name while it was free. They're part of a transaction that also
    /// uses up the link by which the user proved to be the owner.
    ///
    /// # Errors
    ///
    /// [`BuildError`], never: all required fields are set.
    pub fn restoring(
        &self,
        from: &Username,
        to: &Username,
        forgotten: &Forgotten,
        new: &NewHash,
    ) -> Result<Restoring, BuildError> {
        let Forgotten { credential, item } = forgotten;
        let is_kept = |name: &str| !LEFT.contains(&name) && !is_of_attempts(name);
        let kept = item.iter().filter(|(name, _)| is_kept(name));
        let creation = kept
            .fold(Put::builder(), |put, (name, value)| put.item(name, value.clone()))
            .table_name(&self.table.name)
            .item(attribute::USERNAME, S(to.as_str().to_owned()))
            .item(attribute::PASSWORD_HASH, S(new.hash.clone()))
            .item(attribute::VALID_FROM, N(new.valid_from.to_string()))
            .item(attribute::EXPIRES_AT, N(NEVER.to_string()))
            .condition_expression("attribute_not_exists(#password_hash)")
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .build()?;
        let deletion = Delete::builder()
            .table_name(&self.table.name)
            .key(attribute::USERNAME, S(from.as_str().to_owned()))
            .condition_expression("#user_id = :user_id AND #password_hash = :old")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .expression_attribute_values(":user_id", S(credential.user_id.to_string()))
            .expression_attribute_values(":old", S(credential.password_hash.clone()))
            .build()?;
        Ok(Restoring { creation, deletion })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_dynamodb::{Client, Config, config::BehaviorVersion, types::AttributeValue::Bool};
    use shared::{
        clock::Timestamp,
        environment::{Environment, variable},
        store::Item,
    };

    use super::*;
    use crate::Credential;

    fn credentials() -> Credentials {
        let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
        let variables = [(variable::CREDENTIALS_TABLE.to_owned(), "Credentials".to_owned())];
        let client = Client::from_conf(config);
        Credentials::new(&Environment::from_variables(variables), &client).unwrap()
    }

    fn stolen() -> Item {
        let attributes = [
            ("username", S("thief@example.com".to_owned())),
            ("user_id", S("ada".to_owned())),
            ("password_hash", S("$old".to_owned())),
            ("valid_from", N("5000".to_owned())),
            ("must_change", Bool(true)),
            ("changed_in", S("47DEQpj8HBSa-_TImW-5JA".to_owned())),
            ("guesses_7", N("3".to_owned())),
            ("guesses2_last_at", N("99".to_owned())),
            ("of_a_later_release", S("kept".to_owned())),
            ("expires_at", N("253402300799".to_owned())),
        ];
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn a_credential_returns_with_a_new_password_and_without_the_old_ones_state() {
        let item = stolen();
        let credential = Credential::from_item(&item).unwrap().unwrap();
        let new = NewHash::replacing(&credential, "$new".to_owned(), Timestamp::from_unix(1000));
        let [from, to] = ["thief@example.com", "ada@example.com"].map(|name| Username::parse(name).unwrap());
        let forgotten = Forgotten { credential, item };
        let Restoring { creation, deletion } = credentials().restoring(&from, &to, &forgotten, &new).unwrap();

        assert_eq!(creation.condition_expression(), Some("attribute_not_exists(#password_hash)"));
        let put = creation.item();
        let names: BTreeSet<_> = put.keys().map(String::as_str).collect();
        let expected =
            ["expires_at", "of_a_later_release", "password_hash", "user_id", "username", "valid_from"];
        assert_eq!(names, BTreeSet::from(expected));
        assert_eq!(put["username"], S("ada@example.com".to_owned()));
        assert_eq!(put["expires_at"], N("253402300799".to_owned()));
        let stored = Credential::from_item(put).unwrap().unwrap();
        assert_eq!((stored.user_id.as_str(), stored.password_hash.as_str()), ("ada", "$new"));
        assert_eq!(stored.valid_from, Timestamp::from_unix(5001), "later than any session with the old one");
        assert!(!stored.must_change && stored.changed_in.is_none());

        assert_eq!(deletion.key()["username"], S("thief@example.com".to_owned()));
        assert_eq!(
            deletion.condition_expression(),
            Some("#user_id = :user_id AND #password_hash = :old"),
            "attempts that are counted meanwhile don't stop it"
        );
        let values = deletion.expression_attribute_values().unwrap();
        assert_eq!((&values[":old"], &values[":user_id"]), (&S("$old".to_owned()), &S("ada".to_owned())));
    }
}
