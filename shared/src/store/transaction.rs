//! Writes of several items that happen all or not at all.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, SdkError},
    operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
    types::TransactWriteItem,
};
use tokio::time;

use super::StoreError;

/// How often a transaction that meets another is tried, and the first pause.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

/// Some conditional writes, of which either all happen or none.
#[derive(Clone, Debug)]
pub struct Transaction<'a> {
    /// The client that reaches the tables.
    pub client: &'a Client,
    /// The operation's name in errors.
    pub operation: &'static str,
    /// The writes, each of another item.
    pub writes: Vec<TransactWriteItem>,
    /// The random name of this transaction, at most 36 characters. DynamoDB carries a transaction with the
    /// same name out once, so that a retry whose first answer was lost reports what the first one did.
    pub token: &'a str,
}

/// The outcome of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transacted {
    /// All writes happened.
    Done,
    /// None happened, since the condition of the write at this index failed: the first such write.
    Refused(usize),
}

impl Transaction<'_> {
    /// Carries the transaction out. If it meets another that writes the same items, it tries again a few
    /// times.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if DynamoDB fails, or others kept writing these items.
    pub async fn run(&self) -> Result<Transacted, StoreError> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
            }
            let transact = self
                .client
                .transact_write_items()
                .set_transact_items(Some(self.writes.clone()))
                .client_request_token(self.token);
            if let Some(outcome) = outcome(self.operation, transact.send().await)? {
                return Ok(outcome);
            }
        }
        let reason = "other writes kept changing the items".to_owned();
        Err(StoreError::Unavailable { operation: self.operation, reason })
    }
}

/// The outcome of an attempt; `None`, if it should be repeated.
fn outcome<R>(
    operation: &'static str,
    result: Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError, R>>,
) -> Result<Option<Transacted>, StoreError> {
    let Err(error) = result else { return Ok(Some(Transacted::Done)) };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons().iter();
            let codes: Vec<&str> = reasons.map(|reason| reason.code().unwrap_or("None")).collect();
            if let Some(index) = codes.iter().position(|code| *code == "ConditionalCheckFailed") {
                return Ok(Some(Transacted::Refused(index)));
            }
            if codes.iter().any(|code| is_passing(code)) {
                return Ok(None);
            }
        }
        // The first attempt of this transaction, whose answer was lost, is still under way.
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => return Ok(None),
        _ => {}
    }
    Err(StoreError::unavailable(operation, error))
}

/// Whether a transaction that was cancelled for this reason may succeed a moment later.
fn is_passing(code: &str) -> bool {
    matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
}

impl StoreError {
    /// Converts an error that never occurs, since all required fields of the write are set.
    #[expect(clippy::needless_pass_by_value, reason = "what `map_err` asks for")]
    pub fn not_built(error: BuildError) -> Self {
        Self::Unavailable { operation: "TransactWriteItems", reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{
        CancellationReason,
        error::{TransactionCanceledException, TransactionInProgressException},
    };

    use super::*;

    fn outcome_of(error: TransactWriteItemsError) -> Result<Option<Transacted>, StoreError> {
        outcome("a test", Err(SdkError::service_error(error, ())))
    }

    fn cancelled(codes: &[&str]) -> Result<Option<Transacted>, StoreError> {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build());
        let cancelled = TransactionCanceledException::builder();
        let cancelled = cancelled.set_cancellation_reasons(Some(reasons.collect())).build();
        outcome_of(TransactWriteItemsError::TransactionCanceledException(cancelled))
    }

    #[test]
    fn the_first_failed_condition_is_told() {
        for (codes, index) in [
            (&["ConditionalCheckFailed", "None"][..], 0),
            (&["None", "None", "ConditionalCheckFailed"], 2),
            (&["ConditionalCheckFailed", "ConditionalCheckFailed"], 0),
            (&["TransactionConflict", "ConditionalCheckFailed"], 1),
        ] {
            assert_eq!(cancelled(codes).unwrap(), Some(Transacted::Refused(index)), "{codes:?}");
        }
    }

    #[test]
    fn a_transaction_that_met_another_is_repeated() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert_eq!(cancelled(&["None", code]).unwrap(), None, "{code}");
        }
        let under_way = TransactionInProgressException::builder().build();
        let under_way = TransactWriteItemsError::TransactionInProgressException(under_way);
        assert_eq!(outcome_of(under_way).unwrap(), None);
    }

    #[test]
    fn any_other_cancellation_is_a_failure() {
        for codes in [&["ValidationError"][..], &["ItemCollectionSizeLimitExceeded", "None"], &["None"], &[]]
        {
            assert!(cancelled(codes).is_err(), "{codes:?}");
        }
    }
}
