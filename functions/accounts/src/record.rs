//! The record of a user whose mail address changes.

use aws_sdk_dynamodb::types::{
    AttributeValue::{self, S},
    Update,
};
use mails::{EmailAddress, Undos};
use passwords::Username;
use serde_json::{Map, Value};
use shared::{
    ids::UserId,
    store::{Item, StoreError, User, attribute},
};

use crate::{Accounts, AccountsError, AccountsReason};

/// The claim with a user's address, and the one that says that it is the user's (OpenID Connect Core 1.0
/// section 5.1).
const EMAIL: &str = "email";
const EMAIL_VERIFIED: &str = "email_verified";
/// The attributes that a change of the address depends on. It is written only if all of them are still as
/// they were read.
const READ: [&str; 5] =
    [attribute::USERNAME, attribute::CLAIMS, attribute::DISABLED, attribute::NOT_BEFORE, attribute::UNDOS];

/// The record of a user who isn't disabled, as it was read.
pub(crate) struct Record {
    pub(crate) user_id: UserId,
    pub(crate) user: User,
    /// The name of the user's credential.
    pub(crate) username: Username,
    pub(crate) undos: Undos,
    item: Item,
}

impl Accounts {
    /// Reads the record of a user who isn't disabled.
    pub(crate) async fn record(&self, user_id: &UserId) -> Result<Record, AccountsError> {
        let item = self.users.item(user_id).await?.ok_or(AccountsReason::NoAccount)?;
        let user = User::from_item(&item)?;
        if user.disabled {
            return Err(AccountsReason::NoAccount.into());
        }
        let (username, undos) = (Username::of(&user)?, Undos::of(&item)?);
        Ok(Record { user_id: user_id.clone(), user, username, undos, item })
    }

    /// The write that changes attributes of a record, on the condition that those in [`READ`] are as they
    /// were read. `None` removes an attribute.
    pub(crate) fn rewrite(
        &self,
        record: &Record,
        changes: impl IntoIterator<Item = (&'static str, Option<AttributeValue>)>,
    ) -> Result<Update, StoreError> {
        let (mut sets, mut removes, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
        let mut update = Update::builder()
            .table_name(&self.users.table.name)
            .key(attribute::USER_ID, S(record.user_id.to_string()));
        for name in READ {
            update = update.expression_attribute_names(format!("#{name}"), name);
            match record.item.get(name) {
                None => conditions.push(format!("attribute_not_exists(#{name})")),
                Some(seen) => {
                    conditions.push(format!("#{name} = :seen_{name}"));
                    update = update.expression_attribute_values(format!(":seen_{name}"), seen.clone());
                }
            }
        }
        for (name, value) in changes {
            update = update.expression_attribute_names(format!("#{name}"), name);
            match value {
                None => removes.push(format!("#{name}")),
                Some(value) => {
                    sets.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                }
            }
        }
        let parts = [("SET", sets), ("REMOVE", removes)].into_iter().filter(|(_, terms)| !terms.is_empty());
        let parts: Vec<_> = parts.map(|(verb, terms)| format!("{verb} {}", terms.join(", "))).collect();
        update
            .update_expression(parts.join(" "))
            .condition_expression(conditions.join(" AND "))
            .build()
            .map_err(StoreError::not_built)
    }
}

/// The claims of a user with this verified address (OpenID Connect Core 1.0 section 5.1), as it was typed.
pub(crate) fn with_address(mut claims: Map<String, Value>, address: &EmailAddress) -> Map<String, Value> {
    claims.insert(EMAIL.to_owned(), Value::from(address.as_str()));
    claims.insert(EMAIL_VERIFIED.to_owned(), Value::from(true));
    claims
}

/// The stored form of a user's claims with another address.
///
/// # Errors
///
/// If it is too long. A record with it couldn't be read.
pub(crate) fn claims_with(user: &User, address: &EmailAddress) -> Result<AttributeValue, AccountsReason> {
    let text = Value::Object(with_address(user.claims.clone(), address)).to_string();
    if text.len() <= User::MAX_CLAIMS_LEN { Ok(S(text)) } else { Err(AccountsReason::ClaimsFull) }
}

/// The mail address that is the user's name, spelled as the user's claims spell it. `None`, if the name is no
/// address.
pub(crate) fn address_of(user: &User) -> Option<EmailAddress> {
    let name = user.username.as_deref().and_then(EmailAddress::parse)?;
    let claim = user.claims.get(EMAIL).and_then(Value::as_str).and_then(EmailAddress::parse);
    Some(claim.filter(|claim| claim.normal() == name.normal()).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(username: &str, claims: &Value) -> User {
        User {
            username: Some(username.to_owned()),
            claims: claims.as_object().unwrap().clone(),
            ..User::default()
        }
    }

    #[test]
    fn a_user_has_the_address_of_the_name_in_the_claims_spelling() {
        for (name, email, address) in [
            ("ada@example.com", json!("Ada@Example.com"), Some("Ada@Example.com")),
            ("ada@example.com", json!("eve@example.com"), Some("ada@example.com")),
            ("ada@example.com", json!(["ada@example.com"]), Some("ada@example.com")),
            ("ada", json!("ada@example.com"), None),
        ] {
            let own = address_of(&user(name, &json!({ "email": email })));
            assert_eq!(own.as_ref().map(EmailAddress::as_str), address, "{name} {email}");
        }
        assert!(address_of(&User::default()).is_none());
    }

    #[test]
    fn a_new_address_leaves_the_other_claims() {
        let user = user("ada@example.com", &json!({ "email": "x", "email_verified": false, "plan": 1.50 }));
        let address = EmailAddress::parse("Ada@New.example").unwrap();
        let Ok(S(text)) = claims_with(&user, &address) else { panic!("they fit") };
        let claims: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(claims, json!({ "email": "Ada@New.example", "email_verified": true, "plan": 1.50 }));
    }

    #[test]
    fn claims_that_would_be_too_long_to_read_are_refused() {
        let address = EmailAddress::parse("ada@example.com").unwrap();
        let of_len = |len: usize| {
            let empty =
                Value::Object(with_address(user("a", &json!({ "x": "" })).claims, &address)).to_string();
            user("a", &json!({ "x": "y".repeat(len - empty.len()) }))
        };
        assert!(claims_with(&of_len(User::MAX_CLAIMS_LEN), &address).is_ok());
        let refused = claims_with(&of_len(User::MAX_CLAIMS_LEN + 1), &address);
        assert!(matches!(refused, Err(AccountsReason::ClaimsFull)));
    }
}
