//! The Revocations table: the denylist of ended sessions whose access tokens may still be valid.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::put_item::PutItemError,
    types::AttributeValue::{N, S},
};

use super::{Item, Notice, Row, SessionKey, StoreError, Table, attribute};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::SessionId,
    lifetimes,
};

/// A session whose access tokens are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The session, as [`SessionId::to_bytes`] returns it, since a hundred thousand of these may be in
    /// memory.
    pub session: [u8; 16],
    /// The instant from which its tokens are refused.
    pub effective_at: Timestamp,
    /// When all of its access tokens have expired.
    pub expires_at: Timestamp,
}

impl Revocation {
    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the item is not a revocation.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Revocations", item);
        let (revoked_at, session) = row.parsed(attribute::REVOCATION, |sort| {
            let (instant, session) = sort.split_once('#')?;
            Some((Timestamp::from_unix(instant.parse().ok()?), SessionId::parse(session)?.to_bytes()))
        })?;
        let expires_at = row.instant(attribute::EXPIRES_AT)?;
        // A row that expires before it begins would let an ended session pass.
        if expires_at <= revoked_at {
            return Err(row.malformed(attribute::EXPIRES_AT));
        }
        let effective_at = row.optional_instant(attribute::EFFECTIVE_AT)?.unwrap_or_default();
        Ok(Self { session, effective_at, expires_at })
    }
}

/// The Revocations table.
#[derive(Clone, Debug)]
pub struct Revocations {
    /// The table itself, from which the authorizer reads new rows.
    pub table: Table,
}

impl Revocations {
    /// Seconds in a bucket, which is a partition. A starting authorizer queries the 25 that matter.
    pub const BUCKET_TTL: u64 = 3600;

    /// How long a row matters: no access token lives longer. A refresh that was under way when its session
    /// ended may issue a token a little after the row's instant.
    pub const TTL: Duration = Duration::from_secs(*lifetimes::ACCESS_TTL.end() + 60);

    /// Opens the table that `REVOCATIONS_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let table = Table::from_environment(variable::REVOCATIONS_TABLE, environment, client)?;
        Ok(Self { table })
    }

    /// The row of a session that ends now. It lasts as long as any access token can live: the lifetimes of
    /// the client or the deployment may have changed since its tokens were issued.
    pub fn row(session_id: &SessionId, now: Timestamp) -> Item {
        Item::from([
            (attribute::BUCKET.to_owned(), N((now.as_unix() / Self::BUCKET_TTL).to_string())),
            (attribute::REVOCATION.to_owned(), S(format!("{now}#{session_id}"))),
            (attribute::EXPIRES_AT.to_owned(), N((now + Self::TTL).to_string())),
        ])
    }

    /// The same row of an end that the user is told about. The table's stream brings it to the mailer, which has
    /// to know the user; readers of the denylist ignore both attributes.
    pub fn row_with_notice(key: &SessionKey, now: Timestamp, notice: Notice) -> Item {
        let mut row = Self::row(&key.session_id, now);
        row.insert(attribute::NOTICE.to_owned(), S(notice.name().to_owned()));
        row.insert(attribute::USER_ID.to_owned(), S(key.user_id.to_string()));
        row
    }

    /// Puts a session on the denylist.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn put(&self, session_id: &SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.put_row(Self::row(session_id, now)).await
    }

    /// Puts a session on the denylist, with what its user is told.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub(super) async fn put_with_notice(
        &self,
        key: &SessionKey,
        now: Timestamp,
        notice: Notice,
    ) -> Result<(), StoreError> {
        self.put_row(Self::row_with_notice(key, now, notice)).await
    }

    /// Puts a session on the denylist from a later instant. If it is refused at once already, that stays:
    /// another request may end a session while a change of password replaces it.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn put_later(
        &self,
        session_id: &SessionId,
        now: Timestamp,
        effective_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut row = Self::row(session_id, now);
        row.insert(attribute::EFFECTIVE_AT.to_owned(), N(effective_at.to_string()));
        let put = self
            .table
            .put_item()
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(#bucket) OR attribute_exists(#effective_at)")
            .expression_attribute_names("#bucket", attribute::BUCKET)
            .expression_attribute_names("#effective_at", attribute::EFFECTIVE_AT);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e))
                if matches!(e.err(), PutItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::unavailable("PutItem on Revocations", error)),
        }
    }

    async fn put_row(&self, row: Item) -> Result<(), StoreError> {
        let put = self.table.put_item().set_item(Some(row)).send().await;
        put.map_err(|e| StoreError::unavailable("PutItem on Revocations", e))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClientId, UserId};

    /// The longest identifier of a user.
    const USER_ID: [u8; UserId::MAX_LEN] = [b'u'; UserId::MAX_LEN];

    fn ended() -> (SessionKey, Timestamp) {
        let key = SessionKey {
            user_id: UserId::parse(std::str::from_utf8(&USER_ID).unwrap()).unwrap(),
            client_id: ClientId::parse("app").unwrap(),
            session_id: SessionId::of_secret(b"any"),
        };
        (key, Timestamp::from_unix(1_800_000_123))
    }

    #[test]
    fn a_notice_adds_its_name_and_the_user_and_changes_nothing_for_the_denylist() {
        let (key, now) = ended();
        for notice in Notice::ALL {
            let mut row = Revocations::row_with_notice(&key, now, notice);
            let plain = Revocations::row(&key.session_id, now);
            assert_eq!(Revocation::from_item(&row).unwrap(), Revocation::from_item(&plain).unwrap());
            assert_eq!(row.remove(attribute::NOTICE), Some(S(notice.name().to_owned())));
            assert_eq!(row.remove(attribute::USER_ID), Some(S(key.user_id.to_string())));
            assert_eq!(row, plain);
        }
    }

    /// DynamoDB counts the names of attributes too; a number takes at most 21 bytes.
    #[test]
    fn a_row_with_a_notice_is_less_than_a_write_unit() {
        let (key, now) = ended();
        for notice in Notice::ALL {
            let row = Revocations::row_with_notice(&key, now, notice);
            let size = |(name, value): (&String, &aws_sdk_dynamodb::types::AttributeValue)| {
                name.len() + value.as_s().map_or(21, String::len)
            };
            assert!(row.iter().map(size).sum::<usize>() < 1024, "{row:?}");
        }
    }
}
