//! template-alarms.yaml: the alarms and the dashboard of a stack.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    templates::{ALARMS_TEMPLATE, TEMPLATE},
    tools::Tools,
    translated::Translated,
};
use crate::shell::TaskError;

/// The names of the alarms, after that of the stack. Operators know them: they may not change.
const ALARMS: [&str; 10] = [
    "authorizer-latency",
    "error-rate",
    "function-throttles",
    "gateway-errors",
    "login-refusals",
    "refresh-latency",
    "request-throttles",
    "rotation-failed",
    "table-throttles",
    "theft",
];

/// The types of its resources: none of them grants a right or holds data.
const TYPES: [&str; 3] = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Logs::MetricFilter"];

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let exported = tools.translation(TEMPLATE)?.exports("${AWS::StackName}-");
    let stack = tools.translate(ALARMS_TEMPLATE)?;
    let imported = stack.imports("${LatchgateStack}-");
    stack.hold(&[
        ("the alarms are these", names(&stack) == ALARMS.into()),
        ("there is one dashboard", stack.only("AWS::CloudWatch::Dashboard").is_ok()),
        (
            "it has nothing else than alarms, dashboard and metric filter",
            stack.types().is_subset(&TYPES.into()),
        ),
        (
            "it imports from the stack, and only what that exports",
            !imported.is_empty() && imported.is_subset(&exported),
        ),
        ("it takes the name of the stack as a parameter", stack.parameter("LatchgateStack").is_some()),
        ("every alarm goes to the topic, if there is one", has_actions(&stack)),
    ])
}

fn names(stack: &Translated) -> BTreeSet<&str> {
    stack
        .of_type(TYPES[0])
        .map(|(_, alarm)| alarm["Properties"]["AlarmName"]["Fn::Sub"].as_str().unwrap_or_default())
        .map(|name| name.strip_prefix("${LatchgateStack}-").unwrap_or(name))
        .collect()
}

fn has_actions(stack: &Translated) -> bool {
    let actions =
        json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopicArn" }], { "Ref": "AWS::NoValue" }] });
    stack.of_type(TYPES[0]).all(|(_, alarm)| alarm["Properties"]["AlarmActions"] == actions)
}
