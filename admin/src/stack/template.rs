//! The template that imports resources into a new stack: the part of template.yaml that already holds for
//! them.
//!
//! CloudFormation compares the next template with this one, and changes the differences. So this template
//! must not state anything that doesn't hold, since that would never be corrected. It must not omit anything
//! that holds either: enabling a table's expiry twice fails, and a new `SecretString` would replace the keys.

use serde_json::{Map, Value, json};

use crate::doctor::ExpectedTable;

/// The description of a stack that was made from this template, and not deployed since.
pub(super) const DESCRIPTION: &str = "Latchgate - what another stack left, to be deployed over";

/// An existing resource, as CloudFormation should import it.
#[derive(Clone, Debug)]
pub struct ImportedResource {
    /// The logical id.
    pub id: String,
    /// The CloudFormation type.
    pub resource_type: &'static str,
    /// Its properties.
    pub properties: Value,
}

/// The current settings of a table.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of DynamoDB, and independent of the others"
)]
pub struct TableState {
    /// Whether its items expire by the expected attribute.
    pub expires: bool,
    /// Whether it has point-in-time recovery.
    pub is_recoverable: bool,
    /// Whether it has deletion protection.
    pub is_protected: bool,
    /// Whether it has the expected stream.
    pub streams: bool,
    /// The owner of its encryption key.
    pub encryption: Encryption,
}

/// The owner of a table's encryption key.
#[derive(Clone, Debug, Default)]
pub enum Encryption {
    /// A key of DynamoDB, which isn't visible.
    #[default]
    DynamoDb,
    /// The KMS key that AWS manages for the account.
    Managed,
    /// The operator's KMS key, with its ARN.
    Own(String),
}

/// The template, as JSON.
pub fn import_template(resources: &[ImportedResource]) -> String {
    let resources: Map<_, _> = resources
        .iter()
        .map(|resource| {
            let definition = json!({
                "Type": resource.resource_type,
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": resource.properties,
            });
            (resource.id.clone(), definition)
        })
        .collect();
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": DESCRIPTION,
        "Resources": resources,
    })
    .to_string()
}

/// The properties of a table.
pub fn table_properties(expected: &ExpectedTable, state: &TableState) -> Value {
    let keys = [Some((expected.partition_key, "HASH")), expected.sort_key.map(|key| (key, "RANGE"))];
    let keys = || keys.iter().flatten();
    let mut properties = json!({
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": state.is_protected,
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": state.is_recoverable },
        "AttributeDefinitions": keys()
            .map(|((name, kind), _)| json!({ "AttributeName": name, "AttributeType": kind }))
            .collect::<Vec<_>>(),
        "KeySchema": keys()
            .map(|((name, _), role)| json!({ "AttributeName": name, "KeyType": role }))
            .collect::<Vec<_>>(),
    });
    if let Some(attribute) = expected.ttl_attribute.filter(|_| state.expires) {
        properties["TimeToLiveSpecification"] = json!({ "AttributeName": attribute, "Enabled": true });
    }
    if let Some(stream) = expected.stream.filter(|_| state.streams) {
        properties["StreamSpecification"] = json!({ "StreamViewType": stream.view().as_str() });
    }
    match &state.encryption {
        Encryption::DynamoDb => properties["SSESpecification"] = json!({ "SSEEnabled": false }),
        Encryption::Managed => properties["SSESpecification"] = json!({ "SSEEnabled": true }),
        Encryption::Own(key) => {
            let specification = json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key });
            properties["SSESpecification"] = specification;
        }
    }
    properties
}

/// The properties of the secret with the keyset. Its content stays: CloudFormation writes a `SecretString`
/// only if it differs from the previous template's.
pub fn secret_properties(kms_key: Option<&str>) -> Value {
    let properties = json!({
        "Description": "Latchgate's signing keys and HMAC keys",
        "SecretString": "{}",
    });
    encrypted(properties, kms_key)
}

/// The properties of the secret with the key of mails. Its content stays too: CloudFormation generates
/// another only if the way differs from the previous template's.
pub fn mail_key_properties(kms_key: Option<&str>) -> Value {
    let properties = json!({
        "Description": "The key of the links and codes in Latchgate's mails",
        "GenerateSecretString": { "PasswordLength": 64, "ExcludePunctuation": true },
    });
    encrypted(properties, kms_key)
}

fn encrypted(mut properties: Value, kms_key: Option<&str>) -> Value {
    if let Some(key) = kms_key {
        properties["KmsKeyId"] = key.into();
    }
    properties
}

/// The properties of a log group.
pub(super) fn log_group_properties(retention_in_days: Option<i32>, kms_key: Option<&str>) -> Value {
    let mut properties = json!({});
    if let Some(days) = retention_in_days {
        properties["RetentionInDays"] = days.into();
    }
    if let Some(key) = kms_key {
        properties["KmsKeyId"] = key.into();
    }
    properties
}
