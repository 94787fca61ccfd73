//! The resources that send mails: they exist only if the operator names a sender, lose no mail, and take reports from SES
//! alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::translated::{Fact, Translated};

/// The condition of every resource that a stack without mails lacks.
const CONDITION: &str = "SendsMails";
/// The condition of what tells users of new devices.
const NEW_DEVICES: &str = "TellsOfNewDevices";

/// The resources with the first condition.
const RESOURCES: [&str; 14] = [
    "MailConfiguration",
    "MailEventDestination",
    "MailEvents",
    "MailEventsPolicy",
    "MailKey",
    "MailerFunction",
    "MailerFunctionChangedUsers",
    "MailerFunctionEndedSessions",
    "MailerFunctionEventInvokeConfig",
    "MailerFunctionOutbox",
    "MailerFunctionReports",
    "MailerFunctionReportsPermission",
    "MailerFunctionRole",
    "UnsentMails",
];

/// The time for which the function leases a mail, in seconds: `mails` has the same.
const LEASE: u64 = 60;

/// The records of a stream that call the mailer: of the outbox and of sessions by their kind, and of the others those with
/// a notice.
const FILTERS: [(&str, &str, &str); 4] = [
    ("MailerFunctionOutbox", "MailsTable", OF_OUTBOX),
    ("MailerFunctionChangedUsers", "UsersTable", OF_NOTICES),
    ("MailerFunctionEndedSessions", "RevocationsTable", OF_NOTICES),
    ("MailerFunctionNewSessions", "SessionsTable", OF_SESSIONS),
];
const OF_OUTBOX: &str = r#"{ "eventName": ["INSERT", "MODIFY"] }"#;
const OF_NOTICES: &str = r#"{ "eventName": ["INSERT", "MODIFY"], "dynamodb": { "NewImage": { "notice": { "S": [{ "exists": true }] } } } }"#;
const OF_SESSIONS: &str = r#"{ "eventName": ["INSERT"] }"#;

/// The facts of the stack.
pub(super) fn facts(stack: &Translated) -> [Fact; 10] {
    [
        ("what sends mails is there only if MailFrom is", are_optional(stack)),
        (
            "an open sign-up needs MailFrom",
            needs_sender(
                stack,
                "OpenSignUpSendsMails",
                &json!({ "Fn::Equals": [{ "Ref": "SignUp" }, "open"] }),
            ),
        ),
        (
            "mails about new devices need MailFrom",
            needs_sender(
                stack,
                "NewDeviceMailsHaveSender",
                &json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "NewDeviceMails" }, "no"] }] }),
            ),
        ),
        ("a captcha needs a widget, and that a key and a function", captcha_is_whole(stack)),
        ("streams have the keys alone, but where a notice is in the row", streams_have_keys(stack)),
        ("a mail is tried again for a day, alone, and then goes to the queue", none_is_lost(stack)),
        ("what no mail is about calls no function", filters(stack) == FILTERS.into()),
        ("a report that can't be stored goes to the queue", reports_are_kept(stack)),
        ("SES reports bounces and complaints, and nobody else reports", reports_are_of_ses(stack)),
        ("CloudFormation makes the mails' key up", key_is_generated(stack)),
    ]
}

fn are_optional(stack: &Translated) -> bool {
    let of_condition = stack.resources().filter(|(_, resource)| resource["Condition"] == CONDITION);
    let has_sender = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "MailFrom" }, ""] }] });
    of_condition.map(|(name, _)| name).collect::<BTreeSet<_>>() == RESOURCES.into()
        && stack.condition(CONDITION) == Some(&has_sender)
        && stack.parameter("MailFrom").is_some_and(|sender| sender["Default"] == "")
        && stack.parameter("SignUp").is_some_and(|sign_up| sign_up["Default"] == "closed")
}

fn needs_sender(stack: &Translated, rule: &str, condition: &Value) -> bool {
    let rule = stack.rule(rule);
    rule["RuleCondition"] == *condition
        && rule["Assertions"][0]["Assert"]
            == json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "MailFrom" }, ""] }] })
}

/// The pages could ask for no mail without a widget, and a widget without a function would check nothing.
fn captcha_is_whole(stack: &Translated) -> bool {
    let differs = |parameter: &str, value: &str| json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, value] }] });
    let has_function = differs("CaptchaFunction", "");
    let has_widget = differs("CaptchaWidget", "none");
    let (of_function, of_widget) = (stack.rule("CaptchaHasWidget"), stack.rule("WidgetHasKeyAndFunction"));
    of_function["RuleCondition"] == has_function
        && of_function["Assertions"][0]["Assert"] == has_widget
        && of_widget["RuleCondition"] == has_widget
        && of_widget["Assertions"][0]["Assert"] == differs("CaptchaSiteKey", "")
        && of_widget["Assertions"][1]["Assert"] == has_function
        && stack.condition("HasCaptcha") == Some(&has_function)
}

fn streams_have_keys(stack: &Translated) -> bool {
    let if_wanted = |condition: &str, view: &str| json!({ "Fn::If": [condition, { "StreamViewType": view }, { "Ref": "AWS::NoValue" }] });
    let mut tables = stack.of_type("AWS::DynamoDB::Table");
    tables.all(|(name, table)| {
        let expected = match name {
            "MailsTable" => json!({ "StreamViewType": "KEYS_ONLY" }),
            "UsersTable" | "RevocationsTable" => if_wanted(CONDITION, "NEW_IMAGE"),
            "SessionsTable" => if_wanted(NEW_DEVICES, "KEYS_ONLY"),
            _ => Value::Null,
        };
        table["Properties"]["StreamSpecification"] == expected
    })
}

fn none_is_lost(stack: &Translated) -> bool {
    let Some(queue) = stack.properties("UnsentMails", "AWS::SQS::Queue") else { return false };
    let mut mappings = stack.of_type("AWS::Lambda::EventSourceMapping");
    mappings.all(|(name, mapping)| {
        let (condition, mapping) = (&mapping["Condition"], &mapping["Properties"]);
        // A session that began before there were such mails is no news.
        let (expected, start) = match name {
            "MailerFunctionNewSessions" => (NEW_DEVICES, "LATEST"),
            _ => (CONDITION, "TRIM_HORIZON"),
        };
        condition == expected
            && mapping["FunctionName"] == json!({ "Ref": "MailerFunction" })
            && mapping["StartingPosition"] == start
            && mapping["BisectBatchOnFunctionError"] == true
            && mapping["FunctionResponseTypes"] == json!(["ReportBatchItemFailures"])
            && mapping["MaximumRetryAttempts"] == -1
            && mapping["MaximumRecordAgeInSeconds"] == 86_400
            && mapping["DestinationConfig"]["OnFailure"]["Destination"]
                == json!({ "Fn::GetAtt": ["UnsentMails", "Arn"] })
    }) && queue["SqsManagedSseEnabled"] == true
        && stack.timeout("MailerFunction") <= LEASE
}

/// Each mapping with its table and its only filter.
fn filters(stack: &Translated) -> BTreeSet<(&str, &str, &str)> {
    let mut found = BTreeSet::new();
    for (name, mapping) in stack.of_type("AWS::Lambda::EventSourceMapping") {
        let mapping = &mapping["Properties"];
        let filters = mapping["FilterCriteria"]["Filters"].as_array();
        let filter =
            filters.filter(|filters| filters.len() == 1).and_then(|filters| filters[0]["Pattern"].as_str());
        let table = mapping["EventSourceArn"]["Fn::GetAtt"][0].as_str();
        found.insert((name, table.unwrap_or_default(), filter.unwrap_or_default()));
    }
    found
}

fn reports_are_kept(stack: &Translated) -> bool {
    let Ok((_, invocations)) = stack.only("AWS::Lambda::EventInvokeConfig") else { return false };
    let invocations = &invocations["Properties"];
    invocations["FunctionName"] == json!({ "Ref": "MailerFunction" })
        && invocations["Qualifier"] == "$LATEST"
        && invocations["DestinationConfig"]["OnFailure"]["Destination"]
            == json!({ "Fn::GetAtt": ["UnsentMails", "Arn"] })
}

fn reports_are_of_ses(stack: &Translated) -> bool {
    let Ok((_, destination)) = stack.only("AWS::SES::ConfigurationSetEventDestination") else { return false };
    let Ok((_, policy)) = stack.only("AWS::SNS::TopicPolicy") else { return false };
    let set =
        "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${MailConfiguration}";
    let from =
        json!({ "aws:SourceAccount": { "Ref": "AWS::AccountId" }, "aws:SourceArn": { "Fn::Sub": set } });
    let statement = json!([{
        "Effect": "Allow",
        "Principal": { "Service": "ses.amazonaws.com" },
        "Action": "sns:Publish",
        "Resource": { "Ref": "MailEvents" },
        "Condition": { "StringEquals": from },
    }]);
    destination["Properties"]["EventDestination"]["MatchingEventTypes"] == json!(["BOUNCE", "COMPLAINT"])
        && policy["Properties"]["PolicyDocument"]["Statement"] == statement
}

fn key_is_generated(stack: &Translated) -> bool {
    let key = stack.properties("MailKey", "AWS::SecretsManager::Secret");
    key.is_some_and(|key| {
        key["GenerateSecretString"] == json!({ "PasswordLength": 64, "ExcludePunctuation": true })
            && key.get("SecretString").is_none()
    })
}
