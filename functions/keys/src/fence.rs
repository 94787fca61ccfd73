//! The fence, which stops an overtaken rotation from publishing its keys.
//!
//! Secrets Manager knows which keyset is current, and DynamoDB has the published keys: no condition spans
//! both. So a step reads the fence, then checks that its keyset may still become current, and then writes on
//! the condition that the fence is unchanged. A rotation that makes its keyset current raises the fence
//! afterwards, and only then removes the keys that it replaces. A step that had checked earlier either writes
//! before the fence is raised, and its keys are removed, or its write fails.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::{BuildError, SdkError},
    operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
    types::{
        AttributeValue::{self, S},
        ConditionCheck, TransactWriteItem,
    },
};
use shared::{
    keys::PublishedKeys,
    random::{self, Random},
    store::{Row, StoreError, Table, attribute},
};
use tokio::time;

/// The partition of the fence. Readers of the published keys don't query it.
const KEY_USE: &str = "fence";
const KID: &str = "keyset";

const OPERATION: &str = "TransactWriteItems on Keys";
/// How often a transaction that conflicts with another is tried, and the first pause.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

/// The value of the fence when it was read. It has none until it is first raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence(Option<String>);

/// Why a write behind a fence failed.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    /// Another keyset has become current meanwhile.
    #[error("another keyset became the current one meanwhile")]
    Raised,
    /// The Keys table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The outcome of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The write succeeded.
    Done,
    /// The write's own condition failed.
    Refused,
}

impl Fence {
    /// Reads the fence. Do this before checking which keyset is current.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the fence is malformed.
    pub async fn read(published: &PublishedKeys) -> Result<Self, StoreError> {
        let get = published.table.get_item().set_key(Some(key().into())).consistent_read(true);
        let output = get.send().await.map_err(|e| StoreError::unavailable("GetItem on Keys", e))?;
        let Some(item) = output.item else { return Ok(Self(None)) };
        let fence = Row::new("Keys", &item).optional_text(attribute::FENCE)?;
        Ok(Self(fence.map(str::to_owned)))
    }

    /// Raises the fence. Do this after a keyset has become current, and before removing published keys.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn raise(published: &PublishedKeys, random: &dyn Random) -> Result<Self, StoreError> {
        let fence = random::identifier(random);
        published
            .table
            .update_item()
            .set_key(Some(key().into()))
            .update_expression("SET #fence = :fence")
            .expression_attribute_names("#fence", attribute::FENCE)
            .expression_attribute_values(":fence", S(fence.clone()))
            .send()
            .await
            .map_err(|e| StoreError::unavailable("UpdateItem on Keys", e))?;
        Ok(Self(Some(fence)))
    }

    /// Writes, if the fence is unchanged since it was read.
    pub(crate) async fn write(&self, table: &Table, write: TransactWriteItem) -> Result<Written, FenceError> {
        let check =
            TransactWriteItem::builder().condition_check(self.check(table).map_err(not_built)?).build();
        let writes = vec![check, write];
        for attempt in 0..ATTEMPTS {
            let transact = table.client.transact_write_items().set_transact_items(Some(writes.clone()));
            match outcome(transact.send().await)? {
                Some(written) => return Ok(written),
                None => time::sleep(PAUSE * 2_u32.pow(attempt)).await,
            }
        }
        let reason = "other writes kept changing it".to_owned();
        Err(StoreError::Unavailable { operation: OPERATION, reason }.into())
    }

    fn check(&self, table: &Table) -> Result<ConditionCheck, BuildError> {
        let check = ConditionCheck::builder()
            .table_name(&table.name)
            .set_key(Some(key().into()))
            .expression_attribute_names("#fence", attribute::FENCE);
        match &self.0 {
            None => check.condition_expression("attribute_not_exists(#fence)"),
            Some(fence) => check
                .condition_expression("#fence = :fence")
                .expression_attribute_values(":fence", S(fence.clone())),
        }
        .build()
    }
}

fn key() -> [(String, AttributeValue); 2] {
    [(attribute::KEY_USE, KEY_USE), (attribute::KID, KID)]
        .map(|(name, value)| (name.to_owned(), S(value.to_owned())))
}

/// The reason for a failed condition.
const FAILED: &str = "ConditionalCheckFailed";

/// The outcome of the transaction; `None`, if it should be retried. The fence's reason is the first.
fn outcome<R>(
    result: Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError, R>>,
) -> Result<Option<Written>, FenceError> {
    let Err(error) = result else { return Ok(Some(Written::Done)) };
    if let SdkError::ServiceError(service) = &error
        && let TransactWriteItemsError::TransactionCanceledException(cancelled) = service.err()
    {
        let reasons: Vec<&str> =
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
        match reasons[..] {
            [FAILED, _] => return Err(FenceError::Raised),
            [_, FAILED] => return Ok(Some(Written::Refused)),
            _ if reasons.iter().any(|reason| is_passing(reason)) => return Ok(None),
            _ => {}
        }
    }
    Err(StoreError::unavailable(OPERATION, error).into())
}

fn is_passing(reason: &str) -> bool {
    matches!(reason, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
}

/// Converts an error that never occurs, since all required fields are set.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` asks for")]
pub(crate) fn not_built(error: BuildError) -> StoreError {
    StoreError::Unavailable { operation: OPERATION, reason: error.to_string() }
}
