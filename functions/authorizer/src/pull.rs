//! Reading the Revocations table: all rows since an instant.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use shared::{
    clock::Timestamp,
    stopwatch::alongside,
    store::{CLOCK_TOLERANCE, Revocation, Revocations, StoreError, attribute},
};
use tokio::task::JoinSet;

/// All rows whose instant is not before `from`, up to those of writers whose clock is ahead of `now`. The next pull has to
/// start earlier than `now`, by as much as a row may be late: [`super::DENYLIST_OVERLAP`].
///
/// # Errors
///
/// [`StoreError`], if a Query fails or a row is not one of ours.
///
/// # Panics
///
/// If a Query does.
pub async fn pull(
    revocations: &Revocations,
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<Revocation>, StoreError> {
    let last = (now + CLOCK_TOLERANCE).as_unix() / Revocations::BUCKET_TTL;
    let mut queries = JoinSet::new();
    for bucket in from.as_unix() / Revocations::BUCKET_TTL..=last {
        let revocations = revocations.clone();
        queries.spawn(alongside(async move { bucket_since(&revocations, bucket, from).await }));
    }
    let mut found = Vec::new();
    while let Some(rows) = queries.join_next().await {
        // Unwrap safety: a task that panicked panics here, as it would have without a task.
        found.extend(rows.expect("reading revocations doesn't panic")?);
    }
    Ok(found)
}

async fn bucket_since(
    revocations: &Revocations,
    bucket: u64,
    from: Timestamp,
) -> Result<Vec<Revocation>, StoreError> {
    let mut items = revocations
        .table
        .query()
        .key_condition_expression("#bucket = :bucket AND #revocation >= :from")
        .expression_attribute_names("#bucket", attribute::BUCKET)
        .expression_attribute_names("#revocation", attribute::REVOCATION)
        .expression_attribute_values(":bucket", N(bucket.to_string()))
        // Instants have ten digits until the year 2286, so that they sort as text.
        .expression_attribute_values(":from", S(from.to_string()))
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(item) = items.next().await {
        let item = item.map_err(|e| StoreError::unavailable("Query on Revocations", e))?;
        found.push(Revocation::from_item(&item)?);
    }
    Ok(found)
}
