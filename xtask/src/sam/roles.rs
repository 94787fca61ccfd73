//! The functions' roles as CloudFormation receives them: exactly these actions on these resources.
//!
//! The list stands here and isn't derived from the template. So a right that SAM or an edit adds has to be added here
//! too. `tests/permissions.rs` shows that the functions use all of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::translated::Translated;

/// Each function's rights to tables, secrets, mails and the function of a captcha: `Function: action Resource`.
const OWN: [&str; 136] = [
    "Accounts: dynamodb:DeleteItem ConsentsTable",
    "Accounts: dynamodb:DeleteItem CredentialsTable",
    "Accounts: dynamodb:DeleteItem SessionsTable",
    "Accounts: dynamodb:DeleteItem UsersTable",
    "Accounts: dynamodb:GetItem ClientsTable",
    "Accounts: dynamodb:GetItem CredentialsTable",
    "Accounts: dynamodb:GetItem MailsTable",
    "Accounts: dynamodb:GetItem SessionsTable",
    "Accounts: dynamodb:GetItem UsersTable",
    "Accounts: dynamodb:PutItem CredentialsTable",
    "Accounts: dynamodb:PutItem RevocationsTable",
    "Accounts: dynamodb:PutItem SessionsTable",
    "Accounts: dynamodb:PutItem UsersTable",
    "Accounts: dynamodb:Query ConsentsTable",
    "Accounts: dynamodb:Query SessionsTable",
    "Accounts: dynamodb:UpdateItem CredentialsTable",
    "Accounts: dynamodb:UpdateItem MailsTable",
    "Accounts: dynamodb:UpdateItem SessionsTable",
    "Accounts: dynamodb:UpdateItem UsersTable",
    "Accounts: if HasCaptcha: lambda:InvokeFunction function:${CaptchaFunction}",
    "Accounts: if SendsMails: secretsmanager:GetSecretValue MailKey",
    "Accounts: secretsmanager:GetSecretValue Keyset",
    "Authorize: dynamodb:DeleteItem ConsentsTable",
    "Authorize: dynamodb:DeleteItem CredentialsTable",
    "Authorize: dynamodb:DeleteItem SessionsTable",
    "Authorize: dynamodb:DeleteItem UsersTable",
    "Authorize: dynamodb:GetItem ClientsTable",
    "Authorize: dynamodb:GetItem ConsentsTable",
    "Authorize: dynamodb:GetItem CredentialsTable",
    "Authorize: dynamodb:GetItem MailsTable",
    "Authorize: dynamodb:GetItem SessionsTable",
    "Authorize: dynamodb:GetItem UsersTable",
    "Authorize: dynamodb:PutItem CodesTable",
    "Authorize: dynamodb:PutItem CredentialsTable",
    "Authorize: dynamodb:PutItem RevocationsTable",
    "Authorize: dynamodb:PutItem SessionsTable",
    "Authorize: dynamodb:PutItem UsersTable",
    "Authorize: dynamodb:Query ConsentsTable",
    "Authorize: dynamodb:Query SessionsTable",
    "Authorize: dynamodb:UpdateItem ConsentsTable",
    "Authorize: dynamodb:UpdateItem CredentialsTable",
    "Authorize: dynamodb:UpdateItem MailsTable",
    "Authorize: dynamodb:UpdateItem SessionsTable",
    "Authorize: dynamodb:UpdateItem UsersTable",
    "Authorize: if HasCaptcha: lambda:InvokeFunction function:${CaptchaFunction}",
    "Authorize: if SendsMails: secretsmanager:GetSecretValue MailKey",
    "Authorize: if TakesClientDocuments: dynamodb:UpdateItem ClientsTable of cimd_*",
    "Authorize: secretsmanager:GetSecretValue Keyset",
    "Authorizer: dynamodb:GetItem SessionsTable",
    "Authorizer: dynamodb:Query KeysTable",
    "Authorizer: dynamodb:Query RevocationsTable",
    "Authorizer: if StoresProofs: dynamodb:PutItem RevocationsTable",
    "Keys: dynamodb:ConditionCheckItem KeysTable",
    "Keys: dynamodb:GetItem KeysTable",
    "Keys: dynamodb:PutItem KeysTable",
    "Keys: dynamodb:Query KeysTable",
    "Keys: dynamodb:UpdateItem KeysTable",
    "Keys: secretsmanager:GetSecretValue Keyset",
    "Keys: secretsmanager:PutSecretValue Keyset",
    "Keys: secretsmanager:UpdateSecretVersionStage Keyset",
    "Login: dynamodb:DeleteItem SessionsTable",
    "Login: dynamodb:GetItem ClientsTable",
    "Login: dynamodb:GetItem CredentialsTable",
    "Login: dynamodb:GetItem UsersTable",
    "Login: dynamodb:PutItem RevocationsTable",
    "Login: dynamodb:PutItem SessionsTable",
    "Login: dynamodb:Query SessionsTable",
    "Login: dynamodb:UpdateItem CredentialsTable",
    "Login: dynamodb:UpdateItem SessionsTable",
    "Login: dynamodb:UpdateItem UsersTable writing user_id, notice, noticed_at, notice_network",
    "Login: secretsmanager:GetSecretValue Keyset",
    "Logout: dynamodb:DeleteItem SessionsTable",
    "Logout: dynamodb:GetItem ClientsTable",
    "Logout: dynamodb:PutItem RevocationsTable",
    "Logout: dynamodb:Query SessionsTable",
    "Logout: dynamodb:UpdateItem SessionsTable",
    "Logout: secretsmanager:GetSecretValue Keyset",
    "Mailer: dynamodb:DescribeStream MailsTable.StreamArn",
    "Mailer: dynamodb:DescribeStream RevocationsTable.StreamArn",
    "Mailer: dynamodb:DescribeStream UsersTable.StreamArn",
    "Mailer: dynamodb:GetItem CredentialsTable with user_id, username",
    "Mailer: dynamodb:GetItem MailsTable",
    "Mailer: dynamodb:GetItem UsersTable",
    "Mailer: dynamodb:GetRecords MailsTable.StreamArn",
    "Mailer: dynamodb:GetRecords RevocationsTable.StreamArn",
    "Mailer: dynamodb:GetRecords UsersTable.StreamArn",
    "Mailer: dynamodb:GetShardIterator MailsTable.StreamArn",
    "Mailer: dynamodb:GetShardIterator RevocationsTable.StreamArn",
    "Mailer: dynamodb:GetShardIterator UsersTable.StreamArn",
    "Mailer: dynamodb:ListStreams MailsTable.StreamArn",
    "Mailer: dynamodb:ListStreams RevocationsTable.StreamArn",
    "Mailer: dynamodb:ListStreams UsersTable.StreamArn",
    "Mailer: dynamodb:UpdateItem MailsTable",
    "Mailer: if TellsOfNewDevices: dynamodb:DescribeStream SessionsTable.StreamArn",
    "Mailer: if TellsOfNewDevices: dynamodb:GetRecords SessionsTable.StreamArn",
    "Mailer: if TellsOfNewDevices: dynamodb:GetShardIterator SessionsTable.StreamArn",
    "Mailer: if TellsOfNewDevices: dynamodb:ListStreams SessionsTable.StreamArn",
    "Mailer: if TellsOfNewDevices: dynamodb:Query SessionsTable with user_id, session_key, created_at, auth_time, user_agent",
    "Mailer: secretsmanager:GetSecretValue MailKey",
    "Mailer: ses:SendEmail configuration-set/${MailConfiguration} from MailFrom",
    "Mailer: ses:SendEmail identity/${Address} from MailFrom",
    "Mailer: ses:SendEmail identity/${Domain} from MailFrom",
    "Mailer: sqs:SendMessage UnsentMails",
    "Metadata: dynamodb:Query KeysTable",
    "Password: dynamodb:DeleteItem SessionsTable",
    "Password: dynamodb:GetItem ClientsTable",
    "Password: dynamodb:GetItem SessionsTable",
    "Password: dynamodb:GetItem UsersTable",
    "Password: dynamodb:PutItem RevocationsTable",
    "Password: dynamodb:PutItem SessionsTable",
    "Password: dynamodb:Query SessionsTable",
    "Password: dynamodb:UpdateItem CredentialsTable",
    "Password: dynamodb:UpdateItem SessionsTable",
    "Password: dynamodb:UpdateItem UsersTable",
    "Password: secretsmanager:GetSecretValue Keyset",
    "Refresh: dynamodb:DeleteItem SessionsTable",
    "Refresh: dynamodb:GetItem ClientsTable",
    "Refresh: dynamodb:GetItem UsersTable",
    "Refresh: dynamodb:PutItem RevocationsTable",
    "Refresh: dynamodb:UpdateItem SessionsTable",
    "Refresh: secretsmanager:GetSecretValue Keyset",
    "Sessions: dynamodb:DeleteItem SessionsTable",
    "Sessions: dynamodb:PutItem RevocationsTable",
    "Sessions: dynamodb:Query SessionsTable",
    "Sessions: dynamodb:UpdateItem SessionsTable",
    "Token: dynamodb:DeleteItem SessionsTable",
    "Token: dynamodb:GetItem ClientsTable",
    "Token: dynamodb:GetItem SessionsTable",
    "Token: dynamodb:GetItem UsersTable",
    "Token: dynamodb:PutItem RevocationsTable",
    "Token: dynamodb:PutItem SessionsTable",
    "Token: dynamodb:Query SessionsTable",
    "Token: dynamodb:UpdateItem CodesTable",
    "Token: dynamodb:UpdateItem SessionsTable",
    "Token: secretsmanager:GetSecretValue Keyset",
    "Userinfo: dynamodb:GetItem UsersTable",
];

/// Each function's rights to the key of [`KMS_KEY`], if there is one: `Function: action via service`.
const OF_KEY: [&str; 23] = [
    "Accounts: kms:Decrypt via dynamodb",
    "Accounts: kms:Decrypt via secretsmanager",
    "Authorize: kms:Decrypt via dynamodb",
    "Authorize: kms:Decrypt via secretsmanager",
    "Authorizer: kms:Decrypt via dynamodb",
    "Keys: kms:Decrypt via dynamodb",
    "Keys: kms:Decrypt via secretsmanager",
    "Keys: kms:GenerateDataKey via secretsmanager",
    "Login: kms:Decrypt via dynamodb",
    "Login: kms:Decrypt via secretsmanager",
    "Logout: kms:Decrypt via dynamodb",
    "Logout: kms:Decrypt via secretsmanager",
    "Mailer: kms:Decrypt via dynamodb",
    "Mailer: kms:Decrypt via secretsmanager",
    "Metadata: kms:Decrypt via dynamodb",
    "Password: kms:Decrypt via dynamodb",
    "Password: kms:Decrypt via secretsmanager",
    "Refresh: kms:Decrypt via dynamodb",
    "Refresh: kms:Decrypt via secretsmanager",
    "Sessions: kms:Decrypt via dynamodb",
    "Token: kms:Decrypt via dynamodb",
    "Token: kms:Decrypt via secretsmanager",
    "Userinfo: kms:Decrypt via dynamodb",
];
/// The parameter that names a key.
const KMS_KEY: &str = "KmsKeyArn";

/// The rights of every function.
const COMMON: [&str; 4] = [
    "if IsTraced: xray:PutTelemetryRecords *",
    "if IsTraced: xray:PutTraceSegments *",
    "logs:CreateLogStream FunctionLogs",
    "logs:PutLogEvents FunctionLogs",
];

/// The roles that don't belong to a function.
const OTHERS: [&str; 1] = ["ApiGatewayLogsRole"];

/// Whether each function has a separate role with exactly these rights, which only Lambda may assume. [`OTHERS`] are
/// the only other roles. Besides roles, IAM resources may only be managed policies.
pub(super) fn are_exact(stack: &Translated) -> bool {
    let of_key = OF_KEY.into_iter().map(|right| {
        let (right, service) = right.split_once(" via ").unwrap_or_default();
        let (function, action) = right.split_once(' ').unwrap_or_default();
        format!("{function} if HasKmsKey: {action} {KMS_KEY} via {service}")
    });
    let expected_own: BTreeSet<String> = OWN.into_iter().map(str::to_owned).chain(of_key).collect();
    let expected_common: BTreeSet<String> = COMMON.map(str::to_owned).into();
    let (mut own, mut roles) = (BTreeSet::new(), BTreeSet::new());
    for (function, resource) in stack.of_type("AWS::Lambda::Function") {
        let Some(rights) = Rights::of(stack, &resource["Properties"]["Role"]) else { return false };
        let name = function.trim_end_matches("Function");
        own.extend(rights.own.iter().map(|right| format!("{name}: {right}")));
        if rights.common != expected_common || !roles.insert(rights.role) {
            return false;
        }
    }
    let others = stack.of_type("AWS::IAM::Role").map(|(name, _)| name.to_owned());
    let others: BTreeSet<String> = others.filter(|name| !roles.contains(name)).collect();
    let kinds = stack.types().into_iter().filter(|kind| kind.starts_with("AWS::IAM::"));
    own == expected_own
        && others == OTHERS.map(str::to_owned).into()
        && kinds.collect::<Vec<_>>() == ["AWS::IAM::ManagedPolicy", "AWS::IAM::Role"]
}

/// Whether X-Ray is off by default, and every function and the API sample only when it is turned on.
pub(super) fn traces_are_off_by_default(stack: &Translated) -> bool {
    let mode = json!({ "Mode": { "Fn::If": ["SamplesTraces", "Active", "PassThrough"] } });
    let of_api = json!({ "Fn::If": ["SamplesTraces", true, false] });
    let is_off = |condition: &Value| {
        condition == &json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Tracing" }, "off"] }] })
    };
    stack.parameter("Tracing").is_some_and(|tracing| tracing["Default"] == "off")
        && stack.condition("IsTraced").is_some_and(is_off)
        && stack.condition("SamplesTraces")
            == Some(&json!({ "Fn::Equals": [{ "Ref": "Tracing" }, "Active"] }))
        && stack.of_type("AWS::Lambda::Function").all(|(_, f)| f["Properties"]["TracingConfig"] == mode)
        && stack.of_type("AWS::ApiGateway::Stage").all(|(_, s)| s["Properties"]["TracingEnabled"] == of_api)
}

/// The rights of a role.
struct Rights {
    role: String,
    own: BTreeSet<String>,
    common: BTreeSet<String>,
}

impl Rights {
    /// The rights of the referenced role. `None` if it has something that isn't understood, which might allow anything.
    fn of(stack: &Translated, reference: &Value) -> Option<Self> {
        let [role, "Arn"] = names(&reference["Fn::GetAtt"])?[..] else { return None };
        let properties = stack.properties(role, "AWS::IAM::Role")?;
        // A boundary grants nothing.
        let known =
            ["AssumeRolePolicyDocument", "ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies"];
        let is_known = properties.as_object()?.keys().all(|property| known.contains(&property.as_str()));
        if !is_known || !is_assumed_by_lambda_alone(&properties["AssumeRolePolicyDocument"]) {
            return None;
        }
        let mut own = BTreeSet::new();
        for policy in properties["Policies"].as_array()? {
            own.extend(rights(&policy["PolicyDocument"])?);
        }
        let mut common = BTreeSet::new();
        // A managed policy of AWS isn't in the template, so its rights are unknown.
        for policy in properties["ManagedPolicyArns"].as_array()? {
            let policy = stack.properties(policy["Ref"].as_str()?, "AWS::IAM::ManagedPolicy")?;
            common.extend(rights(&policy["PolicyDocument"])?);
        }
        Some(Self { role: role.to_owned(), own, common })
    }
}

fn is_assumed_by_lambda_alone(document: &Value) -> bool {
    let lambda = json!({ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" });
    document["Statement"] == json!([lambda])
}

/// Each action with its resource, prefixed by its condition.
fn rights(document: &Value) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for statement in document["Statement"].as_array()? {
        let (condition, statement) = match statement["Fn::If"].as_array().map(Vec::as_slice) {
            Some([condition, statement, other]) if *other == json!({ "Ref": "AWS::NoValue" }) => {
                (format!("if {}: ", condition.as_str()?), statement)
            }
            Some(_) => return None,
            None => (String::new(), statement),
        };
        let keys: Vec<&str> = statement.as_object()?.keys().map(String::as_str).collect();
        if statement["Effect"] != "Allow"
            || !keys.iter().all(|key| ["Action", "Condition", "Effect", "Resource"].contains(key))
        {
            return None;
        }
        let resource = resource(&statement["Resource"])?;
        let bounds = statement.get("Condition").map_or(Some(vec![String::new()]), bounds)?;
        for action in names(&statement["Action"])? {
            all.extend(bounds.iter().map(|bound| format!("{condition}{action} {resource}{bound}")));
        }
    }
    Some(all)
}

/// The condition's bounds, if it has no other part: the services of this region that may use a key, the keys of the
/// writable rows, the only readable or writable attributes, or the sender of mails.
fn bounds(condition: &Value) -> Option<Vec<String>> {
    if let Some(attributes) = condition.get("ForAllValues:StringEquals") {
        return attributes_of(condition, &attributes["dynamodb:Attributes"]);
    }
    let [(operator, keys)] = condition.as_object()?.iter().collect::<Vec<_>>()[..] else { return None };
    let [(key, values)] = keys.as_object()?.iter().collect::<Vec<_>>()[..] else { return None };
    if (operator.as_str(), key.as_str(), values) == ("StringEquals", "ses:FromAddress", &address_of_sender())
    {
        return Some(vec![" from MailFrom".to_owned()]);
    }
    let values = values.as_array().filter(|values| !values.is_empty())?.iter();
    let service = |value: &Value| {
        let name = value["Fn::Sub"].as_str()?.strip_suffix(".${AWS::Region}.*")?;
        Some(format!(" via {name}"))
    };
    match (operator.as_str(), key.as_str()) {
        ("StringLike", "kms:ViaService") => values.map(service).collect(),
        ("ForAllValues:StringLike", "dynamodb:LeadingKeys") => {
            values.map(|value| Some(format!(" of {}", value.as_str()?))).collect()
        }
        _ => None,
    }
}

/// The only attributes that may be read, or the only ones that an update may name. A read that names none would read
/// all, so it has to select. An update always names its key.
fn attributes_of(condition: &Value, attributes: &Value) -> Option<Vec<String>> {
    let written = json!({ "ForAllValues:StringEquals": { "dynamodb:Attributes": attributes } });
    let mut read = written.clone();
    read["StringEquals"] = json!({ "dynamodb:Select": "SPECIFIC_ATTRIBUTES" });
    let names = names(attributes)?.join(", ");
    if *condition == read {
        Some(vec![format!(" with {names}")])
    } else if *condition == written {
        Some(vec![format!(" writing {names}")])
    } else {
        None
    }
}

/// The only resource: the ARN of one in the stack, of a part of SES or of the captcha's function, or all.
fn resource(value: &Value) -> Option<String> {
    if let Some(attribute) = value.get("Fn::GetAtt") {
        return match names(attribute)?[..] {
            [name, "Arn"] => Some(name.to_owned()),
            [name, "StreamArn"] => Some(format!("{name}.StreamArn")),
            _ => None,
        };
    }
    if let Some(text) = value.get("Fn::Sub") {
        return of_captcha(text).or_else(|| of_ses(text));
    }
    value["Ref"].as_str().or_else(|| value.as_str()).map(str::to_owned)
}

/// The function of a captcha, in this account and region. A right to its name is none to another function's.
fn of_captcha(text: &Value) -> Option<String> {
    let name =
        text.as_str()?.strip_prefix("arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:")?;
    (name == "function:${CaptchaFunction}").then(|| name.to_owned())
}

/// What an ARN names in SES, in this account and region. Its own variables are the address and the domain of `MailFrom`.
fn of_ses(text: &Value) -> Option<String> {
    let arn = text.as_str().or_else(|| text[0].as_str())?;
    let name = arn.strip_prefix("arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:")?;
    let known = [
        ("configuration-set/${MailConfiguration}", Value::Null),
        ("identity/${Address}", json!({ "Address": address_of_sender() })),
        ("identity/${Domain}", json!({ "Domain": domain_of_sender() })),
    ];
    let variables = if text.is_array() { &text[1] } else { &Value::Null };
    known.iter().any(|(known, needed)| *known == name && needed == variables).then(|| name.to_owned())
}

/// The address in `MailFrom`, which may have a name before it.
fn address_of_sender() -> Value {
    part_of_sender("<", "${MailFrom}<${MailFrom}>")
}

/// The domain of that address.
fn domain_of_sender() -> Value {
    part_of_sender("@", "${MailFrom}@")
}

/// The text from the first `start` in this text to the next `>`.
fn part_of_sender(start: &str, text: &str) -> Value {
    let rest = json!({ "Fn::Select": [1, { "Fn::Split": [start, { "Fn::Sub": text }] }] });
    json!({ "Fn::Select": [0, { "Fn::Split": [">", rest] }] })
}

fn names(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stack with one function, which has this role.
    fn stack(role: &Value) -> Translated {
        let common = json!([
            { "Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": { "Fn::GetAtt": ["FunctionLogs", "Arn"] } },
            { "Fn::If": ["IsTraced", { "Effect": "Allow", "Action": ["xray:Put"], "Resource": "*" }, { "Ref": "AWS::NoValue" }] },
        ]);
        let resources = json!({
            "LoginFunctionRole": { "Type": "AWS::IAM::Role", "Properties": role },
            "Common": { "Type": "AWS::IAM::ManagedPolicy", "Properties": { "PolicyDocument": { "Statement": common } } },
        });
        Translated::parse("test", &json!({ "Resources": resources }).to_string()).unwrap()
    }

    fn role(statement: &Value, managed: &Value) -> Value {
        json!({
            "AssumeRolePolicyDocument": { "Statement": [
                { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
            ] },
            "ManagedPolicyArns": [managed],
            "Policies": [{ "PolicyDocument": { "Statement": [statement] } }],
        })
    }

    fn rights_of(role: &Value) -> Option<(Vec<String>, Vec<String>)> {
        let reference = json!({ "Fn::GetAtt": ["LoginFunctionRole", "Arn"] });
        let rights = Rights::of(&stack(role), &reference)?;
        Some((rights.own.into_iter().collect(), rights.common.into_iter().collect()))
    }

    #[test]
    fn a_role_has_its_own_rights_and_those_of_its_policies() {
        let read = json!({ "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": { "Fn::GetAtt": ["T", "Arn"] } });
        let (own, common) = rights_of(&role(&read, &json!({ "Ref": "Common" }))).unwrap();
        assert_eq!(own, ["dynamodb:GetItem T"]);
        assert_eq!(common, ["if IsTraced: xray:Put *", "logs:PutLogEvents FunctionLogs"]);
    }

    #[test]
    fn statements_that_might_allow_more_are_not_understood() {
        let read = json!({ "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": { "Ref": "T" } });
        let common = json!({ "Ref": "Common" });
        assert!(rights_of(&role(&read, &common)).is_some());
        let aws = json!("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
        assert!(rights_of(&role(&read, &aws)).is_none(), "a policy of AWS's");
        for (key, value) in
            [("NotAction", json!(["s3:*"])), ("Effect", json!("Deny")), ("Resource", json!(["a", "b"]))]
        {
            let mut other = read.clone();
            other[key] = value;
            assert!(rights_of(&role(&other, &common)).is_none(), "{key}");
        }
        for condition in [
            json!({}),
            json!({ "Bool": { "aws:SecureTransport": "true" } }),
            json!({ "StringLike": { "kms:ViaService": [] } }),
            json!({ "StringLike": { "kms:ViaService": ["*"] } }),
            json!({ "StringLike": { "kms:ViaService": [{ "Fn::Sub": "dynamodb.*" }] } }),
        ] {
            let mut other = read.clone();
            other["Condition"] = condition;
            assert!(rights_of(&role(&other, &common)).is_none(), "{other}");
        }
        let mut of_key = read.clone();
        of_key["Condition"] =
            json!({ "StringLike": { "kms:ViaService": [{ "Fn::Sub": "sqs.${AWS::Region}.*" }] } });
        assert_eq!(rights_of(&role(&of_key, &common)).unwrap().0, ["dynamodb:GetItem T via sqs"]);
        let mut of_rows = read.clone();
        of_rows["Condition"] = json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["a_*"] } });
        assert_eq!(rights_of(&role(&of_rows, &common)).unwrap().0, ["dynamodb:GetItem T of a_*"]);
        let mut of_attributes = read.clone();
        of_attributes["Condition"] =
            json!({ "ForAllValues:StringEquals": { "dynamodb:Attributes": ["a", "b"] } });
        assert_eq!(rights_of(&role(&of_attributes, &common)).unwrap().0, ["dynamodb:GetItem T writing a, b"]);
        let mut open = role(&read, &common);
        open["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = json!("*");
        assert!(rights_of(&open).is_none(), "anybody's");
    }
}
