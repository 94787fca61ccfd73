//! Finds names that are only valid in one AWS partition.

use serde_json::Value;

use super::world::{PARTITIONS, Partition};

/// Suffixes of host names, and the partitions that have them.
const HOSTS: [(&str, &[&str]); 4] = [
    (".amazonaws.com", &["aws", "aws-us-gov"]),
    (".aws.amazon.com", &["aws"]),
    (".amazonaws-us-gov.com", &["aws-us-gov"]),
    (".amazonaws.cn", &["aws-cn"]),
];

/// Fails if a name in this template belongs to another partition.
pub(super) fn check(partition: &Partition, value: &Value) -> Result<(), String> {
    match value {
        Value::Array(members) => members.iter().try_for_each(|member| check(partition, member)),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            let is_principal = ["Principal", "Service"].contains(&name.as_str()) && is_service(member);
            check_text(partition, name)
                .and_then(|()| if is_principal { Ok(()) } else { check(partition, member) })
        }),
        Value::String(text) => check_text(partition, text),
        _ => Ok(()),
    }
}

/// Whether this names services. Their names look like hosts, and are the same in every partition.
fn is_service(principal: &Value) -> bool {
    match principal {
        Value::Array(principals) => principals.iter().all(is_service),
        Value::String(text) => {
            text.strip_suffix(".amazonaws.com").is_some_and(|service| !service.contains(['.', '/']))
        }
        _ => false,
    }
}

fn check_text(partition: &Partition, text: &str) -> Result<(), String> {
    let is_arn_of = |other: &&Partition| text.contains(&format!("arn:{}:", other.name));
    if let Some(other) = PARTITIONS.iter().filter(|other| other.name != partition.name).find(is_arn_of) {
        return Err(format!("{text} is of the partition {}: write ${{AWS::Partition}}", other.name));
    }
    let is_host = |(host, partitions): &&(&str, &[&str])| {
        let mut rest = text.split(*host).skip(1);
        !partitions.contains(&partition.name)
            && rest.any(|after| !after.starts_with(['.', '-']) || after.starts_with("./"))
    };
    match HOSTS.iter().find(is_host) {
        Some((host, _)) => Err(format!("{text} has a host that {} doesn't have: {host}", partition.name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_of_another_partition_is_found() {
        let faults = [
            json!({ "Arn": "arn:aws:s3:::bucket" }),
            json!(["https://api.execute-api.cn-north-1.amazonaws.com/prod"]),
            json!({ "Url": "https://cn-north-1.console.aws.amazon.com/" }),
        ];
        for fault in faults {
            assert!(check(&PARTITIONS[1], &fault).is_err(), "{fault}");
        }
    }

    #[test]
    fn names_of_the_partition_and_of_services_are_taken() {
        let good = json!({
            "Arn": "arn:aws-cn:s3:::bucket",
            "Url": "https://api.execute-api.cn-north-1.amazonaws.com.cn/prod",
            "Principal": { "Service": ["lambda.amazonaws.com"] },
        });
        assert_eq!(check(&PARTITIONS[1], &good), Ok(()));
    }
}
