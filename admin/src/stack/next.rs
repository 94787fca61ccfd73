//! The deployment after `adopt`, with parameters that leave the tables unchanged.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types::Stack;
use aws_sdk_dynamodb::types::TableDescription;

use super::plan;

/// The parameter for the operator's own encryption key.
const KMS_KEY: &str = "KmsKeyArn";
/// The parameter that protects the tables.
const PROTECTION: &str = "TableProtection";

/// The tables' settings that a deployment could remove.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Whether any table has deletion protection.
    is_protected: bool,
    /// The KMS key of each table, by logical id.
    keys: BTreeMap<String, Option<String>>,
}

impl Tables {
    pub(super) fn add(&mut self, id: &str, table: &TableDescription) {
        self.is_protected |= table.deletion_protection_enabled() == Some(true);
        self.keys.insert(id.to_owned(), own_key(table).map(str::to_owned));
    }

    /// The key, if all tables have the same.
    fn key(&self) -> Option<&str> {
        let keys: BTreeSet<_> = self.keys.values().collect();
        if keys.len() > 1 { None } else { keys.into_iter().next()?.as_deref() }
    }

    /// A warning to check before the deployment, which sets one key for all tables.
    pub(super) fn warning(&self, before: Option<&Stack>) -> Option<String> {
        let of_stack = before.and_then(|stack| plan::parameter(stack, KMS_KEY)).filter(|key| !key.is_empty());
        if let Some(key) = self.key() {
            // DynamoDB names the key that AWS manages for the account in the same way.
            return (of_stack != Some(key)).then(|| {
                format!(
                    "The tables are encrypted with {key}, but no earlier stack is known to have had that key \
                     as {KMS_KEY}. If AWS manages that key (its alias is aws/dynamodb), leave {KMS_KEY} out \
                     below."
                )
            });
        }
        if self.keys.values().all(Option::is_none) {
            return None;
        }
        let each =
            self.keys.iter().map(|(id, key)| format!("{id}: {}", key.as_deref().unwrap_or("DynamoDB's own")));
        let each = each.collect::<Vec<_>>().join(", ");
        Some(format!(
            "The tables are encrypted with different keys, but the deployment encrypts all of them with \
             {KMS_KEY}, or with DynamoDB's own key without it: choose first. {each}"
        ))
    }
}

/// The KMS key that encrypts a table.
pub(super) fn own_key(table: &TableDescription) -> Option<&str> {
    table.sse_description()?.kms_master_key_arn()
}

/// The command that completes the stack, with the deleted stack's parameters.
pub(super) fn next(stack: &str, before: Option<&Stack>, tables: &Tables) -> String {
    let mut parameters = BTreeMap::new();
    for parameter in before.into_iter().flat_map(Stack::parameters) {
        if let (Some(name), Some(value)) = (parameter.parameter_key(), parameter.parameter_value()) {
            parameters.insert(name, value);
        }
    }
    // Otherwise the deployment would remove the protection.
    if tables.is_protected {
        parameters.insert(PROTECTION, "on");
    }
    // Otherwise the deployment would remove or replace the key.
    if let Some(key) = tables.key() {
        parameters.insert(KMS_KEY, key);
    }
    let is_known = before.is_some();
    let overrides: Vec<_> = parameters.iter().map(|(name, value)| quoted(name, value)).collect();
    let overrides = overrides.join(" ");
    if is_known {
        format!(
            "Next, with the parameters of the earlier stack: sam deploy --stack-name {stack} \
             --parameter-overrides {overrides}"
        )
    } else {
        let also = if overrides.is_empty() { String::new() } else { format!(", and with {overrides}") };
        format!("Next, with the parameters of the earlier stack{also}: sam deploy --stack-name {stack}")
    }
}

/// A parameter, quoted for the shell and then for SAM.
fn quoted(name: &str, value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,@%+".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_plain) {
        return format!("{name}={value}");
    }
    let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\'', r"'\''");
    format!("'{name}=\"{value}\"'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_quoted_for_a_shell_and_for_sam() {
        for (value, said) in [
            ("https://a.example.com/x", "P=https://a.example.com/x"),
            ("", "'P=\"\"'"),
            ("GET /a read; DELETE /b -", "'P=\"GET /a read; DELETE /b -\"'"),
            ("*", "'P=\"*\"'"),
            ("it's \"x\"", r#"'P="it'\''s \"x\""'"#),
        ] {
            assert_eq!(quoted("P", value), said);
        }
    }
}
