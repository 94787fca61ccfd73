//! Reads the Revocations table: all rows since an instant, up to a limit.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use shared::{
    clock::Timestamp,
    stopwatch::alongside,
    store::{CLOCK_TOLERANCE, Revocation, Revocations, StoreError, attribute},
};
use tokio::task::JoinSet;

/// Why a pull failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PullError {
    /// A Query failed, or a row is malformed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are more rows than the limit.
    #[error("the denylist has more than {0} rows")]
    TooLong(usize),
}

/// Returns all rows from `from` on, up to those of writers whose clock is ahead of `now`. The next pull has
/// to start earlier than `now`, by the longest delay of a row. Each Query stops at the page that exceeds
/// `max_rows`.
pub(crate) async fn pull(
    revocations: &Revocations,
    from: Timestamp,
    now: Timestamp,
    max_rows: usize,
) -> Result<Vec<Revocation>, PullError> {
    let bound = Bound { left: Arc::new(max_rows.into()), max_rows };
    let last = (now + CLOCK_TOLERANCE).as_unix() / Revocations::BUCKET_TTL;
    let mut queries = JoinSet::new();
    for bucket in from.as_unix() / Revocations::BUCKET_TTL..=last {
        let (revocations, bound) = (revocations.clone(), bound.clone());
        queries.spawn(alongside(async move { bucket_since(&revocations, bucket, from, &bound).await }));
    }
    let mut found = Vec::new();
    while let Some(rows) = queries.join_next().await {
        // Unwrap safety: a panic in a task continues here, as it would without a task.
        found.extend(rows.expect("reading revocations doesn't panic")?);
    }
    Ok(found)
}

/// The number of rows that a pull's Queries may still find.
#[derive(Clone, Debug)]
struct Bound {
    left: Arc<AtomicUsize>,
    max_rows: usize,
}

impl Bound {
    fn take_one(&self) -> Result<(), PullError> {
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| PullError::TooLong(self.max_rows))
    }
}

async fn bucket_since(
    revocations: &Revocations,
    bucket: u64,
    from: Timestamp,
    bound: &Bound,
) -> Result<Vec<Revocation>, PullError> {
    let mut items = revocations
        .table
        .query()
        .key_condition_expression("#bucket = :bucket AND #revocation >= :from")
        .expression_attribute_names("#bucket", attribute::BUCKET)
        .expression_attribute_names("#revocation", attribute::REVOCATION)
        .expression_attribute_values(":bucket", N(bucket.to_string()))
        // Instants have ten digits until the year 2286, so they sort as text.
        .expression_attribute_values(":from", S(from.to_string()))
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(item) = items.next().await {
        let item = item.map_err(|e| StoreError::unavailable("Query on Revocations", e))?;
        bound.take_one()?;
        found.push(Revocation::from_item(&item)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_queries_together_take_as_many_rows_as_the_bound() {
        let bound = Bound { left: Arc::new(2.into()), max_rows: 2 };
        let of_another_query = bound.clone();
        assert!(bound.take_one().is_ok() && of_another_query.take_one().is_ok());
        for bound in [bound, of_another_query] {
            assert!(matches!(bound.take_one(), Err(PullError::TooLong(2))));
        }
    }
}
