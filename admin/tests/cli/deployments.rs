//! Which deployment a command uses, and how it finds it.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use port_file::LocalServer;
use serde_json::json;
use tokio::{net::TcpListener, process::Command};

use crate::harness::{ACCESS_KEY_ID, Deployed, TABLES, run};

/// The program without any variables.
fn bare(deployed: &Deployed, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchgate"));
    command.env_clear().env("LATCHGATE_OUTPUT", "json").env("XDG_STATE_HOME", &deployed.folder);
    command.env("XDG_RUNTIME_DIR", &deployed.folder).args(arguments);
    command
}

/// A CloudFormation with one stack, which has these outputs.
async fn cloudformation(outputs: BTreeMap<String, String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(describe_stacks)).with_state(Arc::new(outputs));
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}

async fn describe_stacks(
    State(outputs): State<Arc<BTreeMap<String, String>>>,
    body: Bytes,
) -> (StatusCode, String) {
    let body = String::from_utf8(body.to_vec()).unwrap();
    if body.contains("Action=ListImports") {
        assert!(body.contains("ExportName=latchgate-prod-LoginArn"), "{body}");
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
                     <Message>Export 'latchgate-prod-LoginArn' is not imported by any stack.</Message></Error></ErrorResponse>";
        return (StatusCode::BAD_REQUEST, error.to_owned());
    }
    assert!(body.contains("Action=DescribeStacks"), "{body}");
    if !body.contains("StackName=latchgate-prod") {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
                     <Message>Stack with id nobody does not exist</Message></Error></ErrorResponse>";
        return (StatusCode::BAD_REQUEST, error.to_owned());
    }
    let outputs = outputs.iter().fold(String::new(), |mut xml, (key, value)| {
        write!(xml, "<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
            .unwrap();
        xml
    });
    let answer = format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>latchgate-prod</StackName>\
         <StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <Parameters><member><ParameterKey>RestApi</ParameterKey><ParameterValue>closed</ParameterValue></member></Parameters>\
         <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    );
    (StatusCode::OK, answer)
}

/// The outputs, named as in template.yaml.
fn outputs(deployed: &Deployed) -> BTreeMap<String, String> {
    let names = TABLES.map(|(id, _)| (format!("{id}Name"), deployed.table(id).to_owned()));
    let mut outputs = BTreeMap::from(names);
    outputs.insert("KeysetArn".to_owned(), "arn:aws:secretsmanager:eu-west-1:1:secret:keyset".to_owned());
    outputs.insert("ApiUrl".to_owned(), "https://api.example.com/prod".to_owned());
    outputs
}

fn in_aws(mut command: Command, cloudformation: &str, deployed: &Deployed) -> Command {
    command
        .env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation)
        .env("AWS_ENDPOINT_URL_DYNAMODB", &deployed.endpoint)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", "nobodys-secret-key")
        .env("AWS_REGION", "eu-west-1");
    command
}

#[tokio::test]
async fn a_stack_is_found_by_its_outputs() {
    let deployed = Deployed::start().await;
    let cloudformation = cloudformation(outputs(&deployed)).await;
    let create = ["--stack", "latchgate-prod", "clients", "create", "shop", "--public"];
    let created = run(in_aws(bare(&deployed, &create), &cloudformation, &deployed), b"").await;
    assert_eq!(created.json()["client_id"], "shop");
    assert_eq!(deployed.items("ClientsTable").await.len(), 1);

    let mut list = in_aws(bare(&deployed, &["clients", "list"]), &cloudformation, &deployed);
    list.env("LATCHGATE_STACK", "latchgate-prod");
    assert_eq!(run(list, b"").await.json()[0]["client_id"], "shop");

    let line = &deployed.audit()[0];
    assert_eq!((&line["target"], &line["access_key_id"]), (&json!("latchgate-prod"), &json!(ACCESS_KEY_ID)));
    assert!(!line.to_string().contains("nobodys-secret-key"));
}

#[tokio::test]
async fn the_doctor_of_a_closed_stack_looks_for_importing_stacks() {
    let deployed = Deployed::start().await;
    let cloudformation = cloudformation(outputs(&deployed)).await;
    let mut doctor =
        in_aws(bare(&deployed, &["--stack", "latchgate-prod", "doctor"]), &cloudformation, &deployed);
    doctor.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1");
    let ran = run(doctor, b"").await;
    assert_eq!(ran.code, 5, "{ran:?}");
    let checks: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let rest = checks.as_array().unwrap().iter().find(|check| check["check"] == "REST API").unwrap();
    assert_eq!(
        (&rest["result"], rest["remedy"].as_str().unwrap().contains("RestApi=open")),
        (&json!("wrong"), true)
    );
}

#[tokio::test]
async fn only_the_doctor_reports_tables_that_an_earlier_stack_lacks() {
    let deployed = Deployed::start().await;
    let mut outputs = outputs(&deployed);
    for output in ["CodesTableName", "ConsentsTableName"] {
        assert!(outputs.remove(output).is_some(), "{output}");
    }
    let cloudformation = cloudformation(outputs).await;
    let stack = async |arguments: &[&str]| {
        let command = bare(&deployed, &[&["--stack", "latchgate-prod"], arguments].concat());
        let mut command = in_aws(command, &cloudformation, &deployed);
        command.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1");
        run(command, b"").await
    };
    assert_eq!(stack(&["clients", "create", "shop", "--public"]).await.json()["client_id"], "shop");
    let doctor = stack(&["doctor"]).await;
    let checks: serde_json::Value = serde_json::from_str(&doctor.assert(5).stdout).unwrap();
    let tables =
        checks.as_array().unwrap().iter().filter(|check| {
            check["check"].as_str().unwrap().starts_with("table ") && check["result"] == "wrong"
        });
    let missed: Vec<_> = tables.map(|check| (&check["check"], &check["detail"])).collect();
    let detail = json!("the deployment is of an earlier release, which doesn't have it");
    let names = ["table CodesTable", "table ConsentsTable"].map(|name| json!(name));
    assert_eq!(missed, [(&names[0], &detail), (&names[1], &detail)], "{doctor:?}");
    assert!(doctor.stderr.contains("table CodesTable: deploy the stack again"), "{doctor:?}");
}

#[tokio::test]
async fn a_missing_stack_and_a_foreign_stack_are_reported() {
    let deployed = Deployed::start().await;
    let mut others = outputs(&deployed);
    others.remove("SessionsTableName");
    let cloudformation = cloudformation(others).await;
    for (stack, code, said) in
        [("nobody", 3, "there is no stack nobody"), ("latchgate-prod", 1, "has no output SessionsTableName")]
    {
        let command = bare(&deployed, &["--stack", stack, "clients", "list"]);
        let ran = run(in_aws(command, &cloudformation, &deployed), b"").await;
        assert!(ran.assert(code).stderr.contains(said), "{ran:?}");
    }
}

#[tokio::test]
async fn the_local_server_is_found_by_its_port() {
    let deployed = Deployed::start().await;
    let folder = deployed.folder.join("latchgate");
    std::fs::create_dir_all(&folder).unwrap();
    let server = |endpoint: &str| LocalServer {
        url: "http://127.0.0.1:8787".to_owned(),
        dynamodb_endpoint: endpoint.to_owned(),
        dynamodb_access_key_id: Some(ACCESS_KEY_ID.to_owned()),
        tables: ["ClientsTable", "UsersTable"]
            .map(|id| (id.to_owned(), deployed.table(id).to_owned()))
            .into(),
        keyset_file: None,
        sign_up: None,
        mail_from: None,
        pid: 1,
    };
    let say = |port: u16, server: &LocalServer| {
        std::fs::write(folder.join(format!("local-{port}.json")), serde_json::to_vec(server).unwrap())
            .unwrap();
    };
    let local = async |arguments: &[&str]| run(bare(&deployed, arguments), b"").await;
    let none = local(&["--local", "clients", "list"]).await;
    assert!(none.assert(1).stderr.contains("no local server on port 8787: start one with `cargo run`"));

    say(8787, &server(&deployed.endpoint));
    local(&["--local", "clients", "create", "shop", "--public"]).await.assert(0);
    assert_eq!(deployed.items("ClientsTable").await.len(), 1);
    say(8800, &server(&deployed.endpoint));
    assert_eq!(local(&["clients", "list", "--local=8800"]).await.json()[0]["client_id"], "shop");

    // A server that was killed left its file behind.
    say(8801, &server("http://127.0.0.1:1"));
    let gone = local(&["clients", "list", "--local=8801"]).await;
    assert!(gone.assert(1).stderr.contains("no local server on port 8801"), "{gone:?}");
}

#[tokio::test]
async fn without_a_deployment_the_error_lists_the_ways_to_name_one() {
    let deployed = Deployed::start().await;
    let ran = run(bare(&deployed, &["clients", "list"]), b"").await;
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    for way in ["--stack", "LATCHGATE_STACK", "--local", "--endpoint", "CLIENTS_TABLE"] {
        assert!(ran.stderr.contains(way), "{ran:?}");
    }
}

#[tokio::test]
async fn the_variables_of_the_functions_name_a_deployment_too() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let mut list = in_aws(bare(&deployed, &["clients", "list"]), "http://127.0.0.1:1", &deployed);
    list.env("CLIENTS_TABLE", deployed.table("ClientsTable"));
    assert_eq!(run(list, b"").await.json()[0]["client_id"], "shop");
    let mut users = in_aws(bare(&deployed, &["users", "list"]), "http://127.0.0.1:1", &deployed);
    users.env("CLIENTS_TABLE", deployed.table("ClientsTable"));
    let ran = run(users, b"").await;
    assert!(ran.code == 2 && ran.stderr.contains("USERS_TABLE is not set"), "{ran:?}");
}
