//! The sessions that are stored, and those that are revoked.

use shared::store::attribute;

use crate::harness::Api;

/// The identifiers of the sessions that there are.
pub(super) async fn sessions(api: &Api) -> Vec<String> {
    second_parts(api, "SessionsTable", attribute::SESSION_KEY).await
}

/// The identifiers of those that are on the denylist.
pub(super) async fn revoked(api: &Api) -> Vec<String> {
    second_parts(api, "RevocationsTable", attribute::REVOCATION).await
}

async fn second_parts(api: &Api, table: &str, sort_key: &str) -> Vec<String> {
    let second = |key: &str| key.split_once('#').unwrap().1.to_owned();
    api.items(table).await.iter().map(|item| second(item[sort_key].as_s().unwrap())).collect()
}
