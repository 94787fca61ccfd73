//! `examples/deployer-policy.json`: the rights that you need to deploy the templates.
//!
//! CloudFormation's registry lists the actions that each type of resource needs. The policy has exactly the actions of
//! the templates' types, without those of unused features, and with those of the deployment itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    templates::{ALARMS_TEMPLATE, HTTP_TEMPLATE, TEMPLATE},
    tools::{REGION, Tools},
    translated::Translated,
};
use crate::shell::{TaskError, output, root};

const POLICY: &str = "examples/deployer-policy.json";
/// The size limit of a role's inline policies together, without white space. (A managed policy may have 6,144.)
const MAX_LEN: usize = 10_240;

/// Actions in the registry for features that the templates don't use.
const NOT_USED: [(&str, &[&str]); 15] = [
    ("an API's own resource policy", &["apigateway:UpdateRestApiPolicy"]),
    (
        "tables in more than one region, imports of tables, and contents of tables: whoever deploys reads no user and no session",
        &[
            "dynamodb:AssociateTableReplica",
            "dynamodb:BatchWriteItem",
            "dynamodb:CreateTableReplica",
            "dynamodb:DeleteItem",
            "dynamodb:DescribeImport",
            "dynamodb:GetItem",
            "dynamodb:ImportTable",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "s3:GetObjectMetadata",
            "s3:ListBucket",
        ],
    ),
    (
        "streams of tables to Kinesis, the tables' policies and insights",
        &[
            "dynamodb:DeleteResourcePolicy",
            "dynamodb:DisableKinesisStreamingDestination",
            "dynamodb:EnableKinesisStreamingDestination",
            "dynamodb:PutResourcePolicy",
            "dynamodb:UpdateContributorInsights",
            "dynamodb:UpdateKinesisStreamingDestination",
            "kinesis:DescribeStream",
            "kinesis:PutRecords",
        ],
    ),
    (
        "policies of users and groups",
        &["iam:AttachGroupPolicy", "iam:AttachUserPolicy", "iam:DetachGroupPolicy", "iam:DetachUserPolicy"],
    ),
    ("the description and the session length of a role", &["iam:UpdateRole", "iam:UpdateRoleDescription"]),
    ("aliases of keys: KmsKeyArn is a key's", &["kms:ListAliases"]),
    (
        "functions in a VPC, with file systems",
        &[
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "elasticfilesystem:DescribeMountTargets",
            "s3files:ListMountTargets",
        ],
    ),
    (
        "versions of functions, and how they scale, recurse and choose their runtime",
        &[
            "lambda:AssociateRuntimeAlias",
            "lambda:PassCapacityProvider",
            "lambda:PublishVersion",
            "lambda:PutFunctionRecursionConfig",
            "lambda:PutFunctionScalingConfig",
            "lambda:PutRuntimeManagementConfig",
        ],
    ),
    (
        "log groups with indexes, data protection, bearer tokens and protection from deletion, and logs elsewhere",
        &[
            "firehose:TagDeliveryStream",
            "logs:DeleteIndexPolicy",
            "logs:DeleteResourcePolicy",
            "logs:PutBearerTokenAuthentication",
            "logs:PutDataProtectionPolicy",
            "logs:PutIndexPolicy",
            "logs:PutLogGroupDeletionProtection",
            "s3:REST.PUT.OBJECT",
        ],
    ),
    (
        "secrets that CloudFormation copies to other regions",
        &["secretsmanager:RemoveRegionsFromReplication", "secretsmanager:ReplicateSecretToRegions"],
    ),
    (
        "configuration sets with anything but their reports, and topics with protection of their data",
        &[
            "ses:PutConfigurationSetArchivingOptions",
            "ses:PutConfigurationSetDeliveryOptions",
            "ses:PutConfigurationSetReputationOptions",
            "ses:PutConfigurationSetSuppressionOptions",
            "ses:PutConfigurationSetTrackingOptions",
            "ses:PutConfigurationSetVdmOptions",
            "sns:GetDataProtectionPolicy",
            "sns:PutDataProtectionPolicy",
        ],
    ),
    (
        "rule groups of other accounts and of the marketplace",
        &["payments:GetConnectedAccount", "wafv2:GetPermissionPolicy", "wafv2:PutPermissionPolicy"],
    ),
    (
        "web ACLs of load balancers and of VPNs",
        &[
            "ec2:AssociateVerifiedAccessInstanceWebAcl",
            "ec2:DescribeVerifiedAccessInstanceWebAclAssociations",
            "ec2:DisassociateVerifiedAccessInstanceWebAcl",
            "ec2:GetVerifiedAccessInstanceWebAcl",
            "elasticloadbalancing:CreateWebACLAssociation",
            "elasticloadbalancing:DeleteWebACLAssociation",
            "elasticloadbalancing:GetLoadBalancerWebACL",
            "elasticloadbalancing:SetWebACL",
        ],
    ),
    (
        "of sites, containers and GraphQL",
        &[
            "amplify:AssociateWebACL",
            "amplify:DisassociateWebACL",
            "amplify:GetWebACLForResource",
            "apprunner:AssociateWebAcl",
            "apprunner:DescribeWebAclForService",
            "apprunner:DisassociateWebAcl",
            "appsync:AssociateWebACL",
            "appsync:DisassociateWebACL",
            "appsync:GetWebACLForResource",
            "appsync:SetWebACL",
        ],
    ),
    (
        "of user pools and agents",
        &[
            "bedrock-agentcore:GatewayAssociateWebACL",
            "bedrock-agentcore:GatewayDisassociateWebACL",
            "bedrock-agentcore:GatewayGetWebACLForResource",
            "cognito-idp:AssociateWebACL",
            "cognito-idp:DisassociateWebACL",
            "cognito-idp:GetWebACLForResource",
        ],
    ),
];

/// Actions that no resource type lists.
const OF_DEPLOYMENT: [(&str, &[&str]); 4] = [
    (
        "`sam deploy` and `sam delete`",
        &[
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteStack",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:GetTemplate",
            "cloudformation:GetTemplateSummary",
            "cloudformation:ListChangeSets",
        ],
    ),
    (
        "going on after a way back that failed, as docs/operations/updates.md says",
        &["cloudformation:ContinueUpdateRollback"],
    ),
    ("the code that it uploads", &["s3:PutObject"]),
    (
        "the access log of an HTTP API (API Gateway Developer Guide, \"Configure logging for HTTP APIs\")",
        &[
            "logs:DeleteLogDelivery",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:UpdateLogDelivery",
        ],
    ),
];

/// Actions without a resource, so that their statement covers all.
const OF_NO_RESOURCE: [&str; 10] = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "route53:ListHostedZones",
    "secretsmanager:GetRandomPassword",
];

/// Checks that the policy has each necessary action once, and no others.
pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let registry = Registry::of(tools)?;
    let mut listed = BTreeSet::new();
    let mut types = BTreeSet::new();
    for template in [TEMPLATE, HTTP_TEMPLATE, ALARMS_TEMPLATE] {
        let stack: Translated = tools.translation(template)?;
        types.extend(stack.types().into_iter().map(str::to_owned));
    }
    for kind in &types {
        listed.extend(registry.actions(kind)?);
    }
    let text = read(&root().join(POLICY))?;
    let policy: Value = serde_json::from_str(&text).map_err(|e| TaskError(format!("{POLICY}: {e}")))?;
    let mut faults = faults(&listed, &policy);
    let len = text.chars().filter(|c| !c.is_whitespace()).count() + placeholders(&text);
    if len > MAX_LEN {
        faults.push(format!("it has {len} characters, and may have {MAX_LEN}"));
    }
    if faults.is_empty() {
        println!("{POLICY}: what {} types of resources need, and nothing else", types.len());
        return Ok(());
    }
    Err(TaskError(format!("{POLICY}:\n  {}", faults.join("\n  "))))
}

/// The growth of the policy with a real account number and the longest region name.
fn placeholders(policy: &str) -> usize {
    let (account, region) = ("123456789012", "ap-southeast-2");
    let grows = |name: &str, value: &str| policy.matches(name).count() * (value.len() - name.len());
    grows("ACCOUNT", account) + grows("REGION", region)
}

/// The faults of a policy, given the registry's actions.
fn faults(listed: &BTreeSet<String>, policy: &Value) -> Vec<String> {
    let named = |groups: &[(&str, &[&'static str])]| -> BTreeSet<String> {
        groups.iter().flat_map(|(_, actions)| actions.iter().map(|action| (*action).to_owned())).collect()
    };
    let (not_used, of_deployment) = (named(&NOT_USED), named(&OF_DEPLOYMENT));
    let needed: BTreeSet<String> = listed.difference(&not_used).chain(&of_deployment).cloned().collect();
    let mut found = BTreeMap::new();
    let mut faults = Vec::new();
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        let resources = &statement["Resource"];
        for action in statement["Action"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            *found.entry(action.to_owned()).or_insert(0) += 1;
            if (*resources == "*") != OF_NO_RESOURCE.contains(&action) {
                faults.push(format!("{action} is for {resources}"));
            }
        }
        if statement["Effect"] != "Allow" || statement.get("NotAction").is_some() {
            faults.push(format!("it isn't only a list of what is allowed: {statement}"));
        }
    }
    let allowed: BTreeSet<String> = found.keys().cloned().collect();
    let list = |what: &str, actions: Vec<&String>| {
        actions.into_iter().map(|action| format!("{action} {what}")).collect::<Vec<_>>()
    };
    faults.extend(list("is missing", needed.difference(&allowed).collect()));
    faults.extend(list("isn't needed", allowed.difference(&needed).collect()));
    faults.extend(list("is listed for no type of resource", not_used.difference(listed).collect()));
    faults.extend(list("is listed anyway", of_deployment.intersection(listed).collect()));
    faults.extend(list(
        "stands more than once",
        found.iter().filter(|(_, n)| **n > 1).map(|(a, _)| a).collect(),
    ));
    faults
}

/// CloudFormation's registry of resource types, from cfn-lint.
struct Registry {
    folder: PathBuf,
    files: Value,
}

impl Registry {
    fn of(tools: &Tools) -> Result<Self, TaskError> {
        let find = "import pathlib, cfnlint; print(pathlib.Path(cfnlint.__file__).parent)";
        let folder = output(&mut tools.program("python", &["-c", find]))?;
        let folder = Path::new(folder.trim()).join("data/schemas");
        let files = json(&folder.join(format!("providers/{REGION}.json")))?;
        Ok(Self { folder, files })
    }

    /// The actions that creating, reading, updating or deleting a resource of this type may need.
    fn actions(&self, kind: &str) -> Result<BTreeSet<String>, TaskError> {
        let unknown = || TaskError(format!("the registry doesn't know {kind}"));
        let file = self.files[kind].as_str().ok_or_else(unknown)?;
        let schema = json(&self.folder.join(format!("resources/{file}.json")))?;
        let mut actions = BTreeSet::new();
        for handler in ["create", "read", "update", "delete"] {
            let permissions = schema["handlers"][handler]["permissions"].as_array().into_iter().flatten();
            actions.extend(permissions.filter_map(Value::as_str).map(spelled));
        }
        if actions.is_empty() { Err(unknown()) } else { Ok(actions) }
    }
}

/// An action in IAM's spelling. The registry begins some with a lower-case letter.
fn spelled(action: &str) -> String {
    match action.split_once(':') {
        Some((service, name)) => {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            format!("{service}:{}{}", first.map(String::from).unwrap_or_default(), letters.as_str())
        }
        None => action.to_owned(),
    }
}

fn json(path: &Path) -> Result<Value, TaskError> {
    serde_json::from_str(&read(path)?).map_err(|e| TaskError(format!("{}: {e}", path.display())))
}

fn read(path: &Path) -> Result<String, TaskError> {
    std::fs::read_to_string(path).map_err(|e| TaskError(format!("{}: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A list of actions with which only these faults are left.
    fn listed(others: &[&str]) -> BTreeSet<String> {
        let not_used = NOT_USED.iter().flat_map(|(_, actions)| actions.iter());
        not_used.chain(others).map(|action| (*action).to_owned()).collect()
    }

    fn policy(statements: &Value) -> Value {
        let of_deployment = OF_DEPLOYMENT.iter().flat_map(|(_, actions)| actions.iter().copied());
        let (none, some): (Vec<&str>, Vec<&str>) =
            of_deployment.partition(|action| OF_NO_RESOURCE.contains(action));
        let mut all = vec![
            json!({ "Effect": "Allow", "Action": none, "Resource": "*" }),
            json!({ "Effect": "Allow", "Action": some, "Resource": "arn" }),
        ];
        all.extend(statements.as_array().unwrap().iter().cloned());
        json!({ "Statement": all })
    }

    #[test]
    fn a_policy_has_each_needed_action_once_for_named_resources() {
        let listed = listed(&["sqs:CreateQueue", "sqs:DeleteQueue"]);
        let faults = |statements: &Value| faults(&listed, &policy(statements));
        let fits =
            json!({ "Effect": "Allow", "Action": ["sqs:CreateQueue", "sqs:DeleteQueue"], "Resource": "arn" });
        assert_eq!(faults(&json!([fits])), [""; 0]);
        let mut more = fits.clone();
        more["Action"] = json!(["sqs:CreateQueue", "sqs:*"]);
        assert_eq!(faults(&json!([more])), ["sqs:DeleteQueue is missing", "sqs:* isn't needed"]);
        assert_eq!(faults(&json!([fits, fits])).len(), 2, "each once");
        let mut wide = fits.clone();
        wide["Resource"] = json!("*");
        assert_eq!(faults(&json!([wide])).len(), 2);
        let mut others = fits.clone();
        others["Effect"] = json!("Deny");
        assert_eq!(faults(&json!([others])).len(), 1);
    }

    #[test]
    fn reasons_for_unknown_or_listed_actions_are_faults() {
        let fewer: BTreeSet<_> =
            listed(&["s3:PutObject"]).into_iter().filter(|a| a != "dynamodb:Scan").collect();
        let faults = faults(&fewer, &policy(&json!([])));
        assert_eq!(
            faults,
            ["dynamodb:Scan is listed for no type of resource", "s3:PutObject is listed anyway"]
        );
    }

    #[test]
    fn actions_are_spelled_as_iam_does() {
        assert_eq!(spelled("s3:getObject"), "s3:GetObject");
        assert_eq!(spelled("apigateway:PATCH"), "apigateway:PATCH");
    }
}
