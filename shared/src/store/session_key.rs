//! The key of a session's row.

use aws_sdk_dynamodb::types::AttributeValue::S;

use super::{Item, Row, StoreError, attribute};
use crate::ids::{ClientId, SessionId, UserId};

/// The key of a session's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKey {
    /// The partition key. One Query finds all sessions of a user.
    pub user_id: UserId,
    /// The first part of the sort key. `begins_with` finds a user's sessions on one client.
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

    /// Reads the key of an item, and ignores its other attributes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the key is not a session's.
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
