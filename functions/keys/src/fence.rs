//! The fence, which stops an overtaken rotation from publishing its keys.
//!
//! Secrets Manager knows which keyset is current, and DynamoDB has the published keys: no condition spans
//! both. So a step reads the fence, then checks that its keyset may still become current, and then writes on
//! the condition that the fence is unchanged. A rotation that makes its keyset current raises the fence
//! afterwards, and only then removes the keys that it replaces. A step that had checked earlier either writes
//! before the fence is raised, and its keys are removed, or its write fails.

use aws_sdk_dynamodb::types::{
    AttributeValue::{self, S},
    ConditionCheck, TransactWriteItem,
};
use shared::{
    keys::PublishedKeys,
    random::{self, Random},
    store::{Row, StoreError, Table, Transacted, Transaction, attribute},
};

/// The partition of the fence. Readers of the published keys don't query it.
const KEY_USE: &str = "fence";
const KID: &str = "keyset";

/// The fence as it was read.
#[derive(Clone, Debug)]
pub struct Fence<'a> {
    /// Its value. It has none until it is first raised.
    value: Option<String>,
    random: &'a dyn Random,
}

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

impl<'a> Fence<'a> {
    /// Reads the fence. Do this before checking which keyset is current.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the fence is malformed.
    pub async fn read(published: &PublishedKeys, random: &'a dyn Random) -> Result<Self, StoreError> {
        let get = published.table.get_item().set_key(Some(key().into())).consistent_read(true);
        let output = get.send().await.map_err(|e| StoreError::unavailable("GetItem on Keys", e))?;
        let Some(item) = output.item else { return Ok(Self { value: None, random }) };
        let value = Row::new("Keys", &item).optional_text(attribute::FENCE)?.map(str::to_owned);
        Ok(Self { value, random })
    }

    /// Raises the fence. Do this after a keyset has become current, and before removing published keys.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn raise(published: &PublishedKeys, random: &'a dyn Random) -> Result<Self, StoreError> {
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
        Ok(Self { value: Some(fence), random })
    }

    /// Writes, if the fence is unchanged since it was read.
    pub(crate) async fn write(&self, table: &Table, write: TransactWriteItem) -> Result<Written, FenceError> {
        let check = TransactWriteItem::builder().condition_check(self.check(table)?).build();
        let transaction = Transaction {
            client: &table.client,
            operation: "TransactWriteItems on Keys",
            writes: vec![check, write],
            token: &random::identifier(self.random),
        };
        match transaction.run().await? {
            Transacted::Done => Ok(Written::Done),
            Transacted::Refused(0) => Err(FenceError::Raised),
            Transacted::Refused(_) => Ok(Written::Refused),
        }
    }

    fn check(&self, table: &Table) -> Result<ConditionCheck, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&table.name)
            .set_key(Some(key().into()))
            .expression_attribute_names("#fence", attribute::FENCE);
        match &self.value {
            None => check.condition_expression("attribute_not_exists(#fence)"),
            Some(fence) => check
                .condition_expression("#fence = :fence")
                .expression_attribute_values(":fence", S(fence.clone())),
        }
        .build()
        .map_err(StoreError::not_built)
    }
}

fn key() -> [(String, AttributeValue); 2] {
    [(attribute::KEY_USE, KEY_USE), (attribute::KID, KID)]
        .map(|(name, value)| (name.to_owned(), S(value.to_owned())))
}
