//! Waits for DynamoDB to create or delete a table.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    operation::describe_table::DescribeTableError,
    types::{TableDescription, TableStatus},
};
use shared::store::StoreError;
use tokio::time::sleep;

/// The longest pause between two checks. A restore takes minutes, or hours for a large table.
const LONGEST: Duration = Duration::from_secs(20);

/// After this many checks, over half a minute, a change to a table is visible.
const FEW: u32 = 5;

/// Describes the table, if it exists.
pub(super) async fn described(dynamodb: &Client, name: &str) -> Result<Option<TableDescription>, StoreError> {
    match dynamodb.describe_table().table_name(name).send().await {
        Ok(described) => Ok(described.table),
        Err(error)
            if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) =>
        {
            Ok(None)
        }
        Err(error) => Err(StoreError::unavailable("DescribeTable", error)),
    }
}

/// Waits until the table can be read and written.
///
/// # Errors
///
/// [`StoreError`], for example if the table is gone, or its encryption key is unavailable.
pub(super) async fn until_active(dynamodb: &Client, name: &str) -> Result<TableDescription, StoreError> {
    let (mut pauses, mut was_seen) = (Pauses::default(), false);
    loop {
        let Some(table) = described(dynamodb, name).await? else {
            // A new table may not be visible yet.
            if was_seen || pauses.taken >= FEW {
                return Err(failed(format!("{name} is gone")));
            }
            pauses.next().await;
            continue;
        };
        was_seen = true;
        match table.table_status() {
            Some(TableStatus::Active) => return Ok(table),
            None | Some(TableStatus::Creating | TableStatus::Updating) => pauses.next().await,
            Some(status) => return Err(failed(format!("{name} is {status}"))),
        }
    }
}

/// Waits until a table that was deleted is gone.
///
/// # Errors
///
/// [`StoreError`], for example if the table isn't being deleted.
pub(super) async fn until_gone(dynamodb: &Client, name: &str) -> Result<(), StoreError> {
    let mut pauses = Pauses::default();
    while let Some(table) = described(dynamodb, name).await? {
        if !is_going(&table) && pauses.taken >= FEW {
            return Err(failed(format!("{name} is there")));
        }
        pauses.next().await;
    }
    Ok(())
}

/// Whether the table is being deleted.
pub(super) fn is_going(table: &TableDescription) -> bool {
    table.table_status() == Some(&TableStatus::Deleting)
}

fn failed(reason: String) -> StoreError {
    StoreError::Unavailable { operation: "the restore of a table", reason }
}

/// Pauses between checks, each longer than the last.
#[derive(Default)]
struct Pauses {
    taken: u32,
}

impl Pauses {
    async fn next(&mut self) {
        let pause = Duration::from_secs(1 << self.taken.min(FEW));
        self.taken += 1;
        sleep(pause.min(LONGEST)).await;
    }
}
