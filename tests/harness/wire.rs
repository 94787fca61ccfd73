//! Requests to AWS services and their answers on the wire: HTTP/1.1 with JSON.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpStream,
};

const TARGET: &str = "x-amz-target";
/// A header with the same value for every attempt at a call.
const INVOCATION: &str = "amz-sdk-invocation-id";

/// A request of the SDK.
pub(super) struct WireRequest {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) invocation: String,
    /// Like `DynamoDB_20120810.GetItem`.
    target: String,
}

impl WireRequest {
    /// Reads a request. `None` if the other side closes the connection.
    pub(super) async fn read(client: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut headers = HeaderMap::new();
        // The request line is always `POST / HTTP/1.1`.
        line(client).await?;
        loop {
            let line = line(client).await?;
            let Some((name, value)) = line.split_once(':') else { break };
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.insert(name, HeaderValue::from_str(value.trim()).unwrap());
        }
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        let length = text("content-length").parse().unwrap();
        let (target, invocation) = (text(TARGET), text(INVOCATION));
        // These headers belong to this connection alone.
        for own in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION] {
            headers.remove(own);
        }
        let mut body = vec![0; length];
        client.read_exact(&mut body).await.ok()?;
        Some(Self { headers, body, invocation, target })
    }

    pub(super) fn is_transaction(&self) -> bool {
        self.target.ends_with(".TransactWriteItems")
    }

    pub(super) fn is_of_secrets(&self) -> bool {
        self.target.starts_with("secretsmanager.")
    }

    /// The name of the call, like `GetItem Sessions`. For an update it includes the change:
    /// `UpdateItem Users SET not_before`. For a transaction on one table it lists the writes, as in
    /// `ConditionCheckItem+PutItem Keys`, and for one on several tables the names of the writes:
    /// `UpdateItem Mails REMOVE mail_id & PutItem Users`.
    pub(super) fn name(&self, tables: &BTreeMap<String, String>) -> String {
        let (_, operation) = self.target.split_once('.').unwrap();
        if self.is_of_secrets() {
            return format!("{operation} Keyset");
        }
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let Some(writes) = body["TransactItems"].as_array() else {
            return name(operation, &body, tables);
        };
        let writes: Vec<_> = writes.iter().flat_map(|write| write.as_object().unwrap()).collect();
        let first = writes[0].1["TableName"].as_str().unwrap();
        if writes.iter().any(|(_, write)| write["TableName"] != first) {
            let names =
                writes.iter().map(|(operation, write)| name(&format!("{operation}Item"), write, tables));
            return names.collect::<Vec<_>>().join(" & ");
        }
        let operations: Vec<_> = writes.iter().map(|(operation, _)| format!("{operation}Item")).collect();
        format!("{} {}", operations.join("+"), tables.get(first).map_or("?", String::as_str))
    }
}

/// The name of one operation.
fn name(operation: &str, input: &Value, tables: &BTreeMap<String, String>) -> String {
    let table = input["TableName"].as_str().and_then(|name| tables.get(name));
    let changed = input["UpdateExpression"].as_str().map(changed).unwrap_or_default();
    format!("{operation} {}{changed}", table.map_or("?", String::as_str))
}

/// Each clause of an update expression, with its first attribute.
fn changed(expression: &str) -> String {
    let mut words = expression.split([' ', ',']).filter(|word| !word.is_empty());
    let mut changed = String::new();
    while let Some(word) = words.next() {
        if ["SET", "REMOVE", "ADD", "DELETE"].contains(&word) {
            let attribute = words.next().unwrap_or_default().trim_start_matches('#');
            changed = format!("{changed} {word} {attribute}");
        }
    }
    changed
}

/// A line without its end.
async fn line(client: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = client.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}

/// A service's answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// An exception with this name.
    pub(super) fn error(status: u16, name: &str) -> Self {
        let body = json!({ "__type": format!("com.amazonaws#{name}"), "message": "a fault of the test" });
        Self { status, body: body.to_string().into_bytes() }
    }

    /// That of a transaction which was cancelled for this reason.
    pub(super) fn cancelled(reason: &str) -> Self {
        let body = json!({
            "__type": "com.amazonaws#TransactionCanceledException",
            "message": "a fault of the test",
            "CancellationReasons": [{ "Code": reason }],
        });
        Self { status: 400, body: body.to_string().into_bytes() }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Self { status, body } = self;
        let head = format!(
            "HTTP/1.1 {status} \r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    }
}
