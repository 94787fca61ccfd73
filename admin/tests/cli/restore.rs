//! `latchgate restore`, against an engine that emulates DynamoDB's backups, which local engines lack.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use admin::{
    deployment::{Deployment, Target},
    doctor::{Outcome, examine},
};
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, AttributeValue::S, BillingMode, TableDescription},
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use local::engine;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{ACCESS_KEY_ID, Deployed, Login, claims};

type Items = Vec<HashMap<String, AttributeValue>>;

/// The rows of all tables at some instants, and other facts that the engine lacks.
#[derive(Default)]
struct Stored {
    /// Rows by instant, then by table.
    moments: BTreeMap<u64, BTreeMap<String, Items>>,
    /// Tables that were deleted.
    deleted: BTreeMap<String, (TableDescription, Items)>,
    recoverable: BTreeSet<String>,
    protected: BTreeSet<String>,
    /// Tables with a stream, and what it contains.
    streams: BTreeMap<String, String>,
    tags: BTreeMap<String, Vec<Value>>,
    /// The states to report for tables in the next answers, since nothing is made or deleted at once.
    states: BTreeMap<String, (&'static str, u32)>,
    /// How often a deleted table is still reported.
    lingers: u32,
    /// Tables that were made with provisioned capacity.
    provisioned: BTreeSet<String>,
    /// A client that is not found yet: it is created between a read and a write.
    unseen: Option<&'static str>,
}

impl Stored {
    /// Whether the tables with this prefix have reached their final states.
    fn is_settled(&self, name: &str) -> bool {
        self.states.iter().all(|(table, (_, times))| *times == 0 || !table.starts_with(name))
    }
}

/// The engine with emulated backups.
#[derive(Clone)]
struct Backups {
    engine: String,
    store: Client,
    stored: Arc<Mutex<Stored>>,
}

const TABLES: [&str; 9] = [
    "ClientsTable",
    "CredentialsTable",
    "UsersTable",
    "SessionsTable",
    "RevocationsTable",
    "KeysTable",
    "CodesTable",
    "ConsentsTable",
    "MailsTable",
];

impl Backups {
    /// Puts itself between the program and the deployment's engine.
    async fn before(deployed: &mut Deployed) -> Self {
        let backups =
            Self { engine: deployed.endpoint.clone(), store: deployed.store.clone(), stored: Arc::default() };
        let all: BTreeSet<String> = TABLES.map(str::to_owned).into();
        {
            let mut stored = backups.stored.lock().unwrap();
            (stored.recoverable, stored.protected) = (all.clone(), all);
            stored.streams.insert("MailsTable".to_owned(), "KEYS_ONLY".to_owned());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        deployed.endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(backups.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        backups
    }

    async fn items(&self, table: &str) -> Items {
        let scan = self.store.scan().table_name(table).consistent_read(true).into_paginator().items().send();
        scan.collect::<Result<Vec<_>, _>>().await.unwrap()
    }

    /// Records the current rows for this instant.
    async fn note(&self, instant: u64) {
        let mut moment = BTreeMap::new();
        for table in TABLES {
            moment.insert(table.to_owned(), self.items(table).await);
        }
        self.stored.lock().unwrap().moments.insert(instant, moment);
    }

    async fn described(&self, table: &str) -> TableDescription {
        self.store.describe_table().table_name(table).send().await.unwrap().table.unwrap()
    }

    /// Makes a table with this one's keys and these items, and nothing else, as a restore does.
    async fn make(&self, name: &str, like: &TableDescription, items: Items) {
        self.store
            .create_table()
            .table_name(name)
            .set_key_schema(like.key_schema.clone())
            .set_attribute_definitions(like.attribute_definitions.clone())
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .unwrap();
        for item in items {
            self.store.put_item().table_name(name).set_item(Some(item)).send().await.unwrap();
        }
    }

    async fn forward(&self, headers: &HeaderMap, body: Bytes) -> (StatusCode, Vec<u8>) {
        let mut request = reqwest::Client::new().post(&self.engine);
        for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
            request = request.header(name, headers[name].to_str().unwrap());
        }
        let answered = request.body(body).send().await.unwrap();
        (StatusCode::from_u16(answered.status().as_u16()).unwrap(), answered.bytes().await.unwrap().to_vec())
    }
}

async fn answer(
    State(backups): State<Backups>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], Vec<u8>) {
    let (status, body) = dispatch(&backups, &headers, body).await;
    (status, [("content-type", "application/x-amz-json-1.0")], body)
}

async fn dispatch(backups: &Backups, headers: &HeaderMap, body: Bytes) -> (StatusCode, Vec<u8>) {
    let target = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let ok = |answer: Value| (StatusCode::OK, answer.to_string().into_bytes());
    let no = |code: &str| {
        let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
        (StatusCode::BAD_REQUEST, json!({"__type": kind, "message": "no"}).to_string().into_bytes())
    };
    let table = text("TableName");
    match target.as_str() {
        "RestoreTableToPointInTime" => {
            let (source, name) = (text("SourceTableName"), text("TargetTableName"));
            let instant = asked["RestoreDateTime"].as_u64().unwrap();
            assert!(
                backups.stored.lock().unwrap().is_settled(&name),
                "a name is taken until its table is gone"
            );
            let items = {
                let stored = backups.stored.lock().unwrap();
                let moment = stored.moments.iter().rev().find(|(at, _)| **at <= instant);
                moment.map(|(_, tables)| tables[&source].clone())
            };
            let Some(items) = items else { return no("InvalidRestoreTimeException") };
            backups.make(&name, &backups.described(&source).await, items).await;
            ok(json!({"TableDescription": {"TableName": name, "TableStatus": "CREATING"}}))
        }
        "ListBackups" => {
            let is_there = backups.stored.lock().unwrap().deleted.contains_key(&table);
            let backup = json!({
                "TableName": table, "BackupArn": format!("arn:aws:dynamodb:::table/{table}/backup/1"),
                "BackupCreationDateTime": 1_800_000_000, "BackupStatus": "AVAILABLE", "BackupType": "SYSTEM",
            });
            assert_eq!(asked["BackupType"], "SYSTEM");
            ok(json!({"BackupSummaries": if is_there { vec![backup] } else { vec![] }}))
        }
        "RestoreTableFromBackup" => {
            let name = text("TargetTableName");
            assert!(text("BackupArn").contains(&name));
            assert!(
                backups.stored.lock().unwrap().is_settled(&name),
                "a name is taken until its table is gone"
            );
            let (like, items) = backups.stored.lock().unwrap().deleted.remove(&name).unwrap();
            backups.make(&name, &like, items).await;
            ok(json!({"TableDescription": {"TableName": name, "TableStatus": "CREATING"}}))
        }
        "DeleteTable" => {
            let deleted = (backups.described(&table).await, backups.items(&table).await);
            {
                let mut stored = backups.stored.lock().unwrap();
                if stored.protected.contains(&table) {
                    return no("ValidationException");
                }
                stored.deleted.insert(table.clone(), deleted);
                stored.recoverable.remove(&table);
                stored.streams.remove(&table);
                let lingers = stored.lingers;
                stored.states.insert(table.clone(), ("DELETING", lingers));
            }
            backups.forward(headers, body).await
        }
        "UpdateTable" => {
            backups.update(&table, &asked);
            ok(json!({"TableDescription": {"TableName": table, "TableStatus": "UPDATING"}}))
        }
        "DescribeTable" => backups.describe(&table, headers, body).await,
        "DescribeContinuousBackups" => {
            let is_on = backups.stored.lock().unwrap().recoverable.contains(&table);
            let status = if is_on { "ENABLED" } else { "DISABLED" };
            ok(json!({"ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status},
            }}))
        }
        "UpdateContinuousBackups" => {
            assert_eq!(asked["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
            backups.stored.lock().unwrap().recoverable.insert(table);
            ok(json!({}))
        }
        "GetItem" if table == "ClientsTable" => {
            let unseen = backups.stored.lock().unwrap().unseen;
            if unseen.is_some_and(|client_id| asked["Key"]["client_id"]["S"] == client_id) {
                return ok(json!({}));
            }
            backups.forward(headers, body).await
        }
        "ListTagsOfResource" => {
            let tags = backups.stored.lock().unwrap().tags.get(&text("ResourceArn")).cloned();
            let (tags, page) = (tags.unwrap_or_default(), text("NextToken").parse().unwrap_or(0));
            // One at a time.
            let next = (page + 1 < tags.len()).then(|| (page + 1).to_string());
            ok(json!({"Tags": tags.get(page).into_iter().collect::<Vec<_>>(), "NextToken": next}))
        }
        _ => backups.forward(headers, body).await,
    }
}

impl Backups {
    /// Protects a table, or gives it a stream.
    fn update(&self, table: &str, asked: &Value) {
        let mut stored = self.stored.lock().unwrap();
        let stream = &asked["StreamSpecification"];
        if stream.is_null() {
            assert_eq!(asked["DeletionProtectionEnabled"], true, "nothing else is changed");
            stored.protected.insert(table.to_owned());
            return;
        }
        assert_eq!(stream["StreamEnabled"], true);
        let view = stream["StreamViewType"].as_str().unwrap().to_owned();
        let before = stored.streams.insert(table.to_owned(), view);
        assert_eq!(before, None, "DynamoDB refuses a stream of a table that has one");
    }

    /// The engine's description of a table, with the facts that the engine lacks.
    async fn describe(&self, table: &str, headers: &HeaderMap, body: Bytes) -> (StatusCode, Vec<u8>) {
        if let Some((state, times)) = self.stored.lock().unwrap().states.get_mut(table)
            && *times > 0
        {
            *times -= 1;
            let described = json!({"Table": {"TableName": table, "TableStatus": state}});
            return (StatusCode::OK, described.to_string().into_bytes());
        }
        let (status, described) = self.forward(headers, body).await;
        let mut described: Value = serde_json::from_slice(&described).unwrap();
        if status == StatusCode::OK {
            let stored = self.stored.lock().unwrap();
            let is_protected = stored.protected.contains(table);
            if stored.provisioned.contains(table) {
                described["Table"].as_object_mut().unwrap().remove("BillingModeSummary");
                described["Table"]["ProvisionedThroughput"] =
                    json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5});
            }
            described["Table"]["DeletionProtectionEnabled"] = json!(is_protected);
            if let Some(view) = stored.streams.get(table) {
                described["Table"]["StreamSpecification"] =
                    json!({"StreamEnabled": true, "StreamViewType": view});
            }
            described["Table"]["TableArn"] =
                json!(format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{table}"));
        }
        (status, described.to_string().into_bytes())
    }
}

/// The instant whose rows the tests restore.
const THEN: u64 = 1_800_000_000;
const AT: &str = "2027-01-15T08:00:00Z";

const ROWS: [&str; 5] = ["restore", "rows", "--yes", "--at", AT];

/// The detail of a check.
fn detail<'a>(checks: &'a Value, name: &str) -> &'a str {
    let checks = checks.as_array().unwrap().iter();
    let found = checks.clone().find(|check| check["check"] == name);
    found.unwrap_or_else(|| panic!("{name}: {checks:?}"))["detail"].as_str().unwrap()
}

async fn delete(deployed: &Deployed, table: &str, key: &str, value: &str) {
    let delete = deployed.store.delete_item().table_name(table).key(key, S(value.to_owned()));
    delete.send().await.unwrap();
}

#[tokio::test]
async fn deleted_rows_come_back_and_later_changes_stay() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.client("shop").await;
    let create = ["clients", "create", "billing", "--confidential", "--scope", "read write"];
    deployed.run(&create).await.assert(0);
    backups.stored.lock().unwrap().lingers = 1;
    let mut ids = BTreeMap::new();
    for name in ["ada", "bob", "cy", "dan", "eve", "fay", "gus"] {
        ids.insert(name, deployed.user(name).await);
    }
    backups.note(THEN).await;

    // The losses: a client, a whole user, and one row of each of two others.
    delete(&deployed, "ClientsTable", "client_id", "shop").await;
    for (table, key, value) in [
        ("CredentialsTable", "username", "ada"),
        ("UsersTable", "user_id", &ids["ada"]),
        ("CredentialsTable", "username", "bob"),
        ("UsersTable", "user_id", &ids["cy"]),
    ] {
        delete(&deployed, table, key, value).await;
    }
    // The changes since: a ban, a new name, a new password, a new secret, and damaged claims.
    deployed.run(&["users", "disable", "dan", "--yes", "--no-wait"]).await.assert(0);
    deployed.run(&["users", "rename", "eve", "lovelace"]).await.assert(0);
    let set = ["users", "set-password", "fay", "--password-stdin", "--no-wait"];
    deployed.run_with(&set, b"another horse, another staple").await.assert(0);
    deployed.run(&["users", "set-claims", "fay", r#"{"spoilt":true}"#]).await.assert(0);
    deployed.run(&["users", "delete", "gus", "--yes", "--no-wait"]).await.assert(0);
    let gus = deployed.user("gus").await;
    let rotated = deployed.run(&["clients", "rotate-secret", "billing", "--at-once", "--yes"]).await.json();
    deployed.run(&["clients", "update", "billing", "--scope", "read", "--dpop", "required"]).await.assert(0);

    let before = backups.items("UsersTable").await.len();
    let dry = deployed.run(&[&ROWS[..], &["--dry-run"]].concat()).await;
    let said: Value = serde_json::from_str(&dry.assert(0).stdout).unwrap();
    assert_eq!(
        detail(&said, "restored clients"),
        "of 2 then, 1 would be brought back, 0 would be set back, 1 left as they are"
    );
    assert_eq!(backups.items("UsersTable").await.len(), before, "a dry run changes nothing");

    // The others are restored. One of them has a name that another user has taken.
    let ran = deployed.run(&ROWS).await;
    let said: Value = serde_json::from_str(&ran.assert(5).stdout).unwrap();
    assert_eq!(
        detail(&said, "restored clients"),
        "of 2 then, 1 brought back, 0 set back, 1 left as they are"
    );
    assert_eq!(
        detail(&said, "restored users"),
        "of 7 then, 3 brought back, 0 set back, 4 left as they are; \
         1 can't be restored: gus: the name is another user's by now"
    );
    let api = deployed.api().await;
    for name in ["ada", "bob", "cy"] {
        assert_eq!(claims(&api.tokens(Login::on("shop", name)).await)["sub"], json!(ids[name]), "{name}");
    }
    assert_eq!(claims(&api.tokens(Login::on("shop", "gus")).await)["sub"], json!(gus));
    assert_eq!(claims(&api.tokens(Login::on("shop", "lovelace")).await)["sub"], json!(ids["eve"]));
    for name in ["dan", "eve", "fay"] {
        assert_eq!(api.login(Login::on("shop", name)).await.0, 400, "{name}");
    }
    let tables = deployed.store.list_tables().send().await.unwrap().table_names.unwrap();
    assert_eq!(tables.len(), TABLES.len(), "the copies are gone: {tables:?}");

    assert!(backups.stored.lock().unwrap().is_settled(""), "the copies are gone when it ends");

    // With --update, only the damaged user is set back. The earlier copies are being deleted.
    let last = ["ClientsTable", "UsersTable"].map(|table| (format!("{table}-at-{THEN}"), ("DELETING", 2)));
    backups.stored.lock().unwrap().states.extend(last);
    let update = [&ROWS[..], &["--update", "--user", "fay", "--user", "dan", "--client", "billing"]].concat();
    let said = deployed.run(&update).await.json();
    assert_eq!(detail(&said, "restored users"), "of 2 then, 0 brought back, 1 set back, 1 left as they are");
    assert_eq!(
        detail(&said, "restored clients"),
        "of 1 then, 0 brought back, 1 set back, 0 left as they are"
    );
    let api = deployed.api().await;
    assert_eq!(api.login(Login::on("shop", "fay")).await.0, 400, "the newer password stays");
    let newer = Login { password: "another horse, another staple", ..Login::on("shop", "fay") };
    assert_eq!(claims(&api.tokens(newer).await).get("spoilt"), None);
    assert_eq!(deployed.run(&["users", "show", "dan"]).await.json()["disabled"], true);
    assert_eq!(deployed.run(&["clients", "show", "billing"]).await.json()["dpop"], "required");
    deployed.run(&["clients", "update", "billing", "--dpop", "optional"]).await.assert(0);
    let secret = rotated["client_secret"].as_str();
    deployed.api().await.tokens(Login { client_secret: secret, ..Login::on("billing", "ada") }).await;
    assert_eq!(deployed.run(&["clients", "show", "billing"]).await.json()["scope"], json!(["read", "write"]));
    let again = deployed.run(&update).await.json();
    assert_eq!(detail(&again, "restored users"), "of 2 then, 0 brought back, 0 set back, 2 left as they are");
    let events = deployed.events();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!((count("rows_restored"), count("doctor_ran")), (3, 3), "{events:?}");
}

#[tokio::test]
async fn redirect_uris_stay_current_and_the_pages_client_is_not_restored() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    let create = ["clients", "create", "--public", "--first-party", "--redirect-uri", "https://old.example/"];
    for client in ["shop", "blog"] {
        deployed.run(&[&create[..], &[client]].concat()).await.assert(0);
    }
    let put = deployed.store.put_item().table_name(deployed.table("ClientsTable"));
    let put = put.item("client_id", S("(browser)".to_owned())).item("kind", S("public".to_owned()));
    put.send().await.unwrap();
    backups.note(THEN).await;
    for client in ["shop", "(browser)"] {
        delete(&deployed, "ClientsTable", "client_id", client).await;
    }
    let update = ["clients", "update", "blog", "--redirect-uri", "https://new.example/", "--name", "Spoilt"];
    let narrowed = ["--reset", "first-party", "--resource", "https://notes.example.com/mcp"];
    deployed.run(&[&update[..], &narrowed].concat()).await.assert(0);

    let ran = deployed.run(&[&ROWS[..], &["--update"]].concat()).await;
    let said: Value = serde_json::from_str(&ran.assert(5).stdout).unwrap();
    assert_eq!(
        detail(&said, "restored clients"),
        "of 2 then, 1 brought back, 1 set back, 0 left as they are; \
         1 can't be restored: (browser): it is reserved for sessions at the sign-in pages"
    );
    let shown = async |client: &str| deployed.run(&["clients", "show", client]).await.json();
    let (shop, blog) = (shown("shop").await, shown("blog").await);
    assert_eq!(
        (&shop["redirect_uris"], &shop["first_party"]),
        (&json!(["https://old.example/"]), &json!(true))
    );
    assert_eq!((blog.get("name"), blog.get("first_party")), (None, None), "{blog}");
    assert_eq!(blog["redirect_uris"], json!(["https://new.example/"]));
    assert_eq!(blog["resources"], json!(["https://notes.example.com/mcp"]), "a bound of today stays");
    deployed.run(&["clients", "show", "(browser)"]).await.assert(3);
}

#[tokio::test]
async fn a_user_enabled_since_the_backup_stays_enabled_and_signed_in() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    deployed.user("bob").await;
    for name in ["ada", "bob"] {
        deployed.run(&["users", "disable", name, "--yes", "--no-wait"]).await.assert(0);
    }
    deployed.run(&["clients", "disable", "shop", "--yes"]).await.assert(0);
    backups.note(THEN).await;
    deployed.run(&["users", "enable", "ada"]).await.assert(0);
    deployed.run(&["clients", "enable", "shop"]).await.assert(0);
    deployed.run(&["users", "delete", "bob", "--yes", "--no-wait"]).await.assert(0);
    let api = deployed.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;

    let said = deployed.run(&[&ROWS[..], &["--update"]].concat()).await.json();
    assert_eq!(detail(&said, "restored users"), "of 2 then, 1 brought back, 0 set back, 1 left as they are");
    assert_eq!(
        detail(&said, "restored clients"),
        "of 1 then, 0 brought back, 0 set back, 1 left as they are"
    );
    assert_eq!(api.refresh("shop", &tokens).await.0, 200);
    deployed.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!(deployed.run(&["users", "show", "bob"]).await.json()["disabled"], true);
}

/// Another user may have the address that was left, and the mails with the links of undos are still there.
#[tokio::test]
async fn a_restore_gives_no_left_address_back_and_keeps_the_rest_of_a_user() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.client("shop").await;
    let (ada, bob) = (deployed.user("ada@then.example").await, deployed.user("bob").await);
    let carol = deployed.user("carol").await;
    let then = r#"{"email":"ada@then.example","email_verified":true,"plan":"gold"}"#;
    deployed.run(&["users", "set-claims", "ada@then.example", then]).await.assert(0);
    let undos = AttributeValue::L(vec![AttributeValue::S("1767225600#AAAAAAAAAAAAAAAAAAAAAQ".to_owned())]);
    let signed_up_at = AttributeValue::N("1767225600".to_owned());
    for user_id in [&bob, &carol] {
        let note = deployed.store.update_item().table_name("UsersTable");
        let note = note.key("user_id", AttributeValue::S(user_id.clone()));
        let note = note.update_expression("SET undos = :undos, signed_up_at = :at");
        let note = note.expression_attribute_values(":at", signed_up_at.clone());
        note.expression_attribute_values(":undos", undos.clone()).send().await.unwrap();
    }
    backups.note(THEN).await;

    deployed.run(&["users", "rename", "ada@then.example", "ada@now.example"]).await.assert(0);
    let now = r#"{"email":"ada@now.example","email_verified":true,"plan":"spoilt"}"#;
    deployed.run(&["users", "set-claims", "ada@now.example", now]).await.assert(0);
    // Carol lost one of her two rows.
    for (table, key, value) in [
        ("CredentialsTable", "username", "bob"),
        ("UsersTable", "user_id", bob.as_str()),
        ("UsersTable", "user_id", carol.as_str()),
    ] {
        delete(&deployed, table, key, value).await;
    }
    // It publishes keys, at which the doctor looks.
    deployed.api().await;
    let said = deployed.run(&[&ROWS[..], &["--update"]].concat()).await.json();
    assert_eq!(detail(&said, "restored users"), "of 3 then, 2 brought back, 1 set back, 0 left as they are");
    let expected = json!({ "email": "ada@now.example", "email_verified": true, "plan": "gold" });
    assert_eq!(deployed.run(&["users", "show", "ada@now.example"]).await.json()["claims"], expected);
    let users = backups.items("UsersTable").await;
    let of =
        |id: &str| users.iter().find(|user| user["user_id"] == AttributeValue::S(id.to_owned())).unwrap();
    for user_id in [&bob, &carol] {
        assert_eq!(of(user_id).get("undos"), Some(&undos));
        assert_eq!(of(user_id).get("signed_up_at"), Some(&signed_up_at));
    }
    assert_eq!(of(&ada)["username"], AttributeValue::S("ada@now.example".to_owned()));
}

#[tokio::test]
async fn a_named_row_missing_from_the_backup_is_reported_and_copies_stay() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.client("shop").await;
    let user_id = deployed.user("ada").await;
    backups.note(THEN).await;
    deployed.api().await;
    delete(&deployed, "UsersTable", "user_id", &user_id).await;

    let named = [&ROWS[..], &["--user", "ada", "--user", "adda", "--client", "shopp"]].concat();
    let dry = deployed.run(&[&named[..], &["--dry-run"]].concat()).await.json();
    assert_eq!(
        detail(&dry, "restored users"),
        "of 1 then, 1 would be brought back, 0 would be set back, 0 left as they are; there was no adda"
    );
    let ran = deployed.run(&named).await;
    let said: Value = serde_json::from_str(&ran.assert(5).stdout).unwrap();
    assert!(detail(&said, "restored users").ends_with("; there was no adda"), "{said}");
    assert!(detail(&said, "restored clients").ends_with("; there was no shopp"), "{said}");
    for checks in [&dry, &said] {
        let wrong = checks.as_array().unwrap().iter().filter(|check| check["result"] == "wrong");
        assert_eq!(wrong.count(), 2, "{checks}");
    }
    deployed.run(&["users", "show", "ada"]).await.assert(0);
    let count = async || deployed.store.list_tables().send().await.unwrap().table_names.unwrap().len();
    assert_eq!(count().await, TABLES.len() + 3, "the copies stay");
    assert!(ran.stderr.contains("UsersTable-at-1800000000"), "{ran:?}");
    deployed.run(&[&ROWS[..], &["--user", "ada", "--client", "shop"]].concat()).await.assert(0);
    assert_eq!(count().await, TABLES.len());
}

#[tokio::test]
async fn a_client_that_is_made_meanwhile_is_not_counted_as_brought_back() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.client("shop").await;
    deployed.api().await;
    backups.note(THEN).await;
    backups.stored.lock().unwrap().unseen = Some("shop");
    let said = deployed.run(&ROWS).await.json();
    assert_eq!(
        detail(&said, "restored clients"),
        "of 1 then, 0 brought back, 0 set back, 1 left as they are"
    );
    assert!(!deployed.events().contains(&"client_imported".to_owned()));
}

#[tokio::test]
async fn a_moment_that_no_backup_reaches_is_refused_and_nothing_changes() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.user("ada").await;
    backups.note(THEN + 1).await;
    let ran = deployed.run(&ROWS).await;
    assert!(ran.assert(1).stderr.contains("InvalidRestoreTime"), "{ran:?}");
    assert_eq!(deployed.events(), ["user_created"]);
    deployed.run(&["restore", "rows", "--at", "yesterday", "--yes"]).await.assert(2);
    deployed.run(&["restore", "rows", "--at", AT]).await.assert(4);
}

#[tokio::test]
async fn deleted_tables_come_back_with_the_settings_that_backups_lack() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.client("shop").await;
    let user_id = deployed.user("ada").await;
    // This publishes its keys, which the doctor checks.
    deployed.api().await;
    for table in ["UsersTable", "SessionsTable"] {
        deployed.run(&["users", "show", "ada"]).await.assert(0);
        backups.stored.lock().unwrap().protected.remove(table);
        let aws = Client::new(&engine::config(&deployed.endpoint, ACCESS_KEY_ID));
        aws.delete_table().table_name(table).send().await.unwrap();
        // The next command finds it while it is being deleted.
        backups.stored.lock().unwrap().states.insert(table.to_owned(), ("DELETING", 2));
        if table == "UsersTable" {
            deployed.run(&["users", "show", "ada"]).await.assert(1);
            deployed.run(&["restore", "tables", "--yes"]).await.assert(0);
        }
    }
    let said = deployed.run(&["restore", "tables", "--yes"]).await.json();
    assert_eq!(
        detail(&said, "restored SessionsTable"),
        "restored, expiry, point-in-time recovery, deletion protection"
    );
    assert_eq!(detail(&said, "restored UsersTable"), "there was nothing to do");
    let wrong = |check: &&Value| check["result"] == "wrong" || check["result"] == "warning";
    assert_eq!(said.as_array().unwrap().iter().filter(wrong).count(), 0, "{said}");
    let api = deployed.api().await;
    assert_eq!(claims(&api.tokens(Login::on("shop", "ada")).await)["sub"], json!(user_id));

    // After another program's restore, the doctor names each missing setting.
    let items = backups.items("SessionsTable").await;
    let like = backups.described("SessionsTable").await;
    deployed.store.delete_table().table_name("SessionsTable").send().await.unwrap();
    backups.make("SessionsTable", &like, items).await;
    {
        let mut stored = backups.stored.lock().unwrap();
        stored.recoverable.remove("SessionsTable");
        stored.protected.remove("SessionsTable");
        stored.provisioned.insert("SessionsTable".to_owned());
    }
    let target = Target {
        endpoint: Some(deployed.endpoint.clone()),
        access_key_id: Some(ACCESS_KEY_ID.to_owned()),
        ..Target::default()
    };
    let mut deployment = Deployment::connect(&target).await.unwrap();
    deployment.tags.insert("Team".to_owned(), "identity".to_owned());
    let arn = |table: &str| format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{table}");
    for table in TABLES.iter().filter(|table| **table != "SessionsTable") {
        let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
        let tags = vec![tag("aws:cloudformation:stack-name", "latchgate"), tag("Team", "identity")];
        backups.stored.lock().unwrap().tags.insert(arn(table), tags);
    }
    let found = examine(&deployment).await.unwrap();
    let bad = found.iter().filter(|check| matches!(check.outcome, Outcome::Wrong | Outcome::Warning));
    let said: Vec<_> = bad.map(|check| (check.name.as_str(), check.remedy.as_deref().unwrap())).collect();
    for lacking in ["update-time-to-live", "update-continuous-backups", "tag-resource", "PAY_PER_REQUEST"] {
        let count = said.iter().filter(|(_, remedy)| remedy.contains(lacking)).count();
        assert_eq!(count, 1, "{lacking}: {said:?}");
    }
    backups.stored.lock().unwrap().recoverable.insert("SessionsTable".to_owned());
    let found = examine(&deployment).await.unwrap();
    let remedies: Vec<&str> = found.iter().filter_map(|check| check.remedy.as_deref()).collect();
    let protects = |remedy: &&str| remedy.contains("--deletion-protection-enabled");
    assert!(remedies.iter().any(protects), "{remedies:?}");
}

#[tokio::test]
async fn a_restored_table_gets_its_stream_and_the_operator_what_else_to_do() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.api().await;
    backups.stored.lock().unwrap().protected.remove("MailsTable");
    let aws = Client::new(&engine::config(&deployed.endpoint, ACCESS_KEY_ID));
    aws.delete_table().table_name("MailsTable").send().await.unwrap();
    let ran = deployed.run(&["restore", "tables", "--yes"]).await;
    let said = ran.json();
    assert_eq!(
        detail(&said, "restored MailsTable"),
        "restored, expiry, point-in-time recovery, deletion protection, stream"
    );
    assert!(ran.stderr.contains("deploy the stack with the other value of TableProtection"), "{ran:?}");
    assert_eq!(detail(&said, "stream of MailsTable"), "on, with KEYS_ONLY");
    let again = deployed.run(&["restore", "tables", "--yes"]).await;
    assert_eq!(detail(&again.json(), "restored MailsTable"), "there was nothing to do");
    assert!(!again.stderr.contains("TableProtection"), "{again:?}");

    for (view, expected) in
        [(None, "no mail is sent"), (Some("NEW_IMAGE"), "NEW_IMAGE in the place of KEYS_ONLY")]
    {
        {
            let mut stored = backups.stored.lock().unwrap();
            stored.streams.remove("MailsTable");
            stored.streams.extend(view.map(|view| ("MailsTable".to_owned(), view.to_owned())));
        }
        let ran = deployed.run(&["doctor"]).await;
        let said: Value = serde_json::from_str(&ran.assert(5).stdout).unwrap();
        assert!(detail(&said, "stream of MailsTable").contains(expected), "{said}");
    }
}

/// A release before the notices has no `NewDeviceMails`, and no such streams.
#[tokio::test]
async fn the_doctor_looks_at_the_streams_that_the_stacks_parameters_ask_for() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    let target = Target {
        endpoint: Some(deployed.endpoint.clone()),
        access_key_id: Some(ACCESS_KEY_ID.to_owned()),
        ..Target::default()
    };
    let mut deployment = Deployment::connect(&target).await.unwrap();
    let streams = async |deployment: &Deployment| {
        let checks = examine(deployment).await.unwrap().into_iter();
        let checks = checks.filter(|check| check.name.starts_with("stream of "));
        checks
            .map(|check| format!("{}: {}", &check.name["stream of ".len()..], check.detail))
            .collect::<Vec<_>>()
    };
    let outbox = "MailsTable: on, with KEYS_ONLY";
    let sender = [("MailFrom", "login@example.com")];
    let [no, wanted, yes] = ["no", "wanted", "yes"].map(|value| ("NewDeviceMails", value));
    let notices =
        ["UsersTable", "RevocationsTable"].map(|table| format!("{table}: off: users aren't told of changes"));
    let sessions = "SessionsTable: off: users aren't told of new devices".to_owned();
    let [users, revocations] = &notices;
    for (parameters, expected) in [
        (vec![], vec![outbox]),
        (sender.to_vec(), vec![outbox]),
        (vec![("MailFrom", ""), yes], vec![outbox]),
        ([&sender[..], &[no]].concat(), vec![users, revocations, outbox]),
        ([&sender[..], &[wanted]].concat(), vec![users, &sessions, revocations, outbox]),
        ([&sender[..], &[yes]].concat(), vec![users, &sessions, revocations, outbox]),
    ] {
        let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        deployment.parameters = parameters.collect();
        assert_eq!(streams(&deployment).await, expected);
    }
    {
        let mut stored = backups.stored.lock().unwrap();
        for (table, view) in
            [("UsersTable", "NEW_IMAGE"), ("RevocationsTable", "KEYS_ONLY"), ("SessionsTable", "KEYS_ONLY")]
        {
            stored.streams.insert(table.to_owned(), view.to_owned());
        }
    }
    let expected = [
        "UsersTable: on, with NEW_IMAGE",
        "SessionsTable: on, with KEYS_ONLY",
        "RevocationsTable: it has KEYS_ONLY in the place of NEW_IMAGE",
        outbox,
    ];
    assert_eq!(streams(&deployment).await, expected);
}

#[tokio::test]
async fn a_table_that_never_becomes_active_is_named_and_not_waited_for() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    deployed.user("ada").await;
    backups.note(THEN).await;
    for state in ["INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVED"] {
        backups.stored.lock().unwrap().states.insert("UsersTable".to_owned(), (state, 9));
        let ran = deployed.run(&["restore", "tables", "--yes"]).await;
        assert!(ran.assert(1).stderr.contains(&format!("UsersTable is {state}")), "{ran:?}");
    }
    backups.stored.lock().unwrap().states.clear();
    // This copy is deleted while the command waits for it.
    let copy = format!("UsersTable-at-{THEN}");
    deployed.run(&[&ROWS[..], &["--dry-run"]].concat()).await.assert(0);
    backups.stored.lock().unwrap().states.insert(copy.clone(), ("UPDATING", 2));
    deployed.store.delete_table().table_name(&copy).send().await.unwrap();
    let ran = deployed.run(&ROWS).await;
    assert!(ran.assert(1).stderr.contains(&format!("{copy} is gone")), "{ran:?}");
}

#[tokio::test]
async fn a_table_without_a_backup_is_named_and_no_other_is_restored() {
    let mut deployed = Deployed::embedded().await;
    let backups = Backups::before(&mut deployed).await;
    for table in ["ClientsTable", "UsersTable"] {
        backups.stored.lock().unwrap().protected.remove(table);
        let aws = Client::new(&engine::config(&deployed.endpoint, ACCESS_KEY_ID));
        aws.delete_table().table_name(table).send().await.unwrap();
    }
    backups.stored.lock().unwrap().deleted.remove("UsersTable");
    let ran = deployed.run(&["restore", "tables", "--yes"]).await;
    assert!(ran.assert(3).stderr.contains("there is no backup of the table UsersTable"), "{ran:?}");
    let left = deployed.store.list_tables().send().await.unwrap().table_names.unwrap();
    assert_eq!(left.len(), TABLES.len() - 2);
}
