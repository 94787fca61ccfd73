//! The resources that send mails: they exist only if the operator names a sender, lose no mail, and take reports from SES
//! alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::translated::{Fact, Translated};

/// The condition of every resource that a stack without mails lacks.
const CONDITION: &str = "SendsMails";

/// The resources with that condition.
const RESOURCES: [&str; 12] = [
    "MailConfiguration",
    "MailEventDestination",
    "MailEvents",
    "MailEventsPolicy",
    "MailKey",
    "MailerFunction",
    "MailerFunctionEventInvokeConfig",
    "MailerFunctionOutbox",
    "MailerFunctionReports",
    "MailerFunctionReportsPermission",
    "MailerFunctionRole",
    "UnsentMails",
];

/// The time for which the function leases a mail, in seconds: `mails` has the same.
const LEASE: u64 = 60;

/// The facts of the stack.
pub(super) fn facts(stack: &Translated) -> [Fact; 7] {
    [
        ("what sends mails is there only if MailFrom is", are_optional(stack)),
        ("an open sign-up needs MailFrom", sign_up_needs_sender(stack)),
        ("the stream of mails has the keys alone", stream_has_keys(stack)),
        ("a mail is tried again for an hour, alone, and then goes to the queue", none_is_lost(stack)),
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

fn sign_up_needs_sender(stack: &Translated) -> bool {
    let rule = stack.rule("OpenSignUpSendsMails");
    rule["RuleCondition"] == json!({ "Fn::Equals": [{ "Ref": "SignUp" }, "open"] })
        && rule["Assertions"][0]["Assert"]
            == json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "MailFrom" }, ""] }] })
}

fn stream_has_keys(stack: &Translated) -> bool {
    let of = |table: &Value| table["Properties"]["StreamSpecification"].clone();
    let mut tables = stack.of_type("AWS::DynamoDB::Table");
    tables.all(|(name, table)| {
        let expected =
            if name == "MailsTable" { json!({ "StreamViewType": "KEYS_ONLY" }) } else { Value::Null };
        of(table) == expected
    })
}

fn none_is_lost(stack: &Translated) -> bool {
    let Ok((_, mapping)) = stack.only("AWS::Lambda::EventSourceMapping") else { return false };
    let mapping = &mapping["Properties"];
    let Some(queue) = stack.properties("UnsentMails", "AWS::SQS::Queue") else { return false };
    mapping["EventSourceArn"] == json!({ "Fn::GetAtt": ["MailsTable", "StreamArn"] })
        && mapping["StartingPosition"] == "TRIM_HORIZON"
        && mapping["BisectBatchOnFunctionError"] == true
        && mapping["FunctionResponseTypes"] == json!(["ReportBatchItemFailures"])
        && mapping["MaximumRetryAttempts"] == -1
        && mapping["MaximumRecordAgeInSeconds"] == 3600
        && mapping["DestinationConfig"]["OnFailure"]["Destination"]
            == json!({ "Fn::GetAtt": ["UnsentMails", "Arn"] })
        && queue["SqsManagedSseEnabled"] == true
        && stack.timeout("MailerFunction") <= LEASE
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
