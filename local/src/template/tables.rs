//! Table definitions.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    client::Waiters,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        TimeToLiveSpecification, TimeToLiveStatus,
    },
};
use serde_yaml_ng::Value;

use super::property::{TemplateError, at, missing, text_at};

/// The longest time to wait for a new table.
const PATIENCE: Duration = Duration::from_secs(60);

/// A table, as the template defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDefinition {
    /// The partition key's attribute and its type (`S` or `N`).
    pub partition_key: (String, String),
    /// The sort key's attribute and type, if there is one.
    pub sort_key: Option<(String, String)>,
    /// The TTL attribute.
    pub ttl_attribute: Option<String>,
    /// Whether the table has point-in-time recovery and outlives the stack. Every table is encrypted.
    pub is_guarded: bool,
}

impl TableDefinition {
    pub(super) fn parse(id: &str, resource: &Value) -> Result<Self, TemplateError> {
        let list = |name: &str| {
            at(resource, &["Properties", name])
                .and_then(Value::as_sequence)
                .ok_or_else(|| missing(format!("{id}.{name}")))
        };
        let (definitions, schema) = (list("AttributeDefinitions")?, list("KeySchema")?);
        let key = |kind: &str| {
            let element = schema.iter().find(|element| text_at(element, &["KeyType"]) == Some(kind))?;
            let name = text_at(element, &["AttributeName"])?;
            let definition = definitions.iter().find(|d| text_at(d, &["AttributeName"]) == Some(name))?;
            Some((name.to_owned(), text_at(definition, &["AttributeType"])?.to_owned()))
        };
        let ttl = at(resource, &["Properties", "TimeToLiveSpecification"]);
        let ttl = ttl.filter(|ttl| is_true(ttl, &["Enabled"]));
        Ok(Self {
            partition_key: key("HASH").ok_or_else(|| missing(format!("{id}'s key")))?,
            sort_key: key("RANGE"),
            ttl_attribute: ttl.and_then(|ttl| text_at(ttl, &["AttributeName"])).map(str::to_owned),
            is_guarded: is_true(
                resource,
                &["Properties", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"],
            ) && text_at(resource, &["DeletionPolicy"]) == Some("RetainExceptOnCreate")
                && text_at(resource, &["UpdateReplacePolicy"]) == Some("Retain"),
        })
    }

    /// Creates the table unless it exists, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// The SDK's error.
    pub async fn create(&self, client: &Client, name: &str) -> Result<(), Box<aws_sdk_dynamodb::Error>> {
        let mut create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        let keys =
            [Some((&self.partition_key, KeyType::Hash)), self.sort_key.as_ref().map(|k| (k, KeyType::Range))];
        for ((attribute, kind), key_type) in keys.into_iter().flatten() {
            create = create
                .attribute_definitions(build(
                    AttributeDefinition::builder()
                        .attribute_name(attribute)
                        .attribute_type(ScalarAttributeType::from(kind.as_str()))
                        .build(),
                )?)
                .key_schema(build(
                    KeySchemaElement::builder().attribute_name(attribute).key_type(key_type).build(),
                )?);
        }
        match create.send().await.map_err(aws_sdk_dynamodb::Error::from) {
            Ok(_) | Err(aws_sdk_dynamodb::Error::ResourceInUseException(_)) => {}
            Err(error) => return Err(Box::new(error)),
        }
        // In AWS a table takes seconds to become ready.
        client
            .wait_until_table_exists()
            .table_name(name)
            .wait(PATIENCE)
            .await
            .map_err(|e| Box::new(aws_sdk_dynamodb::Error::from(e)))?;
        self.enable_ttl(client, name).await
    }

    async fn enable_ttl(&self, client: &Client, name: &str) -> Result<(), Box<aws_sdk_dynamodb::Error>> {
        let Some(attribute) = &self.ttl_attribute else { return Ok(()) };
        let described = client.describe_time_to_live().table_name(name).send().await;
        let described = described.map_err(|e| Box::new(aws_sdk_dynamodb::Error::from(e)))?;
        let status = described.time_to_live_description().and_then(|ttl| ttl.time_to_live_status());
        if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
            return Ok(());
        }
        let ttl = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
        let update = client.update_time_to_live().table_name(name).time_to_live_specification(build(ttl)?);
        update.send().await.map_err(|e| Box::new(aws_sdk_dynamodb::Error::from(e)))?;
        Ok(())
    }
}

fn build<T>(
    built: Result<T, aws_sdk_dynamodb::error::BuildError>,
) -> Result<T, Box<aws_sdk_dynamodb::Error>> {
    built.map_err(|e| Box::new(aws_sdk_dynamodb::Error::from(e)))
}

fn is_true(value: &Value, path: &[&str]) -> bool {
    at(value, path).and_then(Value::as_bool) == Some(true)
}
