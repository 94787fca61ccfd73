//! The sample values of each parameter.

use serde_json::Value;

use crate::shell::TaskError;

/// Samples for parameters whose definition doesn't say enough. The first value is the default or the closest to it. The
/// second suits a stack that uses as many features as possible. Parameters with the same name mean the same in every
/// template.
const SAMPLES: [(&str, &[&str]); 51] = [
    (
        "AlarmTopicArn",
        &[
            "",
            "arn:${AWS::Partition}:sns:${AWS::Region}:123456789012:alarms",
            "arn:${AWS::Partition}:sns:${AWS::Region}:123456789012:others",
        ],
    ),
    ("AllowedOrigin", &["https://app.example.com", "https://www.example.com"]),
    ("AllowedOrigins", &["", "https://app.example.com,https://admin.example.com"]),
    ("Audience", &["api", "https://orders.example.com", "orders"]),
    // The value of the Systems Manager parameter.
    (
        "AuthorizerArn",
        &[
            "arn:${AWS::Partition}:lambda:${AWS::Region}:123456789012:function:latchgate-AuthorizerFunction",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:123456789012:function:staging-AuthorizerFunction",
        ],
    ),
    ("CaptchaFunction", &["", "captcha", "captcha:live"]),
    ("CaptchaSiteKey", &["", "0x4AAAAAAA", "0x4BBBBBBB"]),
    (
        "CertificateArn",
        &[
            "",
            "arn:${AWS::Partition}:acm:${AWS::Region}:123456789012:certificate/11111111-1111-1111-1111-111111111111",
            "arn:${AWS::Partition}:acm:${AWS::Region}:123456789012:certificate/22222222-2222-2222-2222-222222222222",
        ],
    ),
    ("ClientMetadataScopes", &["", "openid notes:read"]),
    (
        "CodeSigningConfigArn",
        &[
            "",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:123456789012:code-signing-config:csc-0123456789abcdef0",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:123456789012:code-signing-config:csc-1123456789abcdef0",
        ],
    ),
    (
        "ConsumerAccounts",
        &[
            "",
            "210987654321,310987654321,410987654321,510987654321,610987654321",
            "220987654321,320987654321,420987654321,520987654321,620987654321",
        ],
    ),
    ("ConsumerOrganization", &["", "o-abcdef0123", "o-bbcdef0123"]),
    ("ContextClaims", &["*", "name,email"]),
    ("DomainApi", &["base-path", "rest", "none", "abcdef0123"]),
    ("DomainName", &["", "login.example.com", "id.example.com"]),
    ("DpopOrigins", &["", "https://cdn.example.com,https://www.example.com/auth"]),
    ("HostedZoneId", &["", "Z0123456789ABCDEFGHIJ", "Z1123456789ABCDEFGHIJ"]),
    ("HttpStack", &["", "latchgate-http", "staging-http"]),
    ("Issuer", &["https://login.example.com", "https://id.example.com"]),
    (
        "KmsKeyArn",
        &[
            "",
            "arn:${AWS::Partition}:kms:${AWS::Region}:123456789012:key/11111111-1111-1111-1111-111111111111",
            "arn:${AWS::Partition}:kms:${AWS::Region}:123456789012:key/22222222-2222-2222-2222-222222222222",
        ],
    ),
    ("LatchgateStack", &["latchgate", "staging"]),
    (
        "ListenerArn",
        &[
            "arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:123456789012:listener/app/orders/0123456789abcdef/0123456789abcdef",
            "arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:123456789012:listener/app/others/0123456789abcdef/0123456789abcdef",
        ],
    ),
    ("LoginConcurrency", &["0", "50"]),
    ("MailFrom", &["", "Example <login@example.com>", "login@example.com"]),
    (
        "MailLayerArn",
        &[
            "",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:123456789012:layer:mails:1",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:123456789012:layer:mails:2",
        ],
    ),
    ("MailReplyTo", &["", "help@example.com"]),
    ("MailTemplates", &["", "/opt/mails"]),
    ("MaxSessions", &["0", "10"]),
    ("PagesColor", &["#1f5fbf", "#00695c"]),
    ("PagesColorDark", &["#8ab4f8", "#80cbc4"]),
    ("PagesLogo", &["", "https://www.example.com/logo.svg"]),
    ("PagesName", &["Latchgate", "Example"]),
    (
        "PermissionsBoundary",
        &[
            "",
            "arn:${AWS::Partition}:iam::123456789012:policy/boundary",
            "arn:${AWS::Partition}:iam::123456789012:policy/other",
        ],
    ),
    ("ProtectedResources", &["", "https://notes.example.com/mcp notes:read [Notes]"]),
    ("Resource", &["", "https://orders.example.com/v1"]),
    ("ResourceScopes", &["", "orders:read orders:write"]),
    ("RolePath", &["/", "/latchgate/"]),
    ("ScopeRules", &["", "GET /orders orders:read; POST /orders orders:write"]),
    ("ServerUrl", &["https://orders.example.com", "https://orders.example.com/v2"]),
    // Without a sender, it can't be open.
    ("SignUp", &["closed", "open", "invited"]),
    ("SignUpDomains", &["", "example.com,example.org"]),
    (
        "TrustLayerArn",
        &[
            "",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:123456789012:layer:roots:1",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:123456789012:layer:roots:2",
        ],
    ),
    ("TrustStore", &["pinned", "/opt/roots.pem"]),
    ("VpcLink", &["abcdef", "ghijkl"]),
    ("WafLogins", &["100", "50"]),
    ("WafRequests", &["0", "2000", "0", "5000", "0"]),
    ("WarmCredentialWrites", &["0", "8000"]),
    ("WarmSessionReads", &["0", "20000"]),
    ("WarmSessionWrites", &["0", "8000"]),
    ("WarmUserReads", &["0", "20000"]),
    // An API has one web ACL: this one, or that of WafRequests.
    (
        "WebAclArn",
        &[
            "",
            "",
            "arn:${AWS::Partition}:wafv2:${AWS::Region}:123456789012:regional/webacl/ours/11111111-1111-1111-1111-111111111111",
            "",
            "arn:${AWS::Partition}:wafv2:${AWS::Region}:123456789012:regional/webacl/theirs/22222222-2222-2222-2222-222222222222",
        ],
    ),
];

/// A parameter's samples: the ones listed above, all allowed values, or the default and the bounds.
pub(super) fn samples(name: &str, definition: &Value) -> Result<Vec<String>, TaskError> {
    if let Some((_, samples)) = SAMPLES.iter().find(|(sample, _)| *sample == name) {
        return Ok(samples.iter().map(|sample| (*sample).to_owned()).collect());
    }
    let first = definition.get("Default").map(text);
    let allowed: Vec<String> =
        definition["AllowedValues"].as_array().into_iter().flatten().map(text).collect();
    // Numbers have many allowed values without special meanings, so the bounds are enough.
    let others = match (definition["Type"].as_str(), allowed.as_slice()) {
        (Some("Number"), []) => {
            ["MaxValue", "MinValue"].iter().filter_map(|bound| definition.get(bound)).map(text).collect()
        }
        (Some("Number"), [least, .., most]) => vec![most.clone(), least.clone()],
        _ => allowed,
    };
    let mut samples: Vec<String> = first.into_iter().collect();
    for other in others {
        if !samples.contains(&other) {
            samples.push(other);
        }
    }
    if samples.len() < 2 {
        return Err(TaskError(format!(
            "the parameter {name} is text of any kind: add two values of it to SAMPLES in xtask/src/sam/values/samples.rs, the default \
             first"
        )));
    }
    // A third value of a number shows nothing new.
    samples.truncate(if definition["Type"] == "Number" { 2 } else { samples.len() });
    Ok(samples)
}

/// A value as text, which is how CloudFormation passes it on.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn samples_begin_with_the_default_and_continue_with_other_values() {
        let of = |definition| samples("X", &definition).unwrap();
        assert_eq!(
            of(json!({ "Type": "String", "Default": "b", "AllowedValues": ["a", "b", "c"] })),
            ["b", "a", "c"]
        );
        assert_eq!(of(json!({ "Type": "Number", "Default": 5, "MinValue": 1, "MaxValue": 9 })), ["5", "9"]);
        assert_eq!(of(json!({ "Type": "Number", "Default": 9, "MinValue": 1, "MaxValue": 9 })), ["9", "1"]);
        assert_eq!(of(json!({ "Type": "Number", "Default": 7, "AllowedValues": [7, 14, 30] })), ["7", "30"]);
    }

    #[test]
    fn a_parameter_of_which_nothing_is_known_is_an_error() {
        assert!(samples("X", &json!({ "Type": "String", "Default": "" })).is_err());
    }

    #[test]
    fn samples_stand_in_order_and_differ() {
        assert!(SAMPLES.is_sorted_by_key(|(name, _)| name));
        for (name, values) in SAMPLES {
            assert!(values.iter().any(|value| *value != values[0]), "{name}");
        }
    }

    /// A change between two names may replace a resource, while setting or unsetting one only creates or removes it.
    #[test]
    fn a_parameter_that_names_something_has_two_samples() {
        for (name, values) in SAMPLES {
            let is_name = ["Arn", "Accounts", "Organization", "Stack", "Name", "Id"];
            if is_name.iter().any(|end| name.ends_with(end)) {
                let values: BTreeSet<_> = values.iter().filter(|value| !value.is_empty()).collect();
                assert!(values.len() >= 2, "{name}");
            }
        }
    }
}
