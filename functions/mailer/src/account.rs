//! The account of an address.

use aws_sdk_dynamodb::{Client, types::AttributeValue::S};
use mails::{EmailAddress, own_address};
use shared::{
    environment::{Environment, EnvironmentError, variable},
    ids::UserId,
    store::{Row, StoreError, Table, User, Users, attribute},
};

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
