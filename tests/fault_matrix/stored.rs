//! The stored sessions and the revoked ones.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    clock::Timestamp,
    ids::ClientId,
    store::{Session, attribute},
};

use crate::harness::{Api, Stored};

/// The IDs of the live sessions, without rows that only bar a session.
pub(super) async fn sessions(api: &Api) -> Vec<String> {
    live(api, &api.items("SessionsTable").await)
}

/// The IDs of the sessions that were live in earlier items.
pub(super) fn sessions_of(api: &Api, stored: &Stored) -> Vec<String> {
    live(api, &stored["SessionsTable"])
}

fn live(api: &Api, items: &[BTreeMap<String, AttributeValue>]) -> Vec<String> {
    let now = Timestamp::from_unix(api.clock.unix());
    let session = |item: &BTreeMap<_, _>| Session::from_item(&item.clone().into_iter().collect()).unwrap();
    let live = items.iter().map(session).filter(|session| session.is_live(now));
    live.map(|session| session.key.session_id.to_string()).collect()
}

/// The only session at the pages.
pub(super) async fn session_at_the_pages(api: &Api) -> String {
    let mut keys =
        second_parts(api, "SessionsTable", attribute::SESSION_KEY, ClientId::browser().as_str()).await;
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys.remove(0)
}

/// The session IDs on the denylist.
pub(super) async fn revoked(api: &Api) -> Vec<String> {
    second_parts(api, "RevocationsTable", attribute::REVOCATION, "").await
}

/// The second parts of sort keys whose first part has this prefix.
async fn second_parts(api: &Api, table: &str, sort_key: &str, prefix: &str) -> Vec<String> {
    let items = api.items(table).await;
    let parts = items.iter().map(|item| item[sort_key].as_s().unwrap().split_once('#').unwrap());
    parts.filter(|(first, _)| first.starts_with(prefix)).map(|(_, second)| second.to_owned()).collect()
}
