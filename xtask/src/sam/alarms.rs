//! template-alarms.yaml: the alarms and the dashboard of a stack.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    organisation::unused,
    templates::{ALARMS_TEMPLATE, HTTP_TEMPLATE, TEMPLATE},
    tools::Tools,
    translated::Translated,
};
use crate::shell::TaskError;

/// The names of the alarms, after the stack's. Operators use them, so they must not change.
const ALARMS: [&str; 14] = [
    "authorizer-latency",
    "code-error-rate",
    "code-throttles",
    "error-rate",
    "function-throttles",
    "gateway-errors",
    "login-refusals",
    "mail-failures",
    "refresh-latency",
    "request-throttles",
    "rotation-failed",
    "table-throttles",
    "theft",
    "unsent-mails",
];

/// Resources that depend on parameters, and their conditions.
const CONDITIONS: [(&str, &str); 8] = [
    ("GatewayErrorAlarm", "WatchesRest"),
    ("HttpGatewayErrorAlarm", "WatchesHttp"),
    ("HttpRequestThrottleAlarm", "ReadsHttpLog"),
    ("HttpThrottledRequests", "ReadsHttpLog"),
    ("MailFailureAlarm", "WatchesMails"),
    ("RequestThrottleAlarm", "ReadsRestLog"),
    ("ThrottledRequests", "ReadsRestLog"),
    ("UnsentMailAlarm", "WatchesMails"),
];

/// The types of its resources. None of them grants a right or holds data.
const TYPES: [&str; 3] = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Logs::MetricFilter"];

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let exported = |template| Ok::<_, TaskError>(tools.translation(template)?.exports("${AWS::StackName}-"));
    let exported: BTreeSet<_> = of_stack("LatchgateStack", exported(TEMPLATE)?)
        .chain(of_stack("HttpStack", exported(HTTP_TEMPLATE)?))
        .collect();
    let stack = tools.translate(ALARMS_TEMPLATE)?;
    let imported = stack.imports("");
    stack.hold(&[
        ("the alarms are these", names(&stack) == ALARMS.into()),
        ("there is one dashboard", stack.only("AWS::CloudWatch::Dashboard").is_ok()),
        (
            "it has nothing else than alarms, dashboard and metric filters",
            stack.types().is_subset(&TYPES.into()),
        ),
        (
            "it imports from the two stacks, and only what they export",
            !imported.is_empty() && imported.is_subset(&exported),
        ),
        (
            "each API has its alarms and its filter, and mails their alarms, under the conditions for them",
            conditions(&stack) == CONDITIONS.into(),
        ),
        ("the REST API is watched unless an HTTP API is, or both are", watches(&stack)),
        ("it takes the name of the stack as a parameter", stack.parameter("LatchgateStack").is_some()),
        ("every alarm goes to the topic, if there is one", has_actions(&stack)),
        ("every parameter takes effect", unused(&stack).is_empty()),
        ("the dashboard's address is that of the partition's own console", is_of_partition(&stack)),
    ])
}

/// These names as an import has them, with the stack's name.
fn of_stack(parameter: &str, names: BTreeSet<String>) -> impl Iterator<Item = String> {
    names.into_iter().map(move |name| format!("${{{parameter}}}-{name}"))
}

/// The conditional resources and their conditions.
fn conditions(stack: &Translated) -> BTreeSet<(&str, &str)> {
    let resources = TYPES.into_iter().flat_map(|kind| stack.of_type(kind));
    resources.filter_map(|(name, resource)| Some((name, resource["Condition"].as_str()?))).collect()
}

fn watches(stack: &Translated) -> bool {
    let (none, both) = (
        json!({ "Fn::Equals": [{ "Ref": "HttpStack" }, ""] }),
        json!({ "Fn::Equals": [{ "Ref": "WatchedApis" }, "both"] }),
    );
    let logs =
        |watches: &str| json!({ "Fn::And": [{ "Condition": watches }, { "Condition": "HasAccessLogs" }] });
    [
        ("WatchesRest", json!({ "Fn::Or": [&none, { "Condition": "WatchesBoth" }] })),
        ("WatchesHttp", json!({ "Fn::Not": [&none] })),
        ("WatchesBoth", both),
        ("ReadsRestLog", logs("WatchesRest")),
        ("ReadsHttpLog", logs("WatchesHttp")),
        ("WatchesMails", json!({ "Fn::Equals": [{ "Ref": "Mails" }, "on"] })),
    ]
    .iter()
    .all(|(name, expected)| stack.condition(name) == Some(expected))
}

fn names(stack: &Translated) -> BTreeSet<&str> {
    stack
        .of_type(TYPES[0])
        .map(|(_, alarm)| alarm["Properties"]["AlarmName"]["Fn::Sub"].as_str().unwrap_or_default())
        .map(|name| {
            ["${LatchgateStack}-", "${HttpStack}-"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name)
        })
        .collect()
}

/// The partitions with a public console, and its domain.
const CONSOLES: [(&str, &str); 4] = [
    ("aws", "console.aws.amazon.com"),
    ("aws-cn", "console.amazonaws.cn"),
    ("aws-eusc", "console.amazonaws-eusc.eu"),
    ("aws-us-gov", "console.amazonaws-us-gov.com"),
];

/// Other partitions have no console link, rather than a wrong one.
fn is_of_partition(stack: &Translated) -> bool {
    let partition = json!({ "Ref": "AWS::Partition" });
    let is_one = CONSOLES.map(|(name, _)| json!({ "Fn::Equals": [partition, name] }));
    let domains = CONSOLES.map(|(name, domain)| (name.to_owned(), json!({ "Domain": domain })));
    let Some(output) = stack.output("DashboardUrl") else { return false };
    let url = output["Value"]["Fn::Sub"][0].as_str().unwrap_or_default();
    url.starts_with("https://${AWS::Region}.${Domain}/cloudwatch/")
        && output["Value"]["Fn::Sub"][1]["Domain"]
            == json!({ "Fn::FindInMap": ["Console", partition, "Domain"] })
        && stack.mapping("Console") == &Value::Object(domains.into_iter().collect())
        && output["Condition"] == "HasConsole"
        && stack.condition("HasConsole") == Some(&json!({ "Fn::Or": is_one }))
}

fn has_actions(stack: &Translated) -> bool {
    let actions =
        json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopicArn" }], { "Ref": "AWS::NoValue" }] });
    stack.of_type(TYPES[0]).all(|(_, alarm)| alarm["Properties"]["AlarmActions"] == actions)
}
