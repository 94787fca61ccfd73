//! The callers that may use the store.

use aws_sdk_dynamodb::{Client, error::ProvideErrorMetadata};
use local::engine;

use crate::{
    running::Running,
    wire::{Raw, send},
};

const POST: &str = "POST / HTTP/1.1";
const JSON: &str = "Content-Type: application/x-amz-json-1.0";
const LIST: &str = "X-Amz-Target: DynamoDB_20120810.ListTables";

fn signed(key: &str) -> String {
    format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/dynamodb/aws4_request, Signature=x"
    )
}

#[track_caller]
fn assert_silent(raw: &Raw) {
    assert_eq!((raw.status, raw.body.as_str()), (403, ""), "{raw:?}");
    assert!(!raw.is_open_to_pages(), "{raw:?}");
}

#[test]
fn no_web_page_gets_an_answer_from_the_store() {
    let running = Running::start(&[]);
    let (url, key) = (running.text("dynamodb_endpoint"), signed(running.text("dynamodb_access_key_id")));
    let (host, port) =
        (format!("Host: {}", url.trim_start_matches("http://")), url.rsplit_once(':').unwrap().1);
    let raw = send(url, &[POST, &host, JSON, LIST, &key], "{}");
    assert!(raw.status == 200 && raw.body.contains("ClientsTable") && !raw.is_open_to_pages(), "{raw:?}");

    // Pages are refused even with the key.
    for origin in
        ["http://evil.example", "null", "http://localhost:3000", &format!("http://127.0.0.1:{port}"), ""]
    {
        let origin = format!("Origin: {origin}");
        assert_silent(&send(url, &[POST, &host, JSON, LIST, &key, &origin], "{}"));
        assert_silent(&send(url, &["GET / HTTP/1.1", &host, &origin], ""));
        let asks = "Access-Control-Request-Method: POST";
        let headers = "Access-Control-Request-Headers: x-amz-target,authorization";
        assert_silent(&send(url, &["OPTIONS / HTTP/1.1", &host, &origin, asks, headers], ""));
    }
    for other in ["evil.example", "localhost.evil.example", "10.0.2.2", ""] {
        let other = format!("Host: {other}:{port}");
        assert_silent(&send(url, &[POST, &other, JSON, LIST, &key], "{}"));
        assert_silent(&send(url, &["GET / HTTP/1.1", &other], ""));
    }
    assert_silent(&send(url, &[POST, JSON, LIST, &key], "{}"));
    assert_silent(&send(url, &[POST, &host, &host, JSON, LIST, &key], "{}"));
    assert_silent(&send(url, &["POST http://evil.example/ HTTP/1.1", &host, JSON, LIST, &key], "{}"));
    for host in
        [format!("Host: LOCALHOST.:{port}"), "Host: localhost:1".to_owned(), format!("Host: [::1]:{port}")]
    {
        assert_eq!(send(url, &[POST, &host, JSON, LIST, &key], "{}").status, 200, "{host}");
    }
    assert_eq!(send(url, &["GET / HTTP/1.1", &host], "").status, 404);
    assert_eq!(send(url, &["OPTIONS / HTTP/1.1", &host], "").status, 404);
}

#[tokio::test]
async fn the_access_key_id_is_another_at_each_start_and_opens_the_store() {
    let (first, second) = (Running::start(&[]), Running::start(&[]));
    let (key, other) = (first.text("dynamodb_access_key_id"), second.text("dynamodb_access_key_id"));
    assert_ne!(key, other);
    let endpoint = first.text("dynamodb_endpoint");
    let list = async |key: &str| {
        let listed = Client::new(&engine::config(endpoint, key)).list_tables().send().await;
        listed.map(|tables| tables.table_names().len()).map_err(|error| error.code().unwrap().to_owned())
    };
    assert_eq!(list(key).await, Ok(9));
    for wrong in [other, "local", &key.to_lowercase()] {
        assert_eq!(list(wrong).await, Err("UnrecognizedClientException".to_owned()), "{wrong}");
    }
    let host = format!("Host: {}", endpoint.trim_start_matches("http://"));
    let unsigned = send(endpoint, &[POST, &host, JSON, LIST], "{}");
    assert_eq!(unsigned.status, 400);
    assert!(unsigned.body.contains("#MissingAuthenticationTokenException"), "{unsigned:?}");
    let unknown = "X-Amz-Target: DynamoDB_20120810.DropTable";
    let unknown = send(endpoint, &[POST, &host, JSON, unknown, &signed(key)], "{}");
    assert!(unknown.status == 400 && unknown.body.contains("#UnknownOperationException"), "{unknown:?}");
}
