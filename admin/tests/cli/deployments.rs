//! Which deployment is meant, and how it is found.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use port_file::LocalServer;
use serde_json::json;
use tokio::{net::TcpListener, process::Command};

use crate::harness::{ACCESS_KEY_ID, Deployed, run};

/// The program with no variable of anybody's.
fn bare(deployed: &Deployed, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchgate"));
    command.env_clear().env("LATCHGATE_OUTPUT", "json").env("XDG_STATE_HOME", &deployed.folder);
    command.env("XDG_RUNTIME_DIR", &deployed.folder).args(arguments);
    command
}

/// A CloudFormation that knows one stack, with these outputs.
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
         <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    );
    (StatusCode::OK, answer)
}

/// As template.yaml names them.
fn outputs(deployed: &Deployed) -> BTreeMap<String, String> {
    let tables =
        ["ClientsTable", "CredentialsTable", "UsersTable", "SessionsTable", "RevocationsTable", "KeysTable"];
    let mut outputs: BTreeMap<_, _> =
        tables.iter().map(|id| (format!("{id}Name"), deployed.table(id).to_owned())).collect();
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
async fn a_stack_that_is_not_there_or_not_ours_is_said_so() {
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

    // One that was killed left its file behind.
    say(8801, &server("http://127.0.0.1:1"));
    let gone = local(&["clients", "list", "--local=8801"]).await;
    assert!(gone.assert(1).stderr.contains("no local server on port 8801"), "{gone:?}");
}

#[tokio::test]
async fn without_a_deployment_the_ways_to_name_one_are_said() {
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
