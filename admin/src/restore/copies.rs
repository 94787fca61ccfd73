//! Copies of the tables as they were at a past moment.

use aws_sdk_dynamodb::primitives::DateTime;
use shared::{
    clock::Timestamp,
    environment::variable,
    store::{StoreError, Table},
};

use super::wait::{described, is_going, until_active, until_gone};
use crate::{console::Console, deployment::Deployment, error::AdminError};

/// The tables whose rows are restored. Sessions and related tables aren't, since a session that was ended
/// must not live again.
const TABLES: [&str; 3] = [variable::CLIENTS_TABLE, variable::CREDENTIALS_TABLE, variable::USERS_TABLE];

/// The copies, as a deployment.
pub(super) struct Copies {
    pub(super) deployment: Deployment,
    tables: Vec<Table>,
}

impl Copies {
    /// Makes the copies, or reuses those of an earlier run, whose names contain the moment.
    ///
    /// # Errors
    ///
    /// [`AdminError`], for example if point-in-time recovery doesn't reach back so far.
    pub(super) async fn make(
        deployment: &Deployment,
        console: &Console,
        at: Timestamp,
    ) -> Result<Self, AdminError> {
        let dynamodb = &deployment.dynamodb;
        let mut tables = Vec::new();
        for variable in TABLES {
            let source = deployment.table(variable)?;
            let copy = Table { name: format!("{}-at-{at}", source.name), client: dynamodb.clone() };
            let mut there = described(dynamodb, &copy.name).await?;
            if there.as_ref().is_some_and(is_going) {
                console.note(&format!("Waiting until the earlier {} is deleted …", copy.name));
                until_gone(dynamodb, &copy.name).await?;
                there = None;
            }
            if there.is_none() {
                console.note(&format!("Restoring {} into {} …", source.name, copy.name));
                dynamodb
                    .restore_table_to_point_in_time()
                    .source_table_name(&source.name)
                    .target_table_name(&copy.name)
                    .restore_date_time(DateTime::from_secs(at.as_unix().try_into().unwrap_or(i64::MAX)))
                    .send()
                    .await
                    .map_err(|error| StoreError::unavailable("RestoreTableToPointInTime", error))?;
            }
            tables.push(copy);
        }
        for table in &tables {
            until_active(dynamodb, &table.name).await?;
        }
        let named = TABLES.into_iter().zip(tables.iter().map(|table| table.name.as_str()));
        let deployment = deployment.with_tables(named);
        Ok(Self { deployment, tables })
    }

    /// Deletes the copies, and waits until they are gone. They contain hashes.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if a deletion fails.
    pub(super) async fn remove(self) -> Result<(), AdminError> {
        for Table { name, client } in &self.tables {
            let deleted = client.delete_table().table_name(name).send().await;
            deleted.map_err(|error| StoreError::unavailable("DeleteTable", error))?;
        }
        for Table { name, client } in &self.tables {
            until_gone(client, name).await?;
        }
        Ok(())
    }

    /// The names of the copies.
    pub(super) fn names(&self) -> String {
        self.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}
