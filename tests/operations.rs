//! The templates, as an operator sees them: parameters, throttling, logs, and what stays when a stack is deleted. The alarms are in
//! `alarms.rs`.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_yaml_ng::Value;

/// The templates of this project, by name.
const TEMPLATES: [(&str, &str); 3] = [
    ("template.yaml", include_str!("../template.yaml")),
    ("template-alarms.yaml", include_str!("../template-alarms.yaml")),
    ("template-http.yaml", include_str!("../template-http.yaml")),
];

/// All that API Gateway may write down of a request: nothing that a caller chose but the method, and no part that could
/// hold a token. The route is the template's, and not the path that was asked for.
const LOGGED: [&str; 11] = [
    "$context.authorizer.latency",
    "$context.error.responseType",
    "$context.extendedRequestId",
    "$context.httpMethod",
    "$context.identity.sourceIp",
    "$context.integrationLatency",
    "$context.requestTime",
    "$context.resourcePath",
    "$context.responseLatency",
    "$context.responseLength",
    "$context.status",
];

fn template() -> Value {
    template_called("template.yaml")
}

/// A template of this project, as YAML.
pub(crate) fn template_called(name: &str) -> Value {
    let (_, source) = TEMPLATES.into_iter().find(|(template, _)| *template == name).unwrap();
    serde_yaml_ng::from_str(source).unwrap()
}

pub(crate) fn section<'a>(template: &'a Value, name: &str) -> BTreeMap<&'a str, &'a Value> {
    let entries = template[name].as_mapping().unwrap().iter();
    entries.map(|(name, value)| (name.as_str().unwrap(), value)).collect()
}

pub(crate) fn of_type<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    section(template, "Resources").into_iter().filter(|(_, resource)| resource["Type"] == kind).collect()
}

/// The value below tags, which serde reads as values of their own.
pub(crate) fn untagged(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => untagged(&tagged.value),
        value => value,
    }
}

/// The one value of the alternatives of an `!If` that is not `!Ref AWS::NoValue`.
pub(crate) fn where_it_is_there(value: &Value) -> &Value {
    untagged(&untagged(value)[1])
}

#[test]
fn every_parameter_says_what_it_is_for_stands_in_a_group_and_is_checked() {
    for (file, _) in TEMPLATES {
        let template = template_called(file);
        let interface = &template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
        let groups = interface.as_sequence().unwrap().iter();
        let grouped: Vec<_> = groups.flat_map(|group| group["Parameters"].as_sequence().unwrap()).collect();
        let parameters = section(&template, "Parameters");
        assert_eq!(grouped.len(), parameters.len(), "{file}: each once");
        for (name, parameter) in parameters {
            assert!(grouped.iter().any(|grouped| *grouped == name), "{file}: {name} is in no group");
            assert!(says_what_it_is_for_and_is_checked(parameter), "{file}: {name}");
        }
    }
}

fn says_what_it_is_for_and_is_checked(parameter: &Value) -> bool {
    let is_described = parameter["Description"].as_str().is_some_and(|text| text.len() > 10);
    let is_range = parameter.get("MinValue").is_some() && parameter.get("MaxValue").is_some();
    let is_pattern = parameter
        .get("AllowedPattern")
        .and_then(Value::as_str)
        .is_some_and(|pattern| pattern.starts_with('^') && pattern.ends_with('$'));
    let says_what_is_allowed = !is_pattern || parameter.get("ConstraintDescription").is_some();
    let is_checked = is_range || is_pattern || parameter.get("AllowedValues").is_some();
    is_described && is_checked && says_what_is_allowed
}

#[test]
fn no_line_of_a_template_is_too_long_to_read() {
    for (file, source) in TEMPLATES {
        for (number, line) in source.lines().enumerate() {
            assert!(line.len() <= 160, "{file}, line {}", number + 1);
        }
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
fn every_route_is_throttled_and_login_no_lower_than_the_rest() {
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
        // It counts all callers together: whoever fills a low rate keeps everybody from logging in.
        assert!(limits[path].0 >= all.0 && limits[path].1 >= all.1, "{path}");
    }
    let login = &template["Resources"]["LoginFunction"]["Properties"]["ReservedConcurrentExecutions"];
    assert_eq!(*where_it_is_there(login), "LoginConcurrency");
}
