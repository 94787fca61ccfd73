//! What a session is stored under.

use aws_sdk_dynamodb::types::AttributeValue::S;

use super::{Item, Row, StoreError, attribute};
use crate::ids::{ClientId, SessionId, UserId};

/// What a session is stored under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKey {
    /// The partition: all sessions of a user are one Query.
    pub user_id: UserId,
    /// The first part of the sort key: a user's sessions on one client are a `begins_with`.
    pub client_id: ClientId,
    /// The second part of the sort key.
    pub session_id: SessionId,
}

impl SessionKey {
    /// The key as attributes.
    pub fn to_item(&self) -> Item {
        let sort = format!("{}#{}", self.client_id, self.session_id);
        Item::from([
            (attribute::USER_ID.to_owned(), S(self.user_id.to_string())),
            (attribute::SESSION_KEY.to_owned(), S(sort)),
        ])
    }

    /// Reads the key of an item, whatever else is in it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if it is none of a session.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        Self::from_row(&Row::new("Sessions", item))
    }

    pub(super) fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let (client_id, session_id) = row.parsed(attribute::SESSION_KEY, |sort| {
            let (client_id, session_id) = sort.split_once('#')?;
            Some((ClientId::parse(client_id)?, SessionId::parse(session_id)?))
        })?;
        Ok(Self { user_id: row.parsed(attribute::USER_ID, UserId::parse)?, client_id, session_id })
    }
}
