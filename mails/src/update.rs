//! Updates of the Mails table.

use aws_sdk_dynamodb::{error::SdkError, operation::update_item::builders::UpdateItemFluentBuilder};
use shared::store::StoreError;

/// The operation's name in errors.
pub(crate) const OPERATION: &str = "UpdateItem on Mails";

/// Sends an update. `false`, if its condition failed.
pub(crate) async fn is_written(update: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
        Err(error) => Err(StoreError::unavailable(OPERATION, error)),
    }
}
