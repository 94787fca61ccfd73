//! Keys, as the functions write them, and where DynamoDB puts them.

use aws_lc_rs::digest;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    keys::PublishedKeys,
    store::{Item, Revocations, SessionKey, attribute},
};

/// Where an item is: DynamoDB hashes the partition key, and keeps the items of one in the order of their sort key (DynamoDB
/// Developer Guide, "Partitions and data distribution in DynamoDB"). Its hash is not published; any good one spreads alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    hash: u128,
    sort: String,
}

impl Place {
    /// That of an item, or of its key.
    fn of(item: &Item, partition_key: &str, sort_key: Option<&str>) -> Self {
        let text = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.as_str(),
            other => panic!("a key that is {other:?}"),
        };
        Self::new(text(partition_key), sort_key.map_or("", text))
    }

    fn new(partition_key: &str, sort_key: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, partition_key.as_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&hash.as_ref()[..16]);
        Self { hash: u128::from_be_bytes(first), sort: sort_key.to_owned() }
    }

    /// The first place of a partition, where the hashes are cut into `n` equal parts.
    pub(crate) fn cut(i: usize, n: usize) -> Self {
        Self { hash: (u128::MAX / n as u128) * i as u128, sort: String::new() }
    }

    pub(crate) fn of_session(key: &SessionKey) -> Self {
        Self::of(&key.to_item(), attribute::USER_ID, Some(attribute::SESSION_KEY))
    }

    pub(crate) fn of_user(user_id: &UserId) -> Self {
        Self::new(user_id.as_str(), "")
    }

    pub(crate) fn of_credential(username: &str) -> Self {
        Self::new(username, "")
    }

    pub(crate) fn of_client(client_id: &ClientId) -> Self {
        Self::new(client_id.as_str(), "")
    }

    pub(crate) fn of_revocation(session_id: &SessionId, now: Timestamp) -> Self {
        Self::of(&Revocations::row(session_id, now), attribute::BUCKET, Some(attribute::REVOCATION))
    }

    /// All published keys are in one partition.
    pub(crate) fn of_published_key(kid: &str) -> Self {
        Self::new(PublishedKeys::KEY_USE, kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_hour_are_side_by_side_in_the_order_of_time_and_those_of_another_elsewhere() {
        let id = |n: u8| SessionId::of_secret(&[n]);
        let at =
            |n, seconds: u64| Place::of_revocation(&id(n), Timestamp::from_unix(1_800_000_000 + seconds));
        let (early, late, next_hour) = (at(1, 0), at(2, 1), at(1, 3600));
        assert_eq!(early.hash, late.hash);
        assert!(early < late, "whatever the session");
        assert_ne!(early.hash, next_hour.hash);
    }

    #[test]
    fn sessions_of_one_user_are_side_by_side_in_no_order_of_time() {
        let key = |secret: u8, client: &str| SessionKey {
            user_id: UserId::parse("ada").unwrap(),
            client_id: ClientId::parse(client).unwrap(),
            session_id: SessionId::of_secret(&[secret]),
        };
        let (one, other) = (Place::of_session(&key(1, "app")), Place::of_session(&key(2, "app")));
        assert_eq!(one.hash, other.hash);
        assert!(one.sort.starts_with("app#") && one.sort != other.sort);
    }
}
