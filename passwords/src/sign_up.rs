//! The credential of a user who signs up.

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeValue::{N, S},
        Put,
    },
};
use shared::{ids::UserId, store::attribute};

use crate::{Credentials, NEVER, Username};

impl Credentials {
    /// The write that creates the credential of a user who proved to be the owner of this user name, if the
    /// name is free. It replaces the whole row: attempts on the name before it was anyone's don't count
    /// against its owner. It's part of a transaction, which also creates the user.
    ///
    /// # Errors
    ///
    /// [`BuildError`], never: all required fields are set.
    pub fn sign_up(
        &self,
        username: &Username,
        user_id: &UserId,
        password_hash: &str,
    ) -> Result<Put, BuildError> {
        Put::builder()
            .table_name(&self.table.name)
            .item(attribute::USERNAME, S(username.as_str().to_owned()))
            .item(attribute::USER_ID, S(user_id.to_string()))
            .item(attribute::PASSWORD_HASH, S(password_hash.to_owned()))
            .item(attribute::EXPIRES_AT, N(NEVER.to_string()))
            .condition_expression("attribute_not_exists(#password_hash)")
            .expression_attribute_names("#password_hash", attribute::PASSWORD_HASH)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{Client, Config, config::BehaviorVersion};
    use shared::environment::{Environment, variable};

    use super::*;
    use crate::Credential;

    #[test]
    fn a_sign_up_puts_a_whole_credential_where_none_is() {
        let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
        let variables = [(variable::CREDENTIALS_TABLE.to_owned(), "Credentials".to_owned())];
        let client = Client::from_conf(config);
        let credentials = Credentials::new(&Environment::from_variables(variables), &client).unwrap();
        let username = Username::parse("Ada@example.com").unwrap();
        let put = credentials.sign_up(&username, &UserId::parse("ada").unwrap(), "$hash").unwrap();

        assert_eq!(put.condition_expression(), Some("attribute_not_exists(#password_hash)"));
        let item = put.item();
        assert_eq!(item.len(), 4);
        assert_eq!(item["username"], S("ada@example.com".to_owned()));
        assert_eq!(item["expires_at"], N("253402300799".to_owned()));
        let stored = Credential::from_item(item).unwrap().unwrap();
        assert_eq!((stored.user_id.as_str(), stored.password_hash.as_str()), ("ada", "$hash"));
        assert!(!stored.must_change && stored.changed_in.is_none());
    }
}
