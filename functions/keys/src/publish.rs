//! The Keys table: what of the keyset everybody may know.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::AttributeValue::{N, S},
};
use shared::{
    clock::Timestamp,
    keys::{Jwk, KeysetDocument, PublishedKey, PublishedKeys},
    store::{StoreError, attribute},
};

use crate::plan;

/// Publishes the public halves of a keyset's signing keys. One that is published already is left as it is.
///
/// # Errors
///
/// [`StoreError`]
pub async fn publish(
    published: &PublishedKeys,
    document: &KeysetDocument,
    now: Timestamp,
) -> Result<(), StoreError> {
    for key in &document.signing_keys {
        put(published, &key.to_public(), now).await?;
    }
    Ok(())
}

/// Lets the keys expire that this keyset, now the current one, replaces: when the last token of each has.
///
/// # Errors
///
/// [`StoreError`]
pub async fn retire(
    published: &PublishedKeys,
    document: &KeysetDocument,
    now: Timestamp,
) -> Result<(), StoreError> {
    for key in published.all().await? {
        let expires_at = plan::expires_at(document, &key.jwk.kid, now);
        if expires_at < key.expires_at {
            expire(published, &key, expires_at).await?;
        }
    }
    Ok(())
}

async fn put(published: &PublishedKeys, jwk: &Jwk, now: Timestamp) -> Result<(), StoreError> {
    let table = &published.table;
    let put = table
        .put_item()
        .item(attribute::KEY_USE, S(PublishedKeys::KEY_USE.to_owned()))
        .item(attribute::KID, S(jwk.kid.clone()))
        .item(attribute::JWK, S(to_json(jwk)))
        .item(attribute::PUBLISHED_AT, N(now.to_string()))
        .item(attribute::EXPIRES_AT, N(PublishedKeys::NEVER.to_string()))
        .condition_expression("attribute_not_exists(#kid)")
        .expression_attribute_names("#kid", attribute::KID)
        .send()
        .await;
    match put {
        Ok(_) => tracing::info!(kid = jwk.kid, "a key was published"),
        Err(SdkError::ServiceError(e))
            if matches!(e.err(), PutItemError::ConditionalCheckFailedException(_)) => {}
        Err(error) => return Err(StoreError::unavailable("PutItem on Keys", error)),
    }
    Ok(())
}

async fn expire(
    published: &PublishedKeys,
    key: &PublishedKey,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let table = &published.table;
    let update = table
        .update_item()
        .key(attribute::KEY_USE, S(PublishedKeys::KEY_USE.to_owned()))
        .key(attribute::KID, S(key.jwk.kid.clone()))
        .update_expression("SET #expires_at = :expires_at")
        // Never later than it was, and not of a key that was swept meanwhile.
        .condition_expression("#expires_at > :expires_at")
        .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
        .expression_attribute_values(":expires_at", N(expires_at.to_string()))
        .send()
        .await;
    match update {
        Ok(_) => tracing::info!(kid = key.jwk.kid, %expires_at, "a key will expire"),
        Err(SdkError::ServiceError(e))
            if matches!(e.err(), UpdateItemError::ConditionalCheckFailedException(_)) => {}
        Err(error) => return Err(StoreError::unavailable("UpdateItem on Keys", error)),
    }
    Ok(())
}

fn to_json(jwk: &Jwk) -> String {
    // Unwrap safety: strings serialise.
    serde_json::to_string(jwk).expect("a key serialises")
}
