//! The templates from an operator's view: parameters, throttling, logs, and the resources that survive a stack's
//! deletion. `alarms.rs` tests the alarms.

use std::collections::{BTreeMap, BTreeSet};

use admin::{
    doctor::EXPECTED,
    stack::{TableState, mail_key_properties, secret_properties, table_properties},
};
use local::template::Template;
use serde_json::Value as Json;
use serde_yaml_ng::{Mapping, Value};

/// The templates of this project, by name.
const TEMPLATES: [(&str, &str); 3] = [
    ("template.yaml", include_str!("../template.yaml")),
    ("template-alarms.yaml", include_str!("../template-alarms.yaml")),
    ("template-http.yaml", include_str!("../template-http.yaml")),
];

/// The only fields of an access log. A caller chooses none of them except the method, and none can hold a token. The
/// route is the template's, not the requested path.
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

/// The value inside tags, which serde reads as separate values.
pub(crate) fn untagged(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => untagged(&tagged.value),
        value => value,
    }
}

/// The alternative of an `!If` that isn't `!Ref AWS::NoValue`.
pub(crate) fn where_it_is_there(value: &Value) -> &Value {
    untagged(&untagged(value)[1])
}

#[test]
fn every_parameter_has_a_description_a_group_and_a_check() {
    for (file, _) in TEMPLATES {
        let template = template_called(file);
        let interface = &template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
        let groups = interface.as_sequence().unwrap().iter();
        let grouped: Vec<_> = groups.flat_map(|group| group["Parameters"].as_sequence().unwrap()).collect();
        let parameters = section(&template, "Parameters");
        assert_eq!(grouped.len(), parameters.len(), "{file}: each once");
        for (name, parameter) in parameters {
            assert!(grouped.iter().any(|grouped| *grouped == name), "{file}: {name} is in no group");
            assert!(has_description_and_check(parameter), "{file}: {name}");
        }
    }
}

fn has_description_and_check(parameter: &Value) -> bool {
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
fn tables_secrets_and_logs_stay_when_the_stack_is_deleted() {
    let template = template();
    for kind in ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"] {
        let resources = of_type(&template, kind);
        assert!(!resources.is_empty(), "{kind}");
        for (name, resource) in resources {
            assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{name}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
        }
    }
}

/// After a failed first deployment, protected tables couldn't be deleted.
#[test]
fn tables_are_protected_by_a_parameter_that_is_off_at_first() {
    let template = template();
    let protection = &template["Parameters"]["TableProtection"];
    assert_eq!(protection["Default"], "off");
    assert_eq!(protection["AllowedValues"], serde_yaml_ng::from_str::<Value>(r#"["off", "on"]"#).unwrap());
    let condition = untagged(&template["Conditions"]["ProtectsTables"]).as_sequence().unwrap();
    assert_eq!(condition.iter().map(untagged).collect::<Vec<_>>(), ["TableProtection", "on"]);
    let tables = of_type(&template, "AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 9);
    for (name, table) in tables {
        let protected = untagged(&table["Properties"]["DeletionProtectionEnabled"]).as_sequence().unwrap();
        assert_eq!(*protected, [Value::from("ProtectsTables"), true.into(), false.into()], "{name}");
    }
}

/// `latchgate adopt` must import resources with the next deployment's exact definitions. A difference would be a
/// change, and a different `SecretString` would replace the keys.
#[test]
fn adopted_resources_are_defined_as_in_the_template() {
    // These properties keep the existing table's values. The deployment changes them safely or leaves them.
    let of_the_table = ["DeletionProtectionEnabled", "SSESpecification", "WarmThroughput", "Tags"];
    let plain = |properties: &Value, left_out: &[&str]| {
        let properties = properties.as_mapping().unwrap().iter();
        let properties = properties.filter(|(name, _)| !left_out.contains(&name.as_str().unwrap()));
        // As where the stack sends mails and tells of new devices.
        let chosen = |value: &Value| match value {
            Value::Tagged(_) => where_it_is_there(value).clone(),
            value => value.clone(),
        };
        let properties: Mapping = properties.map(|(name, value)| (name.clone(), chosen(value))).collect();
        serde_json::to_value(properties).unwrap()
    };
    let template = template();
    let tables = of_type(&template, "AWS::DynamoDB::Table");
    for expected in EXPECTED {
        let state = TableState {
            expires: true,
            is_recoverable: true,
            is_protected: true,
            streams: true,
            ..Default::default()
        };
        let mut imported = table_properties(&expected, &state);
        imported.as_object_mut().unwrap().remove("DeletionProtectionEnabled");
        let encryption = imported.as_object_mut().unwrap().remove("SSESpecification").unwrap();
        let properties = &tables[expected.id]["Properties"];
        // Without a customer-managed key.
        let defined = untagged(&properties["SSESpecification"])[2].as_mapping().unwrap();
        assert_eq!(encryption, serde_json::to_value(defined).unwrap(), "{}", expected.id);
        assert_eq!(imported, plain(properties, &of_the_table), "{}", expected.id);
    }
    let secrets = of_type(&template, "AWS::SecretsManager::Secret");
    assert_eq!(secret_properties(None), plain(&secrets["Keyset"]["Properties"], &["KmsKeyId"]));
    assert_eq!(mail_key_properties(None), plain(&secrets["MailKey"]["Properties"], &["KmsKeyId"]));
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
    let hashing = [
        "/~1account",
        "/~1account~1confirm",
        "/~1account~1delete",
        "/~1account~1email",
        "/~1account~1email~1confirm",
        "/~1account~1email~1undo",
        "/~1account~1forgot",
        "/~1account~1new",
        "/~1account~1reset",
        "/~1authorize",
        "/~1email",
        "/~1email~1confirm",
        "/~1email~1undo",
        "/~1forgot",
        "/~1login",
        "/~1password",
        "/~1resend",
        "/~1reset",
        "/~1signup",
        "/~1signup~1confirm",
    ];
    assert_eq!(
        limits.keys().copied().collect::<Vec<_>>(),
        ["/*"].into_iter().chain(hashing).collect::<Vec<_>>()
    );
    for path in hashing {
        // The rate covers all callers together, so an attacker who exhausts a low rate would lock everyone out.
        assert!(limits[path].0 >= all.0 && limits[path].1 >= all.1, "{path}");
    }
    for function in ["LoginFunction", "AuthorizeFunction"] {
        let reserved = &template["Resources"][function]["Properties"]["ReservedConcurrentExecutions"];
        assert_eq!(*where_it_is_there(reserved), "LoginConcurrency", "{function}");
    }
}

/// The parameters that a value uses, through references and conditions.
fn parameters_of(template: &Value, value: &Value) -> BTreeSet<String> {
    match value {
        Value::Mapping(entries) => {
            entries.values().flat_map(|value| parameters_of(template, value)).collect()
        }
        Value::Sequence(values) => values.iter().flat_map(|value| parameters_of(template, value)).collect(),
        Value::Tagged(tagged) => parameters_of(template, &tagged.value),
        Value::String(text) => {
            let in_braces = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
            let mut found = BTreeSet::new();
            for name in in_braces.chain([&**text]) {
                if template["Parameters"].get(name).is_some() {
                    found.insert(name.to_owned());
                } else if let Some(condition) = template["Conditions"].get(name) {
                    found.extend(parameters_of(template, condition));
                }
            }
            found
        }
        _ => BTreeSet::new(),
    }
}

/// CloudFormation can't change an export while another stack imports it.
#[test]
fn the_runbook_names_every_parameter_that_an_import_by_another_stack_holds() {
    let template = template();
    let mut held = Vec::new();
    for (name, output) in section(&template, "Outputs") {
        let parameters = parameters_of(&template, output);
        if output.get("Export").is_some() && !parameters.is_empty() {
            let parameters = parameters.iter().map(|parameter| format!("`{parameter}`"));
            let parameters: Vec<_> =
                parameters.filter(|parameter| *parameter != format!("`{name}`")).collect();
            held.push(if parameters.is_empty() {
                format!("`{name}`")
            } else {
                format!("`{name}` ({})", parameters.join(", "))
            });
        }
    }
    assert_eq!(held.len(), 7, "{held:?}");
    let page = include_str!("../docs/operations/updates.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = format!("while another stack imports it, and changes nothing then: {}.", held.join(", "));
    assert!(page.contains(&sentence), "{sentence}");
    assert_eq!(
        page.matches("at any time").count(),
        page.matches("at any time, if no other stack imports").count()
    );
}

/// Otherwise an update that was announced as ordinary would fail.
#[test]
fn the_page_of_updates_names_each_value_that_is_no_longer_accepted() {
    let template = Template::of_project().unwrap();
    let page = include_str!("../docs/operations/updates.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, page) = page.split_once("CloudFormation refuses some values that it took before").unwrap();
    let (page, _) = page.split_once("Change such a value").unwrap();
    let path = |start: &str, length: usize| format!("{start}{}", "a".repeat(length - start.len()));
    for (name, words, start) in [
        ("ScopeRules", "of more than 1950 characters", "GET /"),
        ("ContextClaims", "of more than 300", "a"),
        ("Issuer", "of more than 200", "https://example.com/"),
        ("AllowedOrigin", "of more than 128", "https://"),
        ("AllowedOrigins", "of more than 1150", "https://"),
        ("TrustStore", "of more than 100", "/"),
    ] {
        let most = words.split(' ').find_map(|word| word.parse().ok()).unwrap();
        assert!(template.check(name, &path(start, most)).is_ok(), "{name}: {most}");
        assert!(template.check(name, &path(start, most + 1)).is_err(), "{name}: {most}");
        let words = format!("`{name}` {words}");
        assert!(page.contains(&words), "{words}");
    }
    for name in ["ScopeRules", "ContextClaims", "Audience"] {
        for value in ["a\"b", "a\\b"] {
            assert!(template.check(name, value).is_err(), "{name}: {value}");
        }
    }
    assert!(page.contains(r#"a `"` or `\` in `ScopeRules`, `ContextClaims` or `Audience`"#));
    assert!(template.check("ContextClaims", "größe").is_err());
    assert!(page.contains("or with any that isn't ASCII"));
    assert!(["1", "9"].iter().all(|requests| template.check("WafRequests", requests).is_err()));
    assert!(["0", "10"].iter().all(|requests| template.check("WafRequests", requests).is_ok()));
    assert!(page.contains("`WafRequests` from 1 to 9"));
}
