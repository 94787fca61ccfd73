//! Creates the tables that template.yaml defines.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    Client,
    types::{StreamSpecification, StreamViewType},
};

use crate::template::{StreamSource, Template, TemplateError};

/// Errors from creating a table.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// The table's definition can't be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The store didn't create it.
    #[error("the table {0} can't be created")]
    Create(String, #[source] Box<aws_sdk_dynamodb::Error>),
    /// The store didn't turn its stream on or off.
    #[error("the stream of the table {0} can't be changed")]
    Stream(String, #[source] Box<aws_sdk_dynamodb::Error>),
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

/// Gives these tables exactly the streams of these sources. A table of an older file may lack its stream, or have one
/// that nothing reads any more.
///
/// # Errors
///
/// [`TablesError`], if one can't be changed.
pub async fn set_streams(
    client: &Client,
    tables: &BTreeMap<String, String>,
    sources: &[StreamSource],
) -> Result<(), TablesError> {
    for (id, name) in tables {
        let source = sources.iter().find(|source| source.table == *id);
        let wanted = source.map(|source| StreamViewType::from(source.view.as_str()));
        let set = set_stream(client, name, wanted.as_ref()).await;
        set.map_err(|error| TablesError::Stream(name.clone(), Box::new(error)))?;
    }
    Ok(())
}

async fn set_stream(
    client: &Client,
    table: &str,
    wanted: Option<&StreamViewType>,
) -> Result<(), aws_sdk_dynamodb::Error> {
    let described = client.describe_table().table_name(table).send().await?;
    let stream = described.table().and_then(|table| table.stream_specification());
    let present =
        stream.filter(|stream| stream.stream_enabled()).and_then(|stream| stream.stream_view_type());
    if present == wanted {
        return Ok(());
    }
    // DynamoDB changes no stream that is on.
    for view in [present.map(|_| None), wanted.map(Some)].into_iter().flatten() {
        let stream = StreamSpecification::builder().stream_enabled(view.is_some());
        let stream = stream.set_stream_view_type(view.cloned()).build()?;
        client.update_table().table_name(table).stream_specification(stream).send().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{AccessKeyId, Engine};

    /// The content of each table's stream.
    async fn streams(client: &Client, tables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut streams = BTreeMap::new();
        for (id, name) in tables {
            let described = client.describe_table().table_name(name).send().await.unwrap();
            let stream = described.table().and_then(|table| table.stream_specification());
            if let Some(stream) = stream.filter(|stream| stream.stream_enabled()) {
                streams.insert(id.clone(), stream.stream_view_type().unwrap().as_str().to_owned());
            }
        }
        streams
    }

    #[tokio::test]
    async fn tables_get_the_streams_that_the_template_gives_them_and_lose_others() {
        let engine = Engine::start(None, AccessKeyId::new("KEY")).await.unwrap();
        let template = Template::of_project().unwrap();
        let tables = create(&template, &engine.client, "").await.unwrap();
        assert!(streams(&engine.client, &tables).await.is_empty());
        for new_devices in ["no", "yes", "wanted", "no"] {
            let parameters = template.parameters().with("MailFrom", "login@example.com");
            let parameters = parameters.with("NewDeviceMails", new_devices);
            let sources = template.streams("mailer", &parameters).unwrap();
            set_streams(&engine.client, &tables, &sources).await.unwrap();
            let expected = sources.into_iter().map(|source| (source.table, source.view)).collect();
            assert_eq!(streams(&engine.client, &tables).await, expected, "{new_devices}");
        }
        let mut other = template.streams("mailer", &template.parameters().with("MailFrom", "a@example.com"));
        let other = other.as_mut().unwrap();
        other.retain(|source| source.table == "UsersTable");
        other[0].view = "KEYS_ONLY".to_owned();
        set_streams(&engine.client, &tables, other).await.unwrap();
        let expected = BTreeMap::from([("UsersTable".to_owned(), "KEYS_ONLY".to_owned())]);
        assert_eq!(streams(&engine.client, &tables).await, expected, "another view");
    }
}
