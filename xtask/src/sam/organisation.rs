//! Checks that parameters take effect, including those that organisations insist on: boundary and path of roles, key,
//! web ACL, code signing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    order::names_below,
    translated::{Fact, Translated},
};

/// The facts of the stack.
pub(super) fn facts(stack: &Translated) -> [Fact; 6] {
    [
        ("every role may have a boundary and a path, and the policy a path", roles_are_bounded(stack)),
        ("a key of the operator's encrypts tables, secret and logs", key_encrypts_all(stack)),
        ("a web ACL of the operator's takes the place of the firewall", web_acl_is_one(stack)),
        ("every function takes a code signing configuration", functions_are_signed(stack)),
        ("warm throughput is of the tables that each request reads or writes", tables_are_warm(stack)),
        ("every parameter takes effect", unused(stack).is_empty()),
    ]
}

/// `!If [condition, !Ref parameter, !Ref AWS::NoValue]`: a stack without the parameter doesn't change.
pub(super) fn if_given(condition: &str, parameter: &str) -> Value {
    json!({ "Fn::If": [condition, { "Ref": parameter }, { "Ref": "AWS::NoValue" }] })
}

fn all(stack: &Translated, kind: &'static str, holds: impl Fn(&Value) -> bool) -> bool {
    stack.of_type(kind).count() > 0 && stack.of_type(kind).all(|(_, resource)| holds(&resource["Properties"]))
}

fn roles_are_bounded(stack: &Translated) -> bool {
    let (boundary, path) =
        (if_given("HasPermissionsBoundary", "PermissionsBoundary"), if_given("HasRolePath", "RolePath"));
    all(stack, "AWS::IAM::Role", |role| role["PermissionsBoundary"] == boundary && role["Path"] == path)
        && all(stack, "AWS::IAM::ManagedPolicy", |policy| policy["Path"] == path)
}

fn key_encrypts_all(stack: &Translated) -> bool {
    let key = if_given("HasKmsKey", "KmsKeyArn");
    let own = json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": { "Ref": "KmsKeyArn" } });
    // DynamoDB's own key is free. `SSEEnabled` alone means a key that AWS manages in the account, whose calls are
    // charged.
    let of_table = json!({ "Fn::If": ["HasKmsKey", own, { "SSEEnabled": false }] });
    all(stack, "AWS::DynamoDB::Table", |table| table["SSESpecification"] == of_table)
        && all(stack, "AWS::SecretsManager::Secret", |secret| secret["KmsKeyId"] == key)
        && all(stack, "AWS::Logs::LogGroup", |group| group["KmsKeyId"] == key)
}

fn web_acl_is_one(stack: &Translated) -> bool {
    let associations = stack.of_type("AWS::WAFv2::WebACLAssociation");
    let mut associations: Vec<_> = associations
        .map(|(_, a)| {
            (a["Condition"].as_str(), &a["Properties"]["WebACLArn"], &a["Properties"]["ResourceArn"])
        })
        .collect();
    associations.sort_by_key(|(condition, ..)| *condition);
    let firewall = json!({ "Fn::GetAtt": ["Firewall", "Arn"] });
    let own = json!({ "Ref": "WebAclArn" });
    let [first, second] = associations[..] else { return false };
    let rule = stack.rule("OneFirewall");
    (first.0, first.1) == (Some("HasFirewall"), &firewall)
        && (second.0, second.1) == (Some("HasWebAcl"), &own)
        && first.2 == second.2
        && rule["RuleCondition"] == json!({ "Fn::Not": [{ "Fn::Equals": [own, ""] }] })
        && rule["Assertions"][0]["Assert"] == json!({ "Fn::Equals": [{ "Ref": "WafRequests" }, "0"] })
}

fn functions_are_signed(stack: &Translated) -> bool {
    let signed = if_given("HasCodeSigning", "CodeSigningConfigArn");
    all(stack, "AWS::Lambda::Function", |function| function["CodeSigningConfigArn"] == signed)
}

fn tables_are_warm(stack: &Translated) -> bool {
    let units =
        |kind: &str, parameter: &str| json!({ format!("{kind}UnitsPerSecond"): { "Ref": parameter } });
    let (reads, writes) = (units("Read", "WarmSessionReads"), units("Write", "WarmSessionWrites"));
    let both = json!({ "ReadUnitsPerSecond": { "Ref": "WarmSessionReads" }, "WriteUnitsPerSecond": { "Ref": "WarmSessionWrites" } });
    let none = json!({ "Ref": "AWS::NoValue" });
    let with_reads = json!({ "Fn::If": ["WarmsSessionWrites", both, reads] });
    let without_reads = json!({ "Fn::If": ["WarmsSessionWrites", writes, none] });
    let expected = [
        (
            "CredentialsTable",
            json!({ "Fn::If": ["WarmsCredentialWrites", units("Write", "WarmCredentialWrites"), none] }),
        ),
        ("SessionsTable", json!({ "Fn::If": ["WarmsSessionReads", with_reads, without_reads] })),
        ("UsersTable", json!({ "Fn::If": ["WarmsUserReads", units("Read", "WarmUserReads"), none] })),
    ];
    stack.of_type("AWS::DynamoDB::Table").all(|(name, table)| {
        let warm = expected.iter().find(|(table, _)| *table == name).map(|(_, warm)| warm);
        table["Properties"].get("WarmThroughput") == warm
    })
}

/// The parameters that no resource uses, by a reference or a condition.
pub(super) fn unused(stack: &Translated) -> Vec<String> {
    let mut names = BTreeSet::new();
    let resources: Vec<&Value> = stack.resources().map(|(_, resource)| resource).collect();
    for resource in &resources {
        names_below(resource, &mut names);
        conditions_below(resource, &mut names);
    }
    loop {
        let mut further = names.clone();
        for condition in names.iter().filter_map(|name| stack.condition(name)) {
            names_below(condition, &mut further);
            conditions_below(condition, &mut further);
        }
        if further == names {
            break;
        }
        names = further;
    }
    stack.parameter_names().filter(|name| !names.contains(name)).map(str::to_owned).collect()
}

/// The conditions named in a value.
fn conditions_below<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(entries) => {
            names.extend(entries.get("Condition").and_then(Value::as_str));
            names.extend(entries.get("Fn::If").and_then(|alternatives| alternatives[0].as_str()));
            for value in entries.values() {
                conditions_below(value, names);
            }
        }
        Value::Array(values) => {
            for value in values {
                conditions_below(value, names);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_used_only_by_an_unused_condition_is_unused() {
        let stack = json!({
            "Parameters": { "A": {}, "B": {}, "C": {}, "D": {}, "E": {} },
            "Conditions": {
                "HasB": { "Fn::Equals": [{ "Ref": "B" }, ""] },
                "HasC": { "Fn::Or": [{ "Condition": "HasB" }, { "Fn::Equals": [{ "Ref": "C" }, ""] }] },
                "HasE": { "Fn::Equals": [{ "Ref": "E" }, ""] },
            },
            "Resources": {
                "One": { "Properties": { "A": { "Fn::Sub": "${A}" } } },
                "Two": { "Condition": "HasC", "Properties": {} },
            },
        });
        let stack = Translated::parse("test", &stack.to_string()).unwrap();
        assert_eq!(unused(&stack), ["D", "E"]);
    }
}
