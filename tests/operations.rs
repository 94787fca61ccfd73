//! What template.yaml has for those who run a stack: bounds of its parameters, throttling, logs, alarms, the dashboard.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use serde_yaml_ng::Value;
use shared::log::NAMESPACE;

use crate::harness::metrics;

const OPERATIONS: &str = include_str!("../docs/operations.md");

/// All that API Gateway may write down of a request: nothing that a caller chose but the method, and no part that could
/// hold a token. The route is the template's, and not the path that was asked for.
const LOGGED: [&str; 11] = [
    "$context.authorizer.latency",
    "$context.error.responseType",
    "$context.httpMethod",
    "$context.identity.sourceIp",
    "$context.integrationLatency",
    "$context.requestId",
    "$context.requestTime",
    "$context.resourcePath",
    "$context.responseLatency",
    "$context.responseLength",
    "$context.status",
];

fn template() -> Value {
    serde_yaml_ng::from_str(include_str!("../template.yaml")).unwrap()
}

fn section<'a>(template: &'a Value, name: &str) -> BTreeMap<&'a str, &'a Value> {
    let entries = template[name].as_mapping().unwrap().iter();
    entries.map(|(name, value)| (name.as_str().unwrap(), value)).collect()
}

fn of_type<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    section(template, "Resources").into_iter().filter(|(_, resource)| resource["Type"] == kind).collect()
}

/// What is in a value below tags, which serde reads as values of their own.
fn untagged(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => untagged(&tagged.value),
        value => value,
    }
}

/// The one value of the alternatives of an `!If` that is not `!Ref AWS::NoValue`.
fn where_it_is_there(value: &Value) -> &Value {
    untagged(&untagged(value)[1])
}

#[test]
fn every_parameter_says_what_it_is_for_stands_in_a_group_and_is_checked() {
    let template = template();
    let interface = &template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
    let groups = interface.as_sequence().unwrap().iter();
    let grouped: Vec<_> = groups.flat_map(|group| group["Parameters"].as_sequence().unwrap()).collect();
    let parameters = section(&template, "Parameters");
    assert_eq!(grouped.len(), parameters.len(), "each once");
    for (name, parameter) in parameters {
        assert!(grouped.iter().any(|grouped| *grouped == name), "{name} is in no group");
        assert!(parameter["Description"].as_str().is_some_and(|text| text.len() > 10), "{name}");
        let is_range = parameter.get("MinValue").is_some() && parameter.get("MaxValue").is_some();
        let is_pattern = parameter
            .get("AllowedPattern")
            .and_then(Value::as_str)
            .is_some_and(|pattern| pattern.starts_with('^') && pattern.ends_with('$'));
        let says_what_is_allowed = !is_pattern || parameter.get("ConstraintDescription").is_some();
        let is_checked = is_range || is_pattern || parameter.get("AllowedValues").is_some();
        assert!(is_checked && says_what_is_allowed, "{name}");
    }
}

#[test]
fn what_holds_state_or_evidence_stays_when_the_stack_goes() {
    let template = template();
    for kind in ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"] {
        let resources = of_type(&template, kind);
        assert!(!resources.is_empty(), "{kind}");
        for (name, resource) in resources {
            for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
                assert_eq!(resource[policy], "Retain", "{policy} of {name}");
            }
        }
    }
}

#[test]
fn logs_end_are_json_and_have_no_place_for_a_token() {
    let template = template();
    for (name, group) in of_type(&template, "AWS::Logs::LogGroup") {
        assert_eq!(*untagged(&group["Properties"]["RetentionInDays"]), "LogRetentionDays", "{name}");
    }
    let logging = &template["Globals"]["Function"]["LoggingConfig"];
    assert_eq!(
        (&logging["LogFormat"], untagged(&logging["LogGroup"])),
        (&"JSON".into(), &"FunctionLogs".into())
    );
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        assert_eq!(function["Properties"].get("LoggingConfig"), None, "{name} has one of its own");
    }

    let api = &template["Resources"]["Api"]["Properties"];
    let access = where_it_is_there(&api["AccessLogSetting"]);
    let format: Json = serde_json::from_str(untagged(&access["Format"]).as_str().unwrap()).unwrap();
    let fields = format.as_object().unwrap();
    for (name, value) in fields.iter().filter(|(name, _)| !["stack", "trace_id"].contains(&name.as_str())) {
        assert!(LOGGED.contains(&value.as_str().unwrap()), "{name}: {value}");
    }
    assert_eq!(fields["trace_id"], "$context.xrayTraceId");
    assert_eq!(fields.len(), LOGGED.len() + 2);
    for setting in api["MethodSettings"].as_sequence().unwrap() {
        assert_eq!(setting["LoggingLevel"], "OFF", "execution logs hold bodies and headers");
        assert_eq!(setting["DataTraceEnabled"], false);
    }
}

#[test]
fn every_route_is_throttled_and_what_hashes_the_most() {
    let template = template();
    let parameters = section(&template, "Parameters");
    let default = |value: &Value| parameters[untagged(value).as_str().unwrap()]["Default"].as_u64().unwrap();
    let settings = template["Resources"]["Api"]["Properties"]["MethodSettings"].as_sequence().unwrap();
    let limits: BTreeMap<_, _> = settings
        .iter()
        .map(|setting| {
            let (rate, burst) = (&setting["ThrottlingRateLimit"], &setting["ThrottlingBurstLimit"]);
            (setting["ResourcePath"].as_str().unwrap(), (default(rate), default(burst)))
        })
        .collect();
    let all = limits["/*"];
    assert_eq!(limits.keys().copied().collect::<Vec<_>>(), ["/*", "/~1login", "/~1password"]);
    for path in ["/~1login", "/~1password"] {
        assert!(limits[path].0 < all.0 && limits[path].1 < all.1, "{path}");
    }
    let login = &template["Resources"]["LoginFunction"]["Properties"]["ReservedConcurrentExecutions"];
    assert_eq!(*where_it_is_there(login), "LoginConcurrency");
}

#[test]
fn every_alarm_goes_to_the_topic_and_is_explained_with_what_to_do() {
    let template = template();
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    let explained: BTreeSet<_> =
        OPERATIONS.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let mut suffixes = BTreeSet::new();
    for (name, alarm) in &alarms {
        let properties = &alarm["Properties"];
        let full_name = untagged(&properties["AlarmName"]).as_str().unwrap();
        suffixes.insert(full_name.strip_prefix("${AWS::StackName}-").unwrap());
        assert_eq!(*untagged(&where_it_is_there(&properties["AlarmActions"])[0]), "AlarmTopicArn", "{name}");
        assert_eq!(
            properties["TreatMissingData"], "notBreaching",
            "{name}: nothing happens, nothing is wrong"
        );
    }
    assert_eq!(suffixes, explained);
    let dashboard = dashboard(&template);
    let shown = dashboard["widgets"][0]["properties"]["alarms"].as_array().unwrap().clone();
    let shown: BTreeSet<_> = shown.iter().map(|arn| arn.as_str().unwrap().to_owned()).collect();
    assert_eq!(shown, alarms.keys().map(|name| format!("${{{name}.Arn}}")).collect());
}

/// The dashboard, with its references to resources as they stand in the template.
fn dashboard(template: &Value) -> Json {
    let body = &template["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    serde_json::from_str(untagged(body).as_str().unwrap()).unwrap()
}

/// The metrics of ours that an alarm or the dashboard asks for: name, and dimensions.
fn asked_for(template: &Value) -> Vec<(String, BTreeSet<String>)> {
    let mut found = Vec::new();
    for alarm in of_type(template, "AWS::CloudWatch::Alarm").values() {
        let properties = &alarm["Properties"];
        let queries = properties["Metrics"].as_sequence().into_iter().flatten();
        let metrics = queries.filter_map(|query| query["MetricStat"].get("Metric")).chain([properties]);
        for metric in metrics.filter(|metric| metric["Namespace"] == NAMESPACE) {
            let dimensions = metric["Dimensions"].as_sequence().unwrap().iter();
            let names = dimensions.map(|dimension| dimension["Name"].as_str().unwrap().to_owned());
            found.push((metric["MetricName"].as_str().unwrap().to_owned(), names.collect()));
        }
    }
    for widget in dashboard(template)["widgets"].as_array().unwrap() {
        let metrics = widget["properties"]["metrics"].as_array().into_iter().flatten();
        for metric in metrics.filter(|metric| metric[0] == NAMESPACE) {
            let texts: Vec<_> = metric.as_array().unwrap().iter().filter_map(Json::as_str).collect();
            let names = texts[2..].iter().step_by(2).map(|name| (*name).to_owned());
            found.push((texts[1].to_owned(), names.collect()));
        }
    }
    found
}

/// An alarm on a metric that nobody writes is silent for ever.
#[test]
fn every_metric_that_is_asked_for_is_one_that_the_functions_write() {
    let template = template();
    let written: Vec<_> = metrics()
        .into_iter()
        .flat_map(|metric| metric.dimensions.into_iter().map(move |names| (metric.name.clone(), names)))
        .map(|(name, names)| (name, names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>()))
        .collect();
    let of_access_log = &template["Resources"]["ThrottledRequests"]["Properties"]["MetricTransformations"][0];
    let of_access_log = of_access_log["MetricName"].as_str().unwrap();
    let asked_for = asked_for(&template);
    assert!(asked_for.len() > 30, "they were found");
    for (name, dimensions) in asked_for.iter().filter(|(name, _)| name != of_access_log) {
        assert!(written.contains(&(name.clone(), dimensions.clone())), "{name} by {dimensions:?}");
    }
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let stack = &function["Properties"]["Environment"]["Variables"]["STACK_NAME"];
        assert_eq!(*untagged(stack), "AWS::StackName", "{name}");
    }
}

/// A failure that no alarm counts is one that nobody hears of.
#[test]
fn the_alarm_of_failures_counts_those_of_every_function_that_is_waited_for() {
    let template = template();
    let queries = template["Resources"]["FailureAlarm"]["Properties"]["Metrics"].as_sequence().unwrap();
    let counted: BTreeSet<_> = queries
        .iter()
        .filter_map(|query| query["MetricStat"]["Metric"].get("MetricName")?.as_str())
        .filter(|name| name.ends_with("_failed"))
        .map(str::to_owned)
        .collect();
    let failures = metrics().into_iter().map(|metric| metric.name).filter(|name| name.ends_with("_failed"));
    // The rotation has an alarm of its own.
    assert_eq!(counted, failures.filter(|name| name != "keys_failed").collect());
}
