//! The fence: what keeps a rotation that was overtaken from publishing its keys.
//!
//! Which keyset is current is in Secrets Manager, and what is published in DynamoDB: no condition spans both. So a
//! step reads the fence, then looks whether its keyset may still become the current one, and then writes on the
//! condition that the fence is as it was. Whoever makes another keyset current raises the fence afterwards, and takes
//! away what is published only then. A step that looked before either wrote before that, and what it wrote is taken
//! away, or doesn't write at all.

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

/// The partition of the fence: no reader of the published keys queries it.
const KEY_USE: &str = "fence";
const KID: &str = "keyset";

const OPERATION: &str = "TransactWriteItems on Keys";
/// How often a transaction is tried that met another, and how long is waited at first.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

/// The fence as it was read. It has no value before it is raised for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence(Option<String>);

/// Why nothing was written behind a fence.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    /// Another keyset became the current one meanwhile.
    #[error("another keyset became the current one meanwhile")]
    Raised,
    /// The Keys table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It was carried out.
    Done,
    /// Its own condition failed.
    Refused,
}

impl Fence {
    /// Reads the fence: before looking which keyset is the current one.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    pub async fn read(published: &PublishedKeys) -> Result<Self, StoreError> {
        let get = published.table.get_item().set_key(Some(key().into())).consistent_read(true);
        let output = get.send().await.map_err(|e| StoreError::unavailable("GetItem on Keys", e))?;
        let Some(item) = output.item else { return Ok(Self(None)) };
        let fence = Row::new("Keys", &item).optional_text(attribute::FENCE)?;
        Ok(Self(fence.map(str::to_owned)))
    }

    /// Raises the fence: after another keyset became the current one, and before what is published is taken away.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
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

    /// Carries out a write, if the fence is still as it was read.
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
        let reason = "it met other writes again and again".to_owned();
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

/// The reason of a write whose condition failed.
const FAILED: &str = "ConditionalCheckFailed";

/// What came of the transaction; nothing, if it is to be tried again. The fence's reason is the first.
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

/// Never: all that is required is there.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` asks for")]
pub(crate) fn not_built(error: BuildError) -> StoreError {
    StoreError::Unavailable { operation: OPERATION, reason: error.to_string() }
}
