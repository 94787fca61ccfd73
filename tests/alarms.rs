//! template-alarms.yaml: every alarm is documented, watches a metric that a served API writes, and imports only names
//! that the other templates export.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use serde_yaml_ng::Value;
use shared::log::NAMESPACE;

use crate::{
    harness::metrics,
    operations::{of_type, section, template_called, untagged, where_it_is_there},
};

const OPERATIONS: &str = include_str!("../docs/operations/operations.md");
/// The prefixes of imports from the main stack and the HTTP API's stack, with the templates that export them.
const STACKS: [(&str, &str); 2] =
    [("${LatchgateStack}-", "template.yaml"), ("${HttpStack}-", "template-http.yaml")];
/// The main stack exports this only while functions write metrics.
const METRICS_NAMESPACE: &str = "MetricsNamespace";

fn alarms() -> Value {
    template_called("template-alarms.yaml")
}

/// The stack of the alarms, deployed with these parameters.
struct Deployed {
    template: Value,
    parameters: BTreeMap<&'static str, &'static str>,
}

impl Deployed {
    /// Every combination of parameters that the rules allow, with the resources that exist then besides the constant
    /// ones.
    fn all() -> [(Self, &'static [&'static str]); 7] {
        const REST: [&str; 3] = ["GatewayErrorAlarm", "RequestThrottleAlarm", "ThrottledRequests"];
        const HTTP: [&str; 3] =
            ["HttpGatewayErrorAlarm", "HttpRequestThrottleAlarm", "HttpThrottledRequests"];
        const BOTH: [&str; 6] = [REST[0], HTTP[0], REST[1], HTTP[1], REST[2], HTTP[2]];
        const MAILS: [&str; 3] = [REST[0], "MailFailureAlarm", "UnsentMailAlarm"];
        [
            (Self::with("", "one", "on"), &REST),
            (Self::with("", "one", "off"), &REST[..1]),
            (Self::with("latchgate-http", "one", "on"), &HTTP),
            (Self::with("latchgate-http", "one", "off"), &HTTP[..1]),
            (Self::with("latchgate-http", "both", "on"), &BOTH),
            (Self::with("latchgate-http", "both", "off"), &BOTH[..2]),
            (Self::with("", "one", "off").and_mails(), &MAILS),
        ]
    }

    fn with(http_stack: &'static str, watched: &'static str, logs: &'static str) -> Self {
        let parameters = [("HttpStack", http_stack), ("WatchedApis", watched), ("AccessLogs", logs)].into();
        Self { template: alarms(), parameters }
    }

    /// The same for a stack that sends mails.
    fn and_mails(mut self) -> Self {
        self.parameters.insert("Mails", "on");
        self
    }

    /// The stack of the alarms with everything that it can watch.
    fn whole() -> Self {
        Self::with("latchgate-http", "both", "on").and_mails()
    }

    fn resources(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let mut resources = of_type(&self.template, kind);
        resources.retain(|_, resource| {
            resource.get("Condition").is_none_or(|condition| self.holds(condition.as_str().unwrap()))
        });
        resources
    }

    fn holds(&self, condition: &str) -> bool {
        self.is_true(&self.template["Conditions"][condition])
    }

    fn is_true(&self, condition: &Value) -> bool {
        let Value::Tagged(tagged) = condition else { panic!("{condition:?}") };
        let all = || tagged.value.as_sequence().unwrap().iter();
        match tagged.tag.to_string().as_str() {
            "!Condition" => self.holds(tagged.value.as_str().unwrap()),
            "!Not" => !self.is_true(&tagged.value[0]),
            "!And" => all().all(|condition| self.is_true(condition)),
            "!Or" => all().any(|condition| self.is_true(condition)),
            "!Equals" => {
                let value = untagged(&tagged.value[0]).as_str().unwrap();
                // The other parameters only have to exist.
                let value = self.parameters.get(value).copied().unwrap_or_default();
                value == tagged.value[1].as_str().unwrap()
            }
            tag => panic!("{tag}"),
        }
    }

    /// The dashboard, with references outside its lists left as they are.
    fn dashboard(&self) -> Json {
        let body = untagged(&self.template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]);
        let mut text = body[0].as_str().unwrap().to_owned();
        for (name, part) in body[1].as_mapping().unwrap() {
            let Value::Tagged(part) = part else { continue };
            if part.tag != "If" {
                continue;
            }
            let part =
                if self.holds(part.value[0].as_str().unwrap()) { &part.value[1] } else { &part.value[2] };
            let part = untagged(part);
            let part = part.as_str().or_else(|| part[0].as_str()).unwrap();
            text = text.replace(&format!("${{{}}}", name.as_str().unwrap()), part);
        }
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{:?}: {error}", self.parameters))
    }
}

/// The suffix of the alarm's name, which the runbook explains.
fn suffix(alarm: &Value) -> &str {
    let name = untagged(&alarm["Properties"]["AlarmName"]).as_str().unwrap();
    STACKS.iter().find_map(|(stack, _)| name.strip_prefix(stack)).unwrap()
}

/// The number of metrics that the alarms watch with these parameters.
pub(crate) fn metrics_watched(http_stack: &'static str, watched: &'static str, logs: &'static str) -> usize {
    let deployed = Deployed::with(http_stack, watched, logs);
    let of_alarm = |alarm: &Value| {
        let queries = alarm["Properties"]["Metrics"].as_sequence();
        queries.map_or(1, |queries| queries.iter().filter(|query| query.get("MetricStat").is_some()).count())
    };
    deployed.resources("AWS::CloudWatch::Alarm").values().map(|alarm| of_alarm(alarm)).sum()
}

#[test]
fn every_alarm_goes_to_the_topic_and_is_explained_with_what_to_do() {
    let whole = Deployed::whole();
    let alarms = whole.resources("AWS::CloudWatch::Alarm");
    assert_eq!(alarms.len(), of_type(&whole.template, "AWS::CloudWatch::Alarm").len(), "all of them");
    for (name, alarm) in &alarms {
        let properties = &alarm["Properties"];
        assert_eq!(*untagged(&where_it_is_there(&properties["AlarmActions"])[0]), "AlarmTopicArn", "{name}");
        assert_eq!(
            properties["TreatMissingData"], "notBreaching",
            "{name}: nothing happens, nothing is wrong"
        );
    }
    let explained: BTreeSet<_> =
        OPERATIONS.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    assert_eq!(alarms.values().map(|alarm| suffix(alarm)).collect::<BTreeSet<_>>(), explained);
}

/// An alarm on a closed API, or on a log that isn't written, never fires.
#[test]
fn alarms_and_filters_exist_only_for_open_apis_and_written_logs() {
    for (deployed, expected) in Deployed::all() {
        let mut found: BTreeSet<_> = deployed.resources("AWS::CloudWatch::Alarm").into_keys().collect();
        found.extend(deployed.resources("AWS::Logs::MetricFilter").into_keys());
        found.retain(|name| deployed.template["Resources"][*name].get("Condition").is_some());
        assert_eq!(found, expected.iter().copied().collect(), "{:?}", deployed.parameters);
    }
}

#[test]
fn the_dashboard_shows_exactly_the_existing_alarms_and_apis() {
    for (deployed, expected) in Deployed::all() {
        let dashboard = deployed.dashboard();
        let shown = dashboard["widgets"][0]["properties"]["alarms"].as_array().unwrap();
        let shown: BTreeSet<_> = shown.iter().map(|arn| arn.as_str().unwrap().to_owned()).collect();
        let alarms = deployed.resources("AWS::CloudWatch::Alarm").into_keys();
        assert_eq!(shown, alarms.map(|name| format!("${{{name}.Arn}}")).collect());

        let widgets = dashboard["widgets"].as_array().unwrap();
        let answers =
            widgets.iter().find(|w| w["properties"]["title"] == "What API Gateway answers").unwrap();
        let metrics = answers["properties"]["metrics"].as_array().unwrap();
        let has = |words: [&str; 2]| {
            metrics
                .iter()
                .any(|metric| words.iter().all(|word| metric.as_array().unwrap().contains(&(*word).into())))
        };
        for (metric, watched) in [
            (["5XXError", "ApiName"], "GatewayErrorAlarm"),
            (["5xx", "ApiId"], "HttpGatewayErrorAlarm"),
            (["request_throttled", "${LatchgateStack}"], "ThrottledRequests"),
            (["request_throttled", "${HttpStack}"], "HttpThrottledRequests"),
        ] {
            assert_eq!(has(metric), expected.contains(&watched), "{metric:?}: {:?}", deployed.parameters);
        }
    }
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

/// A metric that an alarm or the dashboard reads: its name, and its dimensions with their values.
type Asked = (String, BTreeMap<String, String>);

/// Latchgate's metrics that the alarms and the dashboard read.
fn asked_for(deployed: &Deployed) -> Vec<Asked> {
    let mut found = Vec::new();
    for alarm in deployed.resources("AWS::CloudWatch::Alarm").values() {
        let properties = &alarm["Properties"];
        let queries = properties["Metrics"].as_sequence().into_iter().flatten();
        let metrics = queries.filter_map(|query| query["MetricStat"].get("Metric")).chain([properties]);
        let is_ours = |metric: &&Value| {
            metric["Namespace"] == NAMESPACE
                || imports(&metric["Namespace"], STACKS[0].0).contains(METRICS_NAMESPACE)
        };
        for metric in metrics.filter(is_ours) {
            let text = |value: &Value| untagged(value).as_str().unwrap().to_owned();
            let dimensions = metric["Dimensions"].as_sequence().unwrap().iter();
            let dimensions =
                dimensions.map(|dimension| (text(&dimension["Name"]), text(&dimension["Value"])));
            found.push((text(&metric["MetricName"]), dimensions.collect()));
        }
    }
    for widget in deployed.dashboard()["widgets"].as_array().unwrap() {
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

/// An alarm on a metric that no function writes never fires.
#[test]
fn every_queried_metric_is_written_by_the_functions() {
    let whole = Deployed::whole();
    let written: Vec<_> = metrics()
        .into_iter()
        .flat_map(|metric| metric.dimensions.into_iter().map(move |names| (metric.name.clone(), names)))
        .map(|(name, names)| (name, names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>()))
        .collect();
    let filters = whole.resources("AWS::Logs::MetricFilter");
    // Each line of an access log names the stack of its API.
    let counted: BTreeSet<_> = filters
        .values()
        .map(|filter| {
            let metric = &filter["Properties"]["MetricTransformations"][0];
            assert_eq!(
                (&metric["Dimensions"][0]["Key"], &metric["Dimensions"][0]["Value"]),
                (&"Stack".into(), &"$.stack".into())
            );
            let log = untagged(&filter["Properties"]["LogGroupName"]["Fn::ImportValue"]).as_str().unwrap();
            let stack = log.strip_prefix("${").unwrap().split_once('}').unwrap().0;
            (metric["MetricName"].as_str().unwrap(), stack)
        })
        .collect();
    let asked_for = asked_for(&whole);
    assert!(asked_for.len() > 30, "they were found");
    for (name, dimensions) in &asked_for {
        let stack = dimensions["Stack"].as_str();
        if !counted.contains(&(name.as_str(), stack)) {
            assert_eq!(stack, "LatchgateStack", "{name} is of the main stack");
            let names = dimensions.keys().cloned().collect();
            assert!(written.contains(&(name.clone(), names)), "{name} by {dimensions:?}");
        }
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
fn the_alarms_of_failures_count_every_function_that_callers_wait_for() {
    let template = alarms();
    let of_alarm = |name: &str| template["Resources"][name]["Properties"]["Metrics"].as_sequence().unwrap();
    let counted: BTreeSet<_> = ["FailureAlarm", "CodeFailureAlarm"]
        .into_iter()
        .flat_map(of_alarm)
        .filter_map(|query| query["MetricStat"]["Metric"].get("MetricName")?.as_str())
        .filter(|name| name.ends_with("_failed"))
        .map(str::to_owned)
        .collect();
    let failures = metrics().into_iter().map(|metric| metric.name).filter(|name| name.ends_with("_failed"));
    // The rotation and the mails have their own alarms.
    let others = ["keys_failed", "mailer_failed"];
    assert_eq!(counted, failures.filter(|name| !others.contains(&name.as_str())).collect());
}

/// CloudWatch's fixed limit: a deployment with more fails.
#[test]
fn an_alarm_watches_ten_metrics_at_the_most() {
    let template = alarms();
    let mut most = 0;
    for (name, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
        let queries = alarm["Properties"]["Metrics"].as_sequence().into_iter().flatten();
        let metrics = queries.filter(|query| query.get("MetricStat").is_some()).count();
        assert!(metrics <= 10, "{name}: {metrics}");
        most = most.max(metrics);
    }
    assert!(most > 1, "they were found");
}

/// A busy stack's total failure rate would hide a few requests that all fail.
#[test]
fn the_alarm_of_codes_compares_failures_with_the_requests_of_the_same_functions() {
    let template = alarms();
    let queries = template["Resources"]["CodeFailureAlarm"]["Properties"]["Metrics"].as_sequence().unwrap();
    let metrics: Vec<_> = queries.iter().filter_map(|query| query.get("MetricStat")).collect();
    let failing =
        metrics.iter().filter_map(|stat| stat["Metric"]["MetricName"].as_str()?.strip_suffix("_failed"));
    let counting = metrics.iter().filter(|stat| stat["Stat"] == "SampleCount");
    let counting = counting.map(|stat| stat["Metric"]["Dimensions"][0]["Value"].as_str().unwrap());
    assert_eq!(failing.collect::<Vec<_>>(), counting.collect::<Vec<_>>());
    let failures = "SUM(METRICS(\"f\"))";
    let expression = format!("IF({failures} >= 5, 100 * {failures} / SUM(METRICS(\"r\")), 0)");
    assert_eq!(queries[0]["Expression"].as_str(), Some(expression.as_str()));
}

/// Of a hundred allowed calls, one is sampled and counts for all. In a minute without a sampled call, a single failure
/// would be 100 %.
#[test]
fn the_alarm_of_failures_counts_no_minute_with_so_few_that_the_share_is_chance() {
    let template = alarms();
    let rate = &template["Resources"]["FailureAlarm"]["Properties"]["Metrics"][0];
    let least = 5;
    let failures = "SUM(METRICS(\"f\"))";
    let expression = format!("IF({failures} >= {least}, 100 * {failures} / requests, 0)");
    assert_eq!(rate["Expression"].as_str(), Some(expression.as_str()));
    let section = OPERATIONS.split("### `").find(|section| section.starts_with("error-rate`")).unwrap();
    assert!(section.contains(&format!("A minute with fewer than {least} failures doesn't count.")));
}

/// The names in a value that are imported from a stack, without the stack's name.
fn imports(value: &Value, stack: &str) -> BTreeSet<String> {
    match value {
        Value::Mapping(entries) => {
            let imported = entries.get("Fn::ImportValue").map(|name| untagged(name).as_str().unwrap());
            let name = imported.and_then(|name| Some(name.strip_prefix(stack)?.to_owned()));
            name.into_iter().chain(entries.values().flat_map(|value| imports(value, stack))).collect()
        }
        Value::Sequence(values) => values.iter().flat_map(|value| imports(value, stack)).collect(),
        Value::Tagged(tagged) => imports(&tagged.value, stack),
        _ => BTreeSet::new(),
    }
}

/// The names that a template exports, without the stack's name, and whether a condition applies.
fn exports(template: &Value) -> BTreeMap<String, bool> {
    let outputs = section(template, "Outputs").into_values();
    let exported = outputs.filter_map(|output| {
        let name = untagged(output.get("Export")?.get("Name")?).as_str()?;
        Some((name.strip_prefix("${AWS::StackName}-")?.to_owned(), output.get("Condition").is_some()))
    });
    exported.collect()
}

#[test]
fn a_stack_exports_every_value_that_the_other_templates_import() {
    for (file, stacks) in [("template-alarms.yaml", &STACKS[..]), ("template-http.yaml", &STACKS[..1])] {
        let template = template_called(file);
        for (stack, exporter) in stacks {
            let exports = exports(&template_called(exporter));
            let mut found = BTreeSet::new();
            for (name, resource) in section(&template, "Resources") {
                for import in imports(resource, stack) {
                    let is_conditional =
                        exports.get(&import).unwrap_or_else(|| panic!("{name}: no {import}"));
                    // A stack without an access log has no log name to export. Its reader exists only with the
                    // parameter that promises a log.
                    let reads_log = ["ThrottledRequests", "HttpThrottledRequests"].contains(&name);
                    // A stack that sends no mail has no mailer. The alarms on it exist only with a parameter, too.
                    let is_of_mails = ["MailerArn", "UnsentMailsName"].contains(&import.as_str());
                    let may_lack = reads_log || is_of_mails || import == METRICS_NAMESPACE;
                    assert_eq!(*is_conditional, may_lack, "{name}: {import}");
                    found.insert(import);
                }
            }
            assert!(found.len() > 1, "{file}: they were found");
        }
    }
    for (deployed, _) in Deployed::all() {
        let http_stack = STACKS[1].0;
        let there =
            ["AWS::CloudWatch::Alarm", "AWS::Logs::MetricFilter"].map(|kind| deployed.resources(kind));
        let needs_http =
            there.iter().flatten().any(|(_, resource)| !imports(resource, http_stack).is_empty());
        assert_eq!(
            needs_http,
            !deployed.parameters["HttpStack"].is_empty(),
            "an API that isn't there has no name"
        );
    }
}

/// So the alarms' stack can't be deployed while no metrics are written, and metrics can't be turned off while it
/// exists.
#[test]
fn the_alarms_import_an_output_that_exists_only_with_metrics() {
    let main = template_called("template.yaml");
    let output = &main["Outputs"][METRICS_NAMESPACE];
    assert_eq!((&output["Condition"], &output["Value"]), (&"HasMetrics".into(), &NAMESPACE.into()));
    let is_on = untagged(&main["Conditions"]["HasMetrics"]).as_sequence().unwrap();
    assert_eq!((untagged(&is_on[0]), &is_on[1]), (&"Metrics".into(), &"on".into()));
    let template = alarms();
    let theft = &template["Resources"]["TheftAlarm"];
    assert_eq!(theft.get("Condition"), None, "it is there whatever is set");
    assert!(imports(theft, STACKS[0].0).contains(METRICS_NAMESPACE));
}

#[test]
fn throttled_invocations_of_every_function_are_alarms() {
    let main = template_called("template.yaml");
    let functions = of_type(&main, "AWS::Serverless::Function").into_keys();
    let arns = functions.map(|id| format!("{}Arn", id.strip_suffix("Function").unwrap()));
    let template = alarms();
    let of_alarm = |name: &str| imports(&template["Resources"][name], STACKS[0].0);
    let (first, second) = (of_alarm("FunctionThrottleAlarm"), of_alarm("CodeThrottleAlarm"));
    let mails = of_alarm("MailFailureAlarm");
    assert!(first.is_disjoint(&second) && (&first | &second).is_disjoint(&mails));
    assert_eq!(&(&first | &second) | &mails, arns.collect());
}
