//! The Keys table: what of the keyset everybody may know.

use aws_sdk_dynamodb::types::{
    AttributeValue::{N, S},
    Put, TransactWriteItem, Update,
};
use shared::{
    clock::Timestamp,
    keys::{Jwk, KeysetDocument, PublishedKey, PublishedKeys},
    store::attribute,
};

use crate::{
    fence::{Fence, FenceError, Written, not_built},
    plan,
};

/// Publishes the public halves of a keyset's signing keys, unless the fence was raised since it was read. One that is
/// published already is left as it is.
///
/// # Errors
///
/// [`FenceError`]
pub async fn publish(
    published: &PublishedKeys,
    document: &KeysetDocument,
    fence: &Fence,
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

/// Lets the keys expire that this keyset, now the current one, replaces: when the last token of each has. One that it
/// has and that an earlier keyset would let expire is kept.
///
/// # Errors
///
/// [`FenceError`]
pub async fn retire(
    published: &PublishedKeys,
    document: &KeysetDocument,
    fence: &Fence,
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
        .map_err(not_built)?;
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
        // As it was read, and so not of a key that was swept or taken away meanwhile.
        .condition_expression("#expires_at = :read")
        .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
        .expression_attribute_values(":expires_at", N(expires_at.to_string()))
        .expression_attribute_values(":read", N(key.expires_at.to_string()))
        .build()
        .map_err(not_built)?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn to_json(jwk: &Jwk) -> String {
    // Unwrap safety: strings serialise.
    serde_json::to_string(jwk).expect("a key serialises")
}
