//! The account of an address.

use aws_sdk_dynamodb::{Client, types::AttributeValue::S};
use mails::EmailAddress;
use serde_json::Value;
use shared::{
    environment::{Environment, EnvironmentError, variable},
    ids::UserId,
    store::{Row, StoreError, Table, User, Users, attribute},
};

/// The claim with the address of a user (OpenID Connect Core 1.0, section 5.1).
const EMAIL: &str = "email";
/// The claim that says whether the address is the user's.
const EMAIL_VERIFIED: &str = "email_verified";

/// The account whose user name is an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// The address has no account.
    Absent,
    /// Its user can sign in.
    Enabled(Owner),
    /// Its user can't: an operator disabled the account, or is deleting it.
    Disabled(Owner),
}

/// The user of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) user_id: UserId,
    /// Where mails to the user go.
    pub(crate) address: EmailAddress,
}

impl Account {
    pub(crate) fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Absent => None,
            Self::Enabled(owner) | Self::Disabled(owner) => Some(owner),
        }
    }
}

/// The accounts, read only.
#[derive(Debug)]
pub(crate) struct Accounts {
    credentials: Table,
    users: Users,
}

impl Accounts {
    pub(crate) fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Ok(Self {
            credentials: Table::from_environment(variable::CREDENTIALS_TABLE, environment, client)?,
            users: Users::new(environment, client)?,
        })
    }

    /// Returns the account of an address.
    pub(crate) async fn find(&self, asked: &EmailAddress) -> Result<Account, StoreError> {
        let Some(user_id) = self.user_id(asked).await? else { return Ok(Account::Absent) };
        let user = self.users.find(&user_id).await?;
        let owner = Owner { user_id, address: own_address(user.as_ref(), asked) };
        let is_enabled = user.is_some_and(|user| !user.disabled);
        Ok(if is_enabled { Account::Enabled(owner) } else { Account::Disabled(owner) })
    }

    /// Returns a user.
    pub(crate) async fn user(&self, user_id: &UserId) -> Result<Option<User>, StoreError> {
        self.users.find(user_id).await
    }

    /// Reads the credential's user and nothing else: this function needs no password hash, and its policy in
    /// template.yaml denies it. A row that only counts attempts on an unknown name has no user.
    async fn user_id(&self, address: &EmailAddress) -> Result<Option<UserId>, StoreError> {
        let output = self
            .credentials
            .get_item()
            .key(attribute::USERNAME, S(address.normal().to_owned()))
            .projection_expression("#user_id")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("GetItem on Credentials", e))?;
        let item = output.item.unwrap_or_default();
        Row::new("Credentials", &item).optional_parsed(attribute::USER_ID, UserId::parse)
    }
}

/// The address for mails to a user: the user name, if that is an address; otherwise the claim `email`, if it
/// is verified.
pub(crate) fn address_of(user: &User) -> Option<EmailAddress> {
    match user.username.as_deref().and_then(EmailAddress::parse) {
        Some(name) => Some(own_address(Some(user), &name)),
        None if user.claims.get(EMAIL_VERIFIED) == Some(&Value::Bool(true)) => {
            user.claims.get(EMAIL).and_then(Value::as_str).and_then(EmailAddress::parse)
        }
        None => None,
    }
}

/// The address of a user, as the user's record spells it; otherwise in its normal form. The asker may be a
/// stranger, and a mail server that tells upper from lower case would bring the stranger's spelling to
/// another mailbox.
fn own_address(user: Option<&User>, asked: &EmailAddress) -> EmailAddress {
    let claim = user.and_then(|user| user.claims.get(EMAIL)).and_then(Value::as_str);
    let own = claim.and_then(EmailAddress::parse).filter(|own| own.normal() == asked.normal());
    // Unwrap safety: an address stays one in lower case.
    own.unwrap_or_else(|| EmailAddress::parse(asked.normal()).expect("an address in lower case is one"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mail_goes_to_the_users_own_spelling_and_never_to_the_askers() {
        let asked = EmailAddress::parse("ADA@Example.com").unwrap();
        for (claim, expected) in [
            (json!("Ada@example.com"), "Ada@example.com"),
            (json!("ada@other.example"), "ada@example.com"),
            (json!("Ada"), "ada@example.com"),
            (json!(["Ada@example.com"]), "ada@example.com"),
            (Value::Null, "ada@example.com"),
        ] {
            let mut user = User::default();
            user.claims.insert(EMAIL.to_owned(), claim.clone());
            assert_eq!(own_address(Some(&user), &asked).as_str(), expected, "{claim}");
        }
        for user in [None, Some(&User::default())] {
            assert_eq!(own_address(user, &asked).as_str(), "ada@example.com");
        }
    }

    fn user(username: Option<&str>, claims: &Value) -> User {
        let claims = claims.as_object().unwrap().clone();
        User { username: username.map(str::to_owned), claims, ..User::default() }
    }

    #[test]
    fn a_user_is_told_at_the_user_name_or_at_a_verified_claim() {
        let verified = |email: &str| json!({ "email": email, "email_verified": true });
        for (username, claims, address) in [
            (Some("ada@example.com"), json!({}), Some("ada@example.com")),
            (Some("ada@example.com"), verified("Ada@example.com"), Some("Ada@example.com")),
            (Some("ada@example.com"), verified("ada@other.example"), Some("ada@example.com")),
            (Some("ada"), verified("Ada@example.com"), Some("Ada@example.com")),
            (None, verified("Ada@example.com"), Some("Ada@example.com")),
            (Some("ada"), json!({ "email": "ada@example.com" }), None),
            (Some("ada"), json!({ "email": "ada@example.com", "email_verified": false }), None),
            (Some("ada"), json!({ "email": "ada@example.com", "email_verified": "true" }), None),
            (Some("ada"), verified("ada"), None),
            (Some("ada"), json!({ "email_verified": true }), None),
        ] {
            let found = address_of(&user(username, &claims));
            assert_eq!(found.as_ref().map(EmailAddress::as_str), address, "{username:?} {claims}");
        }
    }
}
