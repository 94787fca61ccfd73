//! template-alarms.yaml: every alarm is explained, watches a metric that is written, and imports only what template.yaml exports.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use serde_yaml_ng::Value;
use shared::log::NAMESPACE;

use crate::{
    harness::metrics,
    operations::{of_type, section, template_called, untagged, where_it_is_there},
};

const OPERATIONS: &str = include_str!("../docs/operations/operations.md");
/// The name of the main stack, as an import begins with it.
const STACK: &str = "${LatchgateStack}-";

fn alarms() -> Value {
    template_called("template-alarms.yaml")
}

#[test]
fn every_alarm_goes_to_the_topic_and_is_explained_with_what_to_do() {
    let template = alarms();
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    let explained: BTreeSet<_> =
        OPERATIONS.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let mut suffixes = BTreeSet::new();
    for (name, alarm) in &alarms {
        let properties = &alarm["Properties"];
        let full_name = untagged(&properties["AlarmName"]).as_str().unwrap();
        suffixes.insert(full_name.strip_prefix(STACK).unwrap());
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

/// A small deployment doesn't pay for alarms.
#[test]
fn the_main_stack_has_no_alarm_no_dashboard_and_no_metric_filter() {
    let template = template_called("template.yaml");
    for kind in ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Logs::MetricFilter"] {
        assert!(of_type(&template, kind).is_empty(), "{kind}");
        assert!(!of_type(&alarms(), kind).is_empty(), "{kind}");
    }
}

/// The dashboard, with its references as they stand in the template.
fn dashboard(template: &Value) -> Json {
    let body = &template["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    serde_json::from_str(untagged(body)[0].as_str().unwrap()).unwrap()
}

/// A metric that an alarm or the dashboard asks for: its name, and its dimensions with their values.
type Asked = (String, BTreeMap<String, String>);

/// The metrics of ours among them.
fn asked_for(template: &Value) -> Vec<Asked> {
    let mut found = Vec::new();
    for alarm in of_type(template, "AWS::CloudWatch::Alarm").values() {
        let properties = &alarm["Properties"];
        let queries = properties["Metrics"].as_sequence().into_iter().flatten();
        let metrics = queries.filter_map(|query| query["MetricStat"].get("Metric")).chain([properties]);
        for metric in metrics.filter(|metric| metric["Namespace"] == NAMESPACE) {
            let text = |value: &Value| untagged(value).as_str().unwrap().to_owned();
            let dimensions = metric["Dimensions"].as_sequence().unwrap().iter();
            let dimensions =
                dimensions.map(|dimension| (text(&dimension["Name"]), text(&dimension["Value"])));
            found.push((text(&metric["MetricName"]), dimensions.collect()));
        }
    }
    for widget in dashboard(template)["widgets"].as_array().unwrap() {
        let metrics = widget["properties"]["metrics"].as_array().into_iter().flatten();
        for metric in metrics.filter(|metric| metric[0] == NAMESPACE) {
            let texts: Vec<_> = metric.as_array().unwrap().iter().filter_map(Json::as_str).collect();
            let dimensions = texts[2..].chunks(2).map(|pair| {
                (pair[0].to_owned(), pair[1].trim_start_matches("${").trim_end_matches('}').to_owned())
            });
            found.push((texts[1].to_owned(), dimensions.collect()));
        }
    }
    found
}

/// An alarm on a metric that no function writes is silent for ever.
#[test]
fn every_metric_that_is_asked_for_is_one_that_the_functions_write() {
    let template = alarms();
    let written: Vec<_> = metrics()
        .into_iter()
        .flat_map(|metric| metric.dimensions.into_iter().map(move |names| (metric.name.clone(), names)))
        .map(|(name, names)| (name, names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>()))
        .collect();
    let of_access_log = &template["Resources"]["ThrottledRequests"]["Properties"]["MetricTransformations"][0];
    let of_access_log = of_access_log["MetricName"].as_str().unwrap();
    let asked_for = asked_for(&template);
    assert!(asked_for.len() > 30, "they were found");
    for (name, dimensions) in &asked_for {
        assert_eq!(dimensions["Stack"], "LatchgateStack", "{name} is of the main stack");
        let names = dimensions.keys().cloned().collect();
        assert!(
            name == of_access_log || written.contains(&(name.clone(), names)),
            "{name} by {dimensions:?}"
        );
    }
    let main = template_called("template.yaml");
    let stack = &main["Globals"]["Function"]["Environment"]["Variables"]["STACK_NAME"];
    assert_eq!(*untagged(stack), "AWS::StackName");
    for (name, function) in of_type(&main, "AWS::Serverless::Function") {
        let own = function["Properties"]["Environment"]["Variables"].get("STACK_NAME");
        assert_eq!(own, None, "{name} has one of its own");
    }
}

/// A failure that no alarm counts goes unnoticed.
#[test]
fn the_alarm_of_failures_counts_those_of_every_function_that_is_waited_for() {
    let template = alarms();
    let queries = template["Resources"]["FailureAlarm"]["Properties"]["Metrics"].as_sequence().unwrap();
    let counted: BTreeSet<_> = queries
        .iter()
        .filter_map(|query| query["MetricStat"]["Metric"].get("MetricName")?.as_str())
        .filter(|name| name.ends_with("_failed"))
        .map(str::to_owned)
        .collect();
    let failures = metrics().into_iter().map(|metric| metric.name).filter(|name| name.ends_with("_failed"));
    // The rotation has its own alarm.
    assert_eq!(counted, failures.filter(|name| name != "keys_failed").collect());
}

/// The names below a value that are imported, without that of the stack that exports them.
fn imports(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Mapping(entries) => {
            let imported = entries.get("Fn::ImportValue").map(|name| untagged(name).as_str().unwrap());
            let name = imported.map(|name| name.strip_prefix(STACK).unwrap().to_owned());
            name.into_iter().chain(entries.values().flat_map(imports)).collect()
        }
        Value::Sequence(values) => values.iter().flat_map(imports).collect(),
        Value::Tagged(tagged) => imports(&tagged.value),
        _ => BTreeSet::new(),
    }
}

/// The names that template.yaml exports, without that of the stack, and whether only under a condition.
fn exports() -> BTreeMap<String, bool> {
    let template = template_called("template.yaml");
    let outputs = section(&template, "Outputs").into_values();
    let exported = outputs.filter_map(|output| {
        let name = untagged(output.get("Export")?.get("Name")?).as_str()?;
        Some((name.strip_prefix("${AWS::StackName}-")?.to_owned(), output.get("Condition").is_some()))
    });
    exported.collect()
}

#[test]
fn the_main_stack_exports_whatever_the_templates_beside_it_import() {
    let exports = exports();
    for file in ["template-alarms.yaml", "template-http.yaml"] {
        let template = template_called(file);
        assert!(imports(&template).len() > 5, "{file}: they were found");
        for (name, resource) in section(&template, "Resources") {
            for import in imports(resource) {
                let is_conditional = exports.get(&import).unwrap_or_else(|| panic!("{name}: no {import}"));
                assert_eq!(*is_conditional, name == "ThrottledRequests", "{name}: {import}");
            }
        }
    }
    let filter = &alarms()["Resources"]["ThrottledRequests"];
    assert_eq!(filter["Condition"], "HasAccessLogs", "as the export has");
}

#[test]
fn throttled_invocations_of_every_function_are_an_alarm() {
    let main = template_called("template.yaml");
    let functions = of_type(&main, "AWS::Serverless::Function").into_keys();
    let arns = functions.map(|id| format!("{}Arn", id.strip_suffix("Function").unwrap()));
    let template = alarms();
    assert_eq!(imports(&template["Resources"]["FunctionThrottleAlarm"]), arns.collect());
}
