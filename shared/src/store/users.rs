//! The Users table: the claims for users' tokens, and whether users may get tokens.

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    types::AttributeValue::{self, Bool, N, S},
};
use serde_json::{Map, Value};

use super::{Item, Notice, Row, StoreError, Table, attribute};
use crate::{
    claims::RESERVED_CLAIMS,
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::UserId,
    json::parse_exact,
    network::Network,
};

/// A user's record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    /// The user name of the credential, if there is one.
    pub username: Option<String>,
    /// The claims for the access token, without those that only Latchgate sets.
    pub claims: Map<String, Value>,
    /// Whether no more tokens are issued.
    pub disabled: bool,
    /// Sessions created before this instant are over.
    pub not_before: Timestamp,
    /// Whether the user is being deleted. Such a user is disabled too.
    pub deleting: bool,
    /// When the user signed up by a mail. `None`, if an operator created the user.
    pub signed_up_at: Option<Timestamp>,
    /// Whether the user wants a mail about each session on a new device. It counts only where the deployment
    /// leaves that to its users.
    pub new_device_mails: bool,
}

impl User {
    /// The longest claims of a user, in bytes of JSON. Every request contains them, and API Gateway passes on
    /// at most 10,240 bytes of headers.
    pub const MAX_CLAIMS_LEN: usize = 4096;

    /// Whether a session with this `created_at` may go on: the user is not disabled, and no later cut-off
    /// ended it.
    pub fn admits(&self, created_at: Timestamp) -> bool {
        !self.disabled && created_at >= self.not_before
    }

    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if it is not a user.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Users", item);
        let claims = row.optional_parsed(attribute::CLAIMS, Self::parse_claims)?;
        Ok(Self {
            username: row.optional_text(attribute::USERNAME)?.map(str::to_owned),
            claims: claims.unwrap_or_default(),
            disabled: row.flag(attribute::DISABLED)?,
            not_before: row.optional_instant(attribute::NOT_BEFORE)?.unwrap_or_default(),
            deleting: row.flag(attribute::DELETING)?,
            signed_up_at: row.optional_instant(attribute::SIGNED_UP_AT)?,
            new_device_mails: row.flag(attribute::NEW_DEVICE_MAILS)?,
        })
    }

    /// Parses the stored form of claims, without those that only Latchgate sets. `None`, if they are too long,
    /// or can't be kept exactly: a token would differ from the record.
    pub fn parse_claims(text: &str) -> Option<Map<String, Value>> {
        let text = Some(text).filter(|text| text.len() <= Self::MAX_CLAIMS_LEN)?;
        let mut claims = parse_exact(text.as_bytes(), usize::MAX).ok()?;
        claims.retain(|name, _| !RESERVED_CLAIMS.contains(&name.as_str()));
        Some(claims)
    }

    /// The user as an item. Absent values are left out.
    pub fn to_item(&self, user_id: &UserId) -> Item {
        let not_before = (self.not_before > Timestamp::default()).then(|| N(self.not_before.to_string()));
        let claims = (!self.claims.is_empty()).then(|| S(Value::Object(self.claims.clone()).to_string()));
        let attributes = [
            (attribute::USER_ID, Some(S(user_id.to_string()))),
            (attribute::USERNAME, self.username.clone().map(S)),
            (attribute::CLAIMS, claims),
            (attribute::DISABLED, self.disabled.then_some(Bool(true))),
            (attribute::NOT_BEFORE, not_before),
            (attribute::DELETING, self.deleting.then_some(Bool(true))),
            (attribute::SIGNED_UP_AT, self.signed_up_at.map(|instant| N(instant.to_string()))),
            (attribute::NEW_DEVICE_MAILS, self.new_device_mails.then_some(Bool(true))),
        ];
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// The Users table.
#[derive(Clone, Debug)]
pub struct Users {
    /// The table itself, for code that writes users.
    pub table: Table,
}

impl Users {
    /// Opens the table that `USERS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::USERS_TABLE, environment, client)?;
        Ok(Self { table })
    }

    /// Sets the user's `not_before`, so that refresh tokens of sessions created before it no longer work. A
    /// later `not_before` stays. The user is told about `notice` by mail, unless a later `not_before` stayed: the
    /// same cut-off again changes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn cut_off(
        &self,
        user_id: &UserId,
        not_before: Timestamp,
        notice: Option<Notice>,
    ) -> Result<(), StoreError> {
        let update = self
            .table
            .update_item()
            .key(attribute::USER_ID, AttributeValue::S(user_id.to_string()))
            // This must not recreate a user who was deleted meanwhile.
            .condition_expression(
                "attribute_exists(#user_id) \
                 AND (attribute_not_exists(#not_before) OR #not_before < :not_before)",
            )
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#not_before", attribute::NOT_BEFORE)
            .expression_attribute_values(":not_before", N(not_before.to_string()));
        let update = match notice {
            None => update.update_expression("SET #not_before = :not_before"),
            Some(notice) => update
                .update_expression(
                    "SET #not_before = :not_before, #notice = :notice, #noticed_at = :not_before",
                )
                .expression_attribute_names("#notice", attribute::NOTICE)
                .expression_attribute_names("#noticed_at", attribute::NOTICED_AT)
                .expression_attribute_values(":notice", S(notice.name().to_owned())),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(StoreError::unavailable("UpdateItem on Users", error)),
        }
    }

    /// Has a user without a password told of it by mail, after an attempt to sign in from this network; `None`:
    /// the mail counts for no network. The mailer knows whether the user was told lately, and whether the
    /// network may have another mail.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn tell_of_missing_password(
        &self,
        user_id: &UserId,
        network: Option<&Network>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = self
            .table
            .update_item()
            .key(attribute::USER_ID, AttributeValue::S(user_id.to_string()))
            // This must not recreate a user who was deleted meanwhile. The function may touch no attribute but
            // these, as its policy in template.yaml says.
            .condition_expression("attribute_exists(#user_id)")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#notice", attribute::NOTICE)
            .expression_attribute_names("#noticed_at", attribute::NOTICED_AT)
            .expression_attribute_names("#network", attribute::NOTICE_NETWORK)
            .expression_attribute_values(":notice", S(Notice::PasswordMissing.name().to_owned()))
            .expression_attribute_values(":now", N(now.to_string()));
        let update = match network {
            None => update.update_expression("SET #notice = :notice, #noticed_at = :now REMOVE #network"),
            Some(network) => update
                .update_expression("SET #notice = :notice, #noticed_at = :now, #network = :network")
                .expression_attribute_values(":network", S(network.as_str().to_owned())),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(StoreError::unavailable("UpdateItem on Users", error)),
        }
    }

    /// Returns the user, read consistently: a disabled user must not get another token.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn find(&self, user_id: &UserId) -> Result<Option<User>, StoreError> {
        self.item(user_id).await?.as_ref().map(User::from_item).transpose()
    }

    /// Returns the user's item, read consistently.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails.
    pub async fn item(&self, user_id: &UserId) -> Result<Option<Item>, StoreError> {
        let output = self
            .table
            .get_item()
            .key(attribute::USER_ID, AttributeValue::S(user_id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("GetItem on Users", e))?;
        Ok(output.item)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_is_read_as_written() {
        let user_id = UserId::parse("u1").unwrap();
        let complete = User {
            username: Some("ada@example.com".to_owned()),
            claims: json!({ "roles": ["buyer"] }).as_object().unwrap().clone(),
            disabled: true,
            not_before: Timestamp::from_unix(1_800_000_000),
            deleting: true,
            signed_up_at: Some(Timestamp::from_unix(1_790_000_000)),
            new_device_mails: true,
        };
        let item = complete.to_item(&user_id);
        assert_eq!(item.len(), 8);
        assert_eq!(User::from_item(&item).unwrap(), complete);
        let item = User::default().to_item(&user_id);
        assert_eq!(item.keys().collect::<Vec<_>>(), [attribute::USER_ID]);
        assert_eq!(User::from_item(&item).unwrap(), User::default());
    }

    #[test]
    fn what_is_malformed_is_an_error_and_not_a_default() {
        for (name, value) in [
            (attribute::DELETING, S("true".to_owned())),
            (attribute::NEW_DEVICE_MAILS, S("true".to_owned())),
            (attribute::SIGNED_UP_AT, N("-1".to_owned())),
            (attribute::SIGNED_UP_AT, N("1790000000000".to_owned())),
            (attribute::CLAIMS, S("[]".to_owned())),
        ] {
            let item = Item::from([(name.to_owned(), value)]);
            let Err(StoreError::Malformed { attribute, .. }) = User::from_item(&item) else {
                panic!("{name}");
            };
            assert_eq!(attribute, name);
        }
    }

    #[test]
    fn claims_are_kept_exactly_or_not_at_all() {
        let claims = User::parse_claims(r#"{"a":1,"sub":"u2","exp":0}"#).unwrap();
        assert_eq!(Value::Object(claims), json!({ "a": 1 }));
        let longest = format!(r#"{{"a":"{}"}}"#, "x".repeat(User::MAX_CLAIMS_LEN - 8));
        assert_eq!(longest.len(), User::MAX_CLAIMS_LEN);
        assert!(User::parse_claims(&longest).is_some());
        for bad in [&format!("{longest} "), "", "[]", r#"{"a":1,"a":2}"#, r#"{"a":1e999}"#] {
            assert_eq!(User::parse_claims(bad), None, "{bad}");
        }
    }
}
