//! The SDK in this process and a program at the endpoint get the same answers.

use std::{collections::BTreeMap, path::PathBuf};

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{
        AttributeDefinition,
        AttributeValue::{self, N, S},
        BillingMode, KeySchemaElement, KeyType, ReturnValuesOnConditionCheckFailure, ScalarAttributeType,
    },
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::*;

const KEY: &str = "KEY";

/// An answer, with its meaningful headers.
#[derive(Debug, PartialEq)]
struct Said {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Said {
    /// The answer without the parts that differ at each call.
    fn new(status: u16, headers: impl Iterator<Item = (String, String)>, body: &[u8]) -> Self {
        let mut headers: BTreeMap<String, String> = headers.collect();
        headers.remove("date");
        // The length is part of HTTP, not of the answer.
        let len = headers.remove("content-length").map(|len| len.parse::<usize>().unwrap());
        assert_eq!(len.unwrap_or(body.len()), body.len());
        let mut body: Value = serde_json::from_slice(body).unwrap();
        for about in ["Table", "TableDescription"] {
            for other in ["CreationDateTime", "TableId"] {
                if let Some(about) = body.get_mut(about).and_then(Value::as_object_mut) {
                    about.remove(other);
                }
            }
        }
        Self { status, headers, body }
    }

    async fn over_http(address: SocketAddr, target: &str, body: Vec<u8>) -> Self {
        let signature = format!("AWS4-HMAC-SHA256 Credential={KEY}/20260101/local/dynamodb/aws4_request");
        let request = reqwest::Client::new().post(format!("http://{address}/"));
        let request = request.header("authorization", signature).header(operations::TARGET, target);
        let response = request.body(body).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let headers =
            headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Self::new(status, headers, &response.bytes().await.unwrap())
    }

    async fn in_process(connector: &Connector, target: &str, body: Vec<u8>) -> Self {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.headers_mut().insert(operations::TARGET, target.to_owned());
        let response = connector.call(request).await.unwrap();
        let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self::new(response.status().as_u16(), headers, response.body().bytes().unwrap())
    }
}

/// The stack's requests to a store, and faulty ones, ordered so that each finds the items that it needs.
fn requests() -> Vec<(&'static str, Vec<u8>)> {
    let table = json!({
        "TableName": "Things",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "k", "AttributeType": "S" },
            { "AttributeName": "s", "AttributeType": "S" },
        ],
        "KeySchema": [
            { "AttributeName": "k", "KeyType": "HASH" },
            { "AttributeName": "s", "KeyType": "RANGE" },
        ],
    });
    let key = json!({ "k": { "S": "a" }, "s": { "S": "b" } });
    let item = |n: u32| json!({ "k": { "S": "a" }, "s": { "S": "b" }, "n": { "N": n.to_string() }, "t": { "S": "ü\u{1f511}\"" } });
    let long = |len: usize| {
        let text = "x".repeat(len);
        json!({ "TableName": "Things", "Item": { "k": { "S": "long" }, "s": { "S": "x" }, "t": { "S": text } } })
    };
    let put = |item: Value| json!({ "TableName": "Things", "Item": item });
    let get = |table: &str, key: &Value| json!({ "TableName": table, "Key": key, "ConsistentRead": true });
    let update = |from: u32| {
        json!({
            "TableName": "Things",
            "Key": key,
            "UpdateExpression": "SET n = :next",
            "ConditionExpression": "n = :now",
            "ExpressionAttributeValues": {
                ":now": { "N": from.to_string() },
                ":next": { "N": (from + 1).to_string() },
            },
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnConsumedCapacity": "TOTAL",
        })
    };
    let query = json!({
        "TableName": "Things",
        "KeyConditionExpression": "k = :k AND begins_with(s, :s)",
        "ExpressionAttributeValues": { ":k": { "S": "a" }, ":s": { "S": "b" } },
    });
    let both = |exists: &str| {
        let check = json!({ "TableName": "Things", "Key": key, "ConditionExpression": exists });
        let put = put(json!({ "k": { "S": "c" }, "s": { "S": "d" } }));
        json!({ "TransactItems": [{ "Put": put }, { "ConditionCheck": check }] })
    };
    let text = |value: Value| value.to_string().into_bytes();
    let ttl = json!({
        "TableName": "Things",
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "e" },
    });
    vec![
        ("CreateTable", text(table.clone())),
        ("CreateTable", text(table)),
        ("DescribeTable", text(json!({ "TableName": "Things" }))),
        ("UpdateTimeToLive", text(ttl)),
        ("ListTables", text(json!({}))),
        ("PutItem", text(put(item(1)))),
        ("GetItem", text(get("Things", &key))),
        ("GetItem", text(get("Things", &json!({ "k": { "S": "z" }, "s": { "S": "z" } })))),
        ("GetItem", text(get("Nothing", &key))),
        ("GetItem", text(get("Things", &json!({ "k": { "S": "a" } })))),
        ("UpdateItem", text(update(1))),
        ("UpdateItem", text(update(1))),
        ("Query", text(query)),
        ("TransactWriteItems", text(both("attribute_exists(k)"))),
        ("TransactWriteItems", text(both("attribute_not_exists(k)"))),
        ("Scan", text(json!({ "TableName": "Things", "Select": "COUNT" }))),
        ("PutItem", text(long(390_000))),
        ("GetItem", text(get("Things", &json!({ "k": { "S": "long" }, "s": { "S": "x" } })))),
        ("PutItem", text(long(410_000))),
        ("PutItem", text(put(json!({ "k": { "N": "x" }, "s": { "S": "b" } })))),
        ("PutItem", text(long(operations::MAX_BODY_LEN))),
        ("DeleteItem", text(json!({ "TableName": "Things", "Key": key, "ReturnValues": "ALL_OLD" }))),
        ("DropTable", text(json!({ "TableName": "Things" }))),
        ("", b"{}".to_vec()),
        ("GetItem", b"{".to_vec()),
        ("GetItem", b"[]".to_vec()),
        ("GetItem", b"".to_vec()),
        ("GetItem", b"{\"TableName\":\"\xff\"}".to_vec()),
        ("GetItem", b"{\"TableName\":7}".to_vec()),
    ]
}

#[tokio::test]
async fn the_sdk_in_the_process_and_the_endpoint_get_the_same_answers() {
    let engine = Engine::start(None, AccessKeyId::new(KEY)).await.unwrap();
    let connector = Connector::start(Database::memory().unwrap()).unwrap();
    let mut statuses = Vec::new();
    for (operation, body) in requests() {
        let target = format!("DynamoDB_20120810.{operation}");
        let over_http = Said::over_http(engine.address, &target, body.clone()).await;
        let begin = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        let in_process = Said::in_process(&connector, &target, body).await;
        assert_eq!(in_process, over_http, "{operation} {begin}");
        statuses.push(over_http.status);
    }
    let refused = statuses.iter().filter(|status| **status == 400).count();
    assert_eq!((statuses.len(), refused), (29, 15), "{statuses:?}");
}

/// A database file in a temporary folder, removed with it.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("latchgate-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.join("store.db"))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

async fn create_table(client: &Client) {
    let attribute = AttributeDefinition::builder().attribute_name("k").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("k").key_type(KeyType::Hash);
    let table = client.create_table().table_name("Things").billing_mode(BillingMode::PayPerRequest);
    let table = table.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    table.send().await.unwrap();
    let put = client.put_item().table_name("Things").item("k", S("a".to_owned()));
    put.item("n", N("1".to_owned())).send().await.unwrap();
}

/// Moves the item from generation 1 to this one. If another call was first, the error is the generation it wrote.
async fn take(client: Client, to: usize) -> Result<(), AttributeValue> {
    let update = client
        .update_item()
        .table_name("Things")
        .key("k", S("a".to_owned()))
        .update_expression("SET n = :next")
        .condition_expression("n = :now")
        .expression_attribute_values(":now", N("1".to_owned()))
        .expression_attribute_values(":next", N(to.to_string()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match update.send().await.map_err(SdkError::into_service_error) {
        Ok(_) => Ok(()),
        Err(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Err(failed.item.unwrap()["n"].clone())
        }
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_fifty_concurrent_updates_succeeds_and_the_others_see_it() {
    let file = File::new("fifty");
    for path in [None, Some(&*file.0)] {
        let engine = Engine::start(path, AccessKeyId::new(KEY)).await.unwrap();
        create_table(&engine.client).await;
        let mut updates = JoinSet::new();
        for n in 2..52 {
            let client = engine.client.clone();
            updates.spawn(async move { (n, take(client, n).await) });
        }
        let ended = updates.join_all().await;
        let won: Vec<usize> = ended.iter().filter(|(_, end)| end.is_ok()).map(|(n, _)| *n).collect();
        let [winner] = won[..] else { panic!("{won:?}") };
        let seen = ended.into_iter().filter_map(|(_, end)| end.err());
        assert!(seen.into_iter().all(|seen| seen == N(winner.to_string())));
        // Other programs see the item at the endpoint.
        let others = Client::new(&config(&engine.endpoint(), KEY));
        let item = others.get_item().table_name("Things").key("k", S("a".to_owned())).send().await.unwrap();
        assert_eq!(item.item.unwrap()["n"], N(winner.to_string()));
    }
}

#[tokio::test]
async fn a_request_is_carried_out_even_if_its_caller_stops_waiting() {
    let connector = Connector::start(Database::memory().unwrap()).unwrap();
    let ask = |operation: usize| {
        let (name, body) = requests().swap_remove(operation);
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.headers_mut().insert(operations::TARGET, format!("DynamoDB_20120810.{name}"));
        connector.call(request)
    };
    drop(ask(0));
    drop(ask(5));
    let found = ask(6).await.unwrap();
    assert!(String::from_utf8_lossy(found.body().bytes().unwrap()).contains("Item"));
}

/// Records the names of the headers that it is sent.
#[derive(Clone, Debug)]
struct Recorder(std::sync::mpsc::Sender<Vec<String>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut names: Vec<String> = request.headers().iter().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        self.0.send(names).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"))))
    }
}

#[tokio::test]
async fn the_store_is_sent_no_signature_and_nothing_that_it_does_not_read() {
    let (sender, sent) = std::sync::mpsc::channel();
    in_process::client(Recorder(sender)).list_tables().send().await.unwrap();
    assert_eq!(sent.recv().unwrap(), ["content-length", "content-type", "x-amz-target"]);
}
