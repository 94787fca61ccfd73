//! Repeats a write that met a transaction. DynamoDB refuses it with a `TransactionConflictException`, and the SDK knows no such
//! error as one that passes.

use aws_sdk_dynamodb::{
    config::{
        interceptors::InterceptorContext,
        retry::{ClassifyRetry, RetryAction},
    },
    operation::{delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError},
};

/// Has the SDK try a `PutItem`, `UpdateItem` or `DeleteItem` again if another request's transaction was writing the item.
#[derive(Debug)]
pub(super) struct WriteConflicts;

impl ClassifyRetry for WriteConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error =
            context.output_or_error().and_then(Result::err).and_then(|error| error.as_operation_error());
        let is_conflict = error.is_some_and(|error| {
            let put = error.downcast_ref().is_some_and(PutItemError::is_transaction_conflict_exception);
            let update = error.downcast_ref().is_some_and(UpdateItemError::is_transaction_conflict_exception);
            let delete = error.downcast_ref().is_some_and(DeleteItemError::is_transaction_conflict_exception);
            put || update || delete
        });
        if is_conflict { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "writes that met a transaction"
    }
}
