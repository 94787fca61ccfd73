//! Publishes the keyset's public halves in the Keys table.

use aws_sdk_dynamodb::types::{
    AttributeValue::{N, S},
    Put, TransactWriteItem, Update,
};
use shared::{
    clock::Timestamp,
    keys::{Jwk, KeysetDocument, PublishedKey, PublishedKeys},
    store::{StoreError, attribute},
};

use crate::{
    fence::{Fence, FenceError, Written},
    plan,
};

/// Publishes the public halves of a keyset's signing keys, unless the fence was raised since it was read.
/// Keys that are published already stay unchanged.
///
/// # Errors
///
/// [`FenceError`], if the fence was raised or the table fails.
pub async fn publish(
    published: &PublishedKeys,
    document: &KeysetDocument,
    fence: &Fence<'_>,
    now: Timestamp,
) -> Result<(), FenceError> {
    for key in &document.signing_keys {
        let key = key.to_public();
        if fence.write(&published.table, put(published, &key, now)?).await? == Written::Done {
            tracing::info!(kid = key.kid, "a key was published");
        }
    }
    Ok(())
}

/// Sets the expiry of the keys that this keyset, which is now current, replaces: when their last token has
/// expired. A key of this keyset stays, even if an earlier keyset would let it expire.
///
/// # Errors
///
/// [`FenceError`], if the fence was raised or the table fails.
pub async fn retire(
    published: &PublishedKeys,
    document: &KeysetDocument,
    fence: &Fence<'_>,
    now: Timestamp,
) -> Result<(), FenceError> {
    for key in published.all().await? {
        let expires_at = plan::expires_at(document, &key.jwk.kid, now);
        let is_held = document.signing_keys.iter().any(|held| held.kid == key.jwk.kid);
        if expires_at < key.expires_at || is_held && expires_at > key.expires_at {
            let update = expire(published, &key, expires_at)?;
            if fence.write(&published.table, update).await? == Written::Done {
                tracing::info!(kid = key.jwk.kid, %expires_at, "a key will expire");
            }
        }
    }
    Ok(())
}

fn put(published: &PublishedKeys, jwk: &Jwk, now: Timestamp) -> Result<TransactWriteItem, FenceError> {
    let put = Put::builder()
        .table_name(&published.table.name)
        .item(attribute::KEY_USE, S(PublishedKeys::KEY_USE.to_owned()))
        .item(attribute::KID, S(jwk.kid.clone()))
        .item(attribute::JWK, S(to_json(jwk)))
        .item(attribute::PUBLISHED_AT, N(now.to_string()))
        .item(attribute::EXPIRES_AT, N(PublishedKeys::NEVER.to_string()))
        .condition_expression("attribute_not_exists(#kid)")
        .expression_attribute_names("#kid", attribute::KID)
        .build()
        .map_err(StoreError::not_built)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn expire(
    published: &PublishedKeys,
    key: &PublishedKey,
    expires_at: Timestamp,
) -> Result<TransactWriteItem, FenceError> {
    let update = Update::builder()
        .table_name(&published.table.name)
        .key(attribute::KEY_USE, S(PublishedKeys::KEY_USE.to_owned()))
        .key(attribute::KID, S(key.jwk.kid.clone()))
        .update_expression("SET #expires_at = :expires_at")
        // The value is unchanged, so the key wasn't removed meanwhile.
        .condition_expression("#expires_at = :read")
        .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
        .expression_attribute_values(":expires_at", N(expires_at.to_string()))
        .expression_attribute_values(":read", N(key.expires_at.to_string()))
        .build()
        .map_err(StoreError::not_built)?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn to_json(jwk: &Jwk) -> String {
    // Unwrap safety: strings always serialise.
    serde_json::to_string(jwk).expect("a key serialises")
}
