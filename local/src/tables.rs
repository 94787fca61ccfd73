//! Creates the tables that template.yaml defines.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;

use crate::template::{Template, TemplateError};

/// Errors from creating a table.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// The table's definition can't be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The store didn't create it.
    #[error("the table {0} can't be created")]
    Create(String, #[source] Box<aws_sdk_dynamodb::Error>),
}

/// Creates the missing tables, named by `prefix` and logical id. Returns their names by logical id.
///
/// # Errors
///
/// [`TablesError`], if one can't be created.
pub async fn create(
    template: &Template,
    client: &Client,
    prefix: &str,
) -> Result<BTreeMap<String, String>, TablesError> {
    let mut names = BTreeMap::new();
    for (id, definition) in template.tables()? {
        let name = format!("{prefix}{id}");
        definition.create(client, &name).await.map_err(|e| TablesError::Create(name.clone(), e))?;
        names.insert(id, name);
    }
    Ok(names)
}
