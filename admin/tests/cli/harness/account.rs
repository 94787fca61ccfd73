//! An AWS account: CloudFormation, Secrets Manager and CloudWatch Logs as far as `destroy` and `adopt` need
//! them, over HTTP for the real SDK, and DynamoDB, which is the engine with AWS's ARNs and with backups.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command};

use super::{ACCESS_KEY_ID, Deployed};

/// The types of resources that the templates make CloudFormation retain.
const LEFT: [&str; 4] =
    ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup", "AWS::IAM::Role"];
pub(crate) const KEYSET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:Keyset-abc";
pub(crate) const MAIL_KEY: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:MailKey-abc";
/// The number of resources on a page of a list.
const PAGE: usize = 4;

/// An account, with its address.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) endpoint: String,
    engine: String,
    world: Arc<Mutex<World>>,
}

/// The contents of the account.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) stacks: Vec<Stack>,
    /// Each secret, and whether its deletion is scheduled.
    pub(crate) secrets: BTreeMap<String, bool>,
    pub(crate) log_groups: BTreeSet<String>,
    pub(crate) backups: Vec<String>,
    /// The KMS keys of tables that have one.
    pub(crate) keys: BTreeMap<String, String>,
    /// What the streams of tables contain, for those that have one.
    pub(crate) streams: BTreeMap<String, &'static str>,
    /// The operations that were requested, with their objects.
    pub(crate) calls: Vec<String>,
    /// The error codes for the next calls of an operation, or of one on an object.
    pub(crate) refusals: BTreeMap<String, Vec<&'static str>>,
    /// The templates of change sets.
    pub(crate) templates: Vec<Value>,
    /// Whether the next import fails already when it is examined, and why.
    pub(crate) import_fails: Option<(bool, &'static str)>,
    import: Vec<Resource>,
}

#[derive(Clone, Default)]
pub(crate) struct Stack {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) description: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) imports: Vec<String>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) is_guarded: bool,
    /// Why CloudFormation can't delete it on the next attempt.
    pub(crate) fails: Option<&'static str>,
    /// How often it is described until its running operation ends.
    waits: u32,
}

#[derive(Clone, Default)]
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) status: String,
    reason: String,
}

impl Resource {
    fn new(id: &str, kind: &str, name: &str) -> Self {
        let (id, kind, name) = (id.to_owned(), kind.to_owned(), name.to_owned());
        Self { id, kind, name, status: "CREATE_COMPLETE".to_owned(), reason: String::new() }
    }
}

impl Stack {
    pub(crate) fn new(name: &str, number: usize, description: &str) -> Self {
        let id = format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/{number}");
        let (name, description) = (name.to_owned(), description.to_owned());
        Self { id, name, description, status: "CREATE_COMPLETE".to_owned(), ..Self::default() }
    }

    pub(crate) fn with(mut self, id: &str, kind: &str, name: &str) -> Self {
        self.resources.push(Resource::new(id, kind, name));
        self
    }

    pub(crate) fn importing(mut self, stack: &str, output: &str) -> Self {
        self.imports.push(format!("{stack}-{output}"));
        self.parameters.insert("LatchgateStack".to_owned(), stack.to_owned());
        self
    }

    /// Ends the deletion.
    pub(crate) fn end(&mut self) {
        if let Some(reason) = self.fails.take() {
            self.status = "DELETE_FAILED".into();
            let resource = self.resources.last_mut().unwrap();
            (resource.status, resource.reason) = ("DELETE_FAILED".to_owned(), reason.to_owned());
            return;
        }
        self.status = "DELETE_COMPLETE".into();
        for resource in &mut self.resources {
            let is_left = LEFT.contains(&resource.kind.as_str());
            resource.status = if is_left { "DELETE_SKIPPED" } else { "DELETE_COMPLETE" }.into();
        }
    }

    fn is_there(&self) -> bool {
        self.status != "DELETE_COMPLETE"
    }
}

impl Account {
    /// An account with a stack called `latchgate-prod` over these tables.
    pub(crate) async fn with(deployed: &Deployed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let account = Self { endpoint, engine: deployed.endpoint.clone(), world: Arc::default() };
        let router = Router::new().fallback(answer).with_state(account.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut stack = Stack::new("latchgate-prod", 1, "Latchgate - login, refresh and logout");
        for (id, _) in super::TABLES {
            stack = stack.with(id, LEFT[0], deployed.table(id));
            stack.outputs.insert(format!("{id}Name"), deployed.table(id).to_owned());
        }
        stack = stack
            .with("Keyset", LEFT[1], KEYSET)
            .with("MailKey", LEFT[1], MAIL_KEY)
            .with("FunctionLogs", LEFT[2], "latchgate-prod-FunctionLogs-1")
            .with("AccessLog", LEFT[2], "latchgate-prod-AccessLog-1")
            .with("ApiGatewayLogsRole", LEFT[3], "latchgate-prod-role")
            .with("LoginFunction", "AWS::Lambda::Function", "latchgate-prod-LoginFunction");
        stack.outputs.insert("KeysetArn".to_owned(), KEYSET.to_owned());
        stack.outputs.insert("ApiUrl".to_owned(), "http://127.0.0.1:9".to_owned());
        for (name, value) in [("Issuer", "https://login.example.com"), ("ScopeRules", "GET /a read")] {
            stack.parameters.insert(name.to_owned(), value.to_owned());
        }
        {
            let mut world = account.world();
            world.secrets = [KEYSET, MAIL_KEY].map(|secret| (secret.to_owned(), false)).into();
            world.streams.insert(deployed.table("MailsTable").to_owned(), "KEYS_ONLY");
            world.log_groups =
                ["FunctionLogs", "AccessLog"].map(|id| format!("latchgate-prod-{id}-1")).into();
            // Another stack's log group, whose name begins in the same way.
            world.log_groups.insert("latchgate-prod-AccessLog-12".to_owned());
            world.stacks.push(stack);
        }
        account
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// The program with this account's credentials, and without the tester's own.
    pub(crate) fn command(&self, deployed: &Deployed, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchgate"));
        command.env_clear().env("LATCHGATE_OUTPUT", "json").env("XDG_STATE_HOME", &deployed.folder);
        command.env("AWS_ENDPOINT_URL", &self.endpoint).env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID).env("AWS_SECRET_ACCESS_KEY", "nobodys-secret-key");
        command.args(arguments);
        command
    }

    /// The operations that changed something, since the last call.
    pub(crate) fn take_changes(&self) -> Vec<String> {
        let calls = std::mem::take(&mut self.world().calls);
        let is_change = |call: &String| !["Describe", "List"].iter().any(|read| call.starts_with(read));
        calls.into_iter().filter(is_change).collect()
    }

    async fn dynamodb(&self, operation: &str, headers: &HeaderMap, body: &Value) -> (StatusCode, String) {
        let table = body["TableName"].as_str().unwrap_or_default();
        let arn = format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{table}");
        let answer = match operation {
            "DescribeContinuousBackups" => json!({ "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "ENABLED" },
            } }),
            "CreateBackup" => {
                self.world().backups.push(table.to_owned());
                json!({ "BackupDetails": backup(&format!("{arn}/backup/1"), "CREATING") })
            }
            "DescribeBackup" => {
                let backup = backup(body["BackupArn"].as_str().unwrap(), "AVAILABLE");
                json!({ "BackupDescription": { "BackupDetails": backup } })
            }
            _ => {
                let mut request = reqwest::Client::new().post(&self.engine).body(body.to_string());
                for name in ["x-amz-target", "authorization", "content-type"] {
                    request = request.header(name, headers[name].to_str().unwrap());
                }
                let reply = request.send().await.unwrap();
                let (status, mut answer) = (reply.status().as_u16(), reply.json::<Value>().await.unwrap());
                if operation == "DescribeTable" && status == 200 {
                    answer["Table"]["TableArn"] = arn.into();
                    if let Some(view) = self.world().streams.get(table) {
                        answer["Table"]["StreamSpecification"] =
                            json!({ "StreamEnabled": true, "StreamViewType": view });
                    }
                    if let Some(key) = self.world().keys.get(table) {
                        answer["Table"]["SSEDescription"] =
                            json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key });
                    }
                }
                return (StatusCode::from_u16(status).unwrap(), answer.to_string());
            }
        };
        (StatusCode::OK, answer.to_string())
    }

    /// Whether a resource to be imported exists.
    async fn is_there(&self, kind: &str, name: &str) -> bool {
        match kind {
            "AWS::SecretsManager::Secret" => self.world().secrets.get(name) == Some(&false),
            "AWS::Logs::LogGroup" => self.world().log_groups.contains(name),
            _ => {
                let config = local::engine::config(&self.engine, ACCESS_KEY_ID);
                let engine = aws_sdk_dynamodb::Client::new(&config);
                engine.describe_table().table_name(name).send().await.is_ok()
            }
        }
    }
}

fn backup(arn: &str, status: &str) -> Value {
    json!({ "BackupArn": arn, "BackupName": "x", "BackupStatus": status, "BackupType": "USER",
        "BackupCreationDateTime": 1_790_000_000 })
}

async fn answer(State(account): State<Account>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let Some(target) = headers.get("x-amz-target") else { return account.cloudformation(&form(&text)).await };
    let (service, operation) = target.to_str().unwrap().split_once('.').unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    let about = ["TableName", "SecretId", "logGroupName", "BackupArn"].iter().find_map(|n| body[*n].as_str());
    if let Some(code) = account.world().refusal(operation, about.unwrap_or_default()) {
        let body = json!({ "__type": code, "message": "as the test has it" });
        return (StatusCode::BAD_REQUEST, body.to_string());
    }
    if service.starts_with("DynamoDB") {
        return account.dynamodb(operation, &headers, &body).await;
    }
    match account.world().carry_out(operation, &body) {
        Ok(answer) => (StatusCode::OK, answer.to_string()),
        Err(code) => (StatusCode::BAD_REQUEST, json!({ "__type": code, "message": "no" }).to_string()),
    }
}

impl World {
    pub(crate) fn stack(&mut self, name: &str) -> &mut Stack {
        self.stacks.iter_mut().rev().find(|stack| stack.name == name).unwrap()
    }

    /// Records the call, and returns the error code if it is refused.
    fn refusal(&mut self, operation: &str, about: &str) -> Option<&'static str> {
        self.calls.push(format!("{operation} {about}"));
        let both = format!("{operation} {about}");
        let codes = [operation, &both].into_iter().find(|key| self.refusals.contains_key(*key))?;
        self.refusals.get_mut(codes)?.pop()
    }

    fn carry_out(&mut self, operation: &str, input: &Value) -> Result<Value, &'static str> {
        let secret = || input["SecretId"].as_str().unwrap().to_owned();
        match operation {
            // The tests don't read the keys.
            "GetSecretValue" => Err("AccessDeniedException"),
            "DescribeSecret" => match self.secrets.get(&secret()) {
                Some(true) => Ok(json!({ "ARN": secret(), "DeletedDate": 1_790_000_000 })),
                Some(false) => Ok(json!({ "ARN": secret() })),
                None => Err("ResourceNotFoundException"),
            },
            "DeleteSecret" => {
                assert_eq!(input["RecoveryWindowInDays"], 30);
                self.secrets.insert(secret(), true).map(|_| json!({})).ok_or("ResourceNotFoundException")
            }
            "RestoreSecret" => {
                self.secrets.insert(secret(), false).map(|_| json!({})).ok_or("ResourceNotFoundException")
            }
            "DescribeLogGroups" => {
                let prefix = input["logGroupNamePrefix"].as_str().unwrap();
                let groups = self.log_groups.iter().filter(|name| name.starts_with(prefix));
                let groups: Vec<_> = groups
                    .map(|name| json!({ "logGroupName": name, "storedBytes": 5, "retentionInDays": 90 }))
                    .collect();
                Ok(json!({ "logGroups": groups }))
            }
            "DeleteLogGroup" => {
                let is_there = self.log_groups.remove(input["logGroupName"].as_str().unwrap());
                if is_there { Ok(json!({})) } else { Err("ResourceNotFoundException") }
            }
            other => panic!("the account has no {other}"),
        }
    }
}

/// The parameters of a form.
fn form(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                byte => byte,
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

type Xml = Result<String, (&'static str, String)>;

impl Account {
    async fn cloudformation(&self, form: &BTreeMap<String, String>) -> (StatusCode, String) {
        let operation = form["Action"].as_str();
        let about = ["StackName", "ExportName", "PhysicalResourceId"].iter().find_map(|name| form.get(*name));
        let about = about.cloned().unwrap_or_default();
        let refusal = self.world().refusal(operation, &about);
        let result: Xml = match refusal {
            Some(code) => Err((code, "as the test has it".to_owned())),
            None if operation == "CreateChangeSet" => self.create_change_set(form).await,
            None => self.world().cloudformation(operation, &about, form),
        };
        match result {
            Ok(xml) => {
                let body = format!(
                    "<{operation}Response><{operation}Result>{xml}</{operation}Result></{operation}Response>"
                );
                (StatusCode::OK, body)
            }
            Err((code, message)) => {
                let error = format!(
                    "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                );
                (StatusCode::BAD_REQUEST, format!("<ErrorResponse>{error}</ErrorResponse>"))
            }
        }
    }

    /// Examines an import as CloudFormation does: it names existing resources, each once, with a policy, and
    /// has no outputs.
    async fn create_change_set(&self, form: &BTreeMap<String, String>) -> Xml {
        assert_eq!(form["ChangeSetType"], "IMPORT");
        let template: Value = serde_json::from_str(&form["TemplateBody"]).unwrap();
        assert!(template.get("Outputs").is_none() && template.get("Transform").is_none());
        let mut import = Vec::new();
        for number in 1.. {
            let of = |name: &str| form.get(&format!("ResourcesToImport.member.{number}.{name}")).cloned();
            let Some(id) = of("LogicalResourceId") else { break };
            let (kind, name) = (of("ResourceType").unwrap(), of("ResourceIdentifier.entry.1.value").unwrap());
            let key = of("ResourceIdentifier.entry.1.key").unwrap();
            let expected = ["TableName", "Id", "LogGroupName"];
            assert_eq!(key, expected[LEFT.iter().position(|left| *left == kind).unwrap()]);
            let definition = &template["Resources"][&id];
            assert_eq!(
                (&definition["Type"], &definition["DeletionPolicy"]),
                (&json!(kind), &json!("Retain"))
            );
            assert!(self.is_there(&kind, &name).await, "{name}");
            let mut resource = Resource::new(&id, &kind, &name);
            resource.status = "IMPORT_COMPLETE".into();
            import.push(resource);
        }
        assert_eq!(template["Resources"].as_object().unwrap().len(), import.len());
        let (name, mut world) = (&form["StackName"], self.world());
        let present = world.stacks.iter().position(|stack| stack.name == *name && stack.is_there());
        let at = present.unwrap_or_else(|| {
            let number = world.stacks.len() + 1;
            let mut stack = Stack::new(name, number, template["Description"].as_str().unwrap());
            stack.status = "REVIEW_IN_PROGRESS".into();
            world.stacks.push(stack);
            number - 1
        });
        if world.stacks[at].status != "REVIEW_IN_PROGRESS" {
            return Err(("ValidationError", "Stack exists".to_owned()));
        }
        world.import = import;
        world.templates.push(template);
        world.stacks[at].waits = 1;
        let id = world.stacks[at].id.clone();
        Ok(format!(
            "<Id>arn:aws:cloudformation:eu-west-1:123456789012:changeSet/x/1</Id><StackId>{id}</StackId>"
        ))
    }
}

impl World {
    fn cloudformation(&mut self, operation: &str, about: &str, form: &BTreeMap<String, String>) -> Xml {
        match operation {
            "DescribeStacks" => self.describe_stacks(about),
            "ListStacks" => {
                assert_eq!(form["StackStatusFilter.member.1"], "DELETE_COMPLETE");
                let deleted = self.stacks.iter().enumerate().filter(|(_, stack)| !stack.is_there());
                Ok(wrapped("StackSummaries", deleted.map(|(n, stack)| stack.xml(n))))
            }
            "ListStackResources" => {
                let stack = self.found(about)?;
                let from: usize = form.get("NextToken").map_or(0, |token| token.parse().unwrap());
                let page = stack.resources.iter().skip(from).take(PAGE);
                let mut xml = wrapped("StackResourceSummaries", page.map(|r| r.xml(stack)));
                if from + PAGE < stack.resources.len() {
                    write!(xml, "<NextToken>{}</NextToken>", from + PAGE).unwrap();
                }
                Ok(xml)
            }
            "DescribeStackResources" => {
                let mut having = self.stacks.iter().rev();
                let stack = having.find(|stack| stack.resources.iter().any(|r| r.name == about));
                let unknown = || ("ValidationError", format!("Stack for {about} does not exist"));
                let stack = stack.ok_or_else(unknown)?;
                // AWS returns the first hundred, which may not include the requested one.
                Ok(wrapped("StackResources", stack.resources.iter().take(PAGE).map(|r| r.xml(stack))))
            }
            "ListImports" => {
                let importing = self.stacks.iter().filter(|stack| stack.is_there());
                let importing = importing.filter(|stack| stack.imports.iter().any(|export| export == about));
                let names: Vec<_> = importing.map(|stack| stack.name.clone()).collect();
                if names.is_empty() {
                    let message = format!("Export '{about}' is not imported by any stack.");
                    return Err(("ValidationError", message));
                }
                Ok(wrapped("Imports", names))
            }
            "DeleteStack" => self.delete_stack(about),
            "UpdateStack" => {
                assert_eq!(form["UsePreviousTemplate"], "true");
                let capabilities = [&form["Capabilities.member.1"], &form["Capabilities.member.2"]];
                assert_eq!(capabilities, ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]);
                let id = self.found(about)?.id.clone();
                let stack = self.stacks.iter_mut().find(|stack| stack.id == id).unwrap();
                let mut parameters = BTreeMap::new();
                for number in 1.. {
                    let of = |name: &str| form.get(&format!("Parameters.member.{number}.{name}")).cloned();
                    let Some(key) = of("ParameterKey") else { break };
                    let before = || stack.parameters[&key].clone();
                    let is_kept = of("UsePreviousValue").as_deref() == Some("true");
                    let value = if is_kept { before() } else { of("ParameterValue").unwrap() };
                    parameters.insert(key, value);
                }
                assert_eq!(
                    parameters.len(),
                    stack.parameters.len(),
                    "one that is left out has its default again"
                );
                (stack.parameters, stack.status) = (parameters, "UPDATE_COMPLETE".to_owned());
                Ok(String::new())
            }
            "DescribeChangeSet" => {
                let fails = self.import_fails.filter(|(is_early, _)| *is_early);
                let stack = self.stack(about);
                let is_looked_at = std::mem::take(&mut stack.waits) == 0;
                Ok(match (is_looked_at, fails) {
                    (false, _) => "<Status>CREATE_IN_PROGRESS</Status>".to_owned(),
                    (true, Some((_, reason))) => {
                        self.import_fails = None;
                        format!("<Status>FAILED</Status><StatusReason>{reason}</StatusReason>")
                    }
                    (true, None) => "<Status>CREATE_COMPLETE</Status>".to_owned(),
                })
            }
            "ExecuteChangeSet" => {
                let resources = std::mem::take(&mut self.import);
                let stack = self.stack(about);
                (stack.status, stack.waits, stack.resources) =
                    ("IMPORT_IN_PROGRESS".to_owned(), 2, resources);
                Ok(String::new())
            }
            "DescribeStackEvents" => {
                let event = "<EventId>1</EventId><StackId>1</StackId><StackName>1</StackName>\
                             <Timestamp>2026-11-28T00:00:00Z</Timestamp><LogicalResourceId>UsersTable</LogicalResourceId>\
                             <ResourceStatus>IMPORT_FAILED</ResourceStatus>\
                             <ResourceStatusReason>it is another's</ResourceStatusReason>";
                Ok(wrapped("StackEvents", [event.to_owned()]))
            }
            "DeleteChangeSet" => Ok(String::new()),
            other => panic!("CloudFormation has no {other}"),
        }
    }

    fn found(&self, about: &str) -> Result<&Stack, (&'static str, String)> {
        let is_it = |stack: &&Stack| stack.id == about || stack.name == about && stack.is_there();
        let unknown = || ("ValidationError", format!("Stack with id {about} does not exist"));
        self.stacks.iter().rev().find(is_it).ok_or_else(unknown)
    }

    /// Describes a stack. After a few descriptions, its running operation ends.
    fn describe_stacks(&mut self, about: &str) -> Xml {
        let id = self.found(about)?.id.clone();
        let fails = self.import_fails;
        let (number, stack) = self.stacks.iter_mut().enumerate().find(|(_, stack)| stack.id == id).unwrap();
        let xml = wrapped("Stacks", [stack.xml(number)]);
        if stack.waits > 1 {
            stack.waits -= 1;
        } else if stack.status == "DELETE_IN_PROGRESS" {
            stack.end();
        } else if stack.status == "IMPORT_IN_PROGRESS" {
            stack.status =
                if fails.is_some() { "IMPORT_ROLLBACK_COMPLETE" } else { "IMPORT_COMPLETE" }.into();
            if fails.is_some() {
                for resource in &mut stack.resources {
                    resource.status = "IMPORT_ROLLBACK_COMPLETE".into();
                }
                self.import_fails = None;
            }
        }
        Ok(xml)
    }

    fn delete_stack(&mut self, about: &str) -> Xml {
        let stack = self.found(about)?.clone();
        let exports: Vec<_> = stack.outputs.keys().map(|key| format!("{}-{key}", stack.name)).collect();
        let is_using = |other: &&Stack| other.is_there() && other.imports.iter().any(|i| exports.contains(i));
        if let Some(other) = self.stacks.iter().find(is_using) {
            return Err(("ValidationError", format!("an export is in use by {}", other.name)));
        }
        assert!(!stack.is_guarded);
        let stack = self.stacks.iter_mut().find(|known| known.id == stack.id).unwrap();
        (stack.status, stack.waits) = ("DELETE_IN_PROGRESS".to_owned(), 2);
        Ok(String::new())
    }
}

fn wrapped(list: &str, members: impl IntoIterator<Item = String>) -> String {
    let members = members.into_iter().fold(String::new(), |mut xml, member| {
        write!(xml, "<member>{member}</member>").unwrap();
        xml
    });
    format!("<{list}>{members}</{list}>")
}

impl Stack {
    fn xml(&self, number: usize) -> String {
        let parameters = self.parameters.iter().map(|(key, value)| {
            format!("<ParameterKey>{key}</ParameterKey><ParameterValue>{value}</ParameterValue>")
        });
        let outputs = self.outputs.iter().map(|(key, value)| {
            let export = format!("{}-{key}", self.name);
            format!("<OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue><ExportName>{export}</ExportName>")
        });
        let deleted = format!("<DeletionTime>2026-11-{:02}T00:00:00Z</DeletionTime>", number + 1);
        format!(
            "<StackId>{}</StackId><StackName>{}</StackName><Description>{}</Description>\
             <TemplateDescription>{2}</TemplateDescription><StackStatus>{}</StackStatus>\
             <CreationTime>2026-01-01T00:00:00Z</CreationTime>{}<EnableTerminationProtection>{}</EnableTerminationProtection>{}{}",
            self.id,
            self.name,
            self.description,
            self.status,
            if self.is_there() { "" } else { &deleted },
            self.is_guarded,
            wrapped("Parameters", parameters),
            wrapped("Outputs", outputs),
        )
    }
}

impl Resource {
    fn xml(&self, stack: &Stack) -> String {
        format!(
            "<StackId>{}</StackId><StackName>{}</StackName><LogicalResourceId>{}</LogicalResourceId>\
             <PhysicalResourceId>{}</PhysicalResourceId><ResourceType>{}</ResourceType><ResourceStatus>{}</ResourceStatus>\
             <ResourceStatusReason>{}</ResourceStatusReason><LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp>\
             <Timestamp>2026-01-01T00:00:00Z</Timestamp>",
            stack.id, stack.name, self.id, self.name, self.kind, self.status, self.reason
        )
    }
}
