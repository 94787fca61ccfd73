//! What a stranger can see of a request.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::{route, store::attribute};

use crate::harness::{Api, Log, Reply, Stored, waves};

/// What a stranger can see of a request, and what it left behind.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
    pub(super) body_len: usize,
    pub(super) calls: Vec<Vec<String>>,
    pub(super) units: Vec<Option<f64>>,
    /// The request's rows in Mails, and the other tables as they are.
    pub(super) rows: Vec<BTreeMap<String, String>>,
    pub(super) others: Stored,
    pub(super) events: Vec<BTreeMap<String, String>>,
}

/// The same text for texts of one length.
fn length_of(text: &str) -> String {
    format!("<{}>", text.len())
}

/// A row without its random values, the address itself, and earlier requests.
fn shape_of_row(row: BTreeMap<String, AttributeValue>) -> BTreeMap<String, String> {
    let differ = [attribute::MAILBOX, attribute::ADDRESS, attribute::MAIL_ID, attribute::UNSENT];
    let shape = |(name, value): (String, AttributeValue)| {
        let shown = match &value {
            AttributeValue::S(text) if differ.contains(&name.as_str()) => length_of(text),
            AttributeValue::L(instants) if name == attribute::QUOTA => format!("{:?}, ...", instants[0]),
            other => format!("{other:?}"),
        };
        (name, shown)
    };
    row.into_iter().map(shape).collect()
}

/// A line of the log without what differs in each request.
fn shape_of_line(line: &Value) -> BTreeMap<String, String> {
    let fields = line.as_object().unwrap().iter();
    let differ = ["request_id", "lambda_request_id", "mailbox", "timestamp"];
    fields
        .map(|(name, value)| {
            let is_other = differ.contains(&name.as_str()) || name.ends_with("_ms");
            (name.clone(), if is_other { String::new() } else { value.to_string() })
        })
        .collect()
}

/// Sends a request from this state, and looks at everything that it did.
pub(super) async fn look(api: &Api, before: &Stored, send: impl AsyncFnOnce() -> Reply) -> Seen {
    // The client's record is in the cache then.
    api.ask(route::FORGOT, "first@example.com").await;
    api.restore(before).await;
    api.calls.take();
    let (log, guard) = Log::listen();
    let reply = send().await;
    drop(guard);
    let calls = api.calls.take();
    let mut others = api.stored().await;
    let rows = others.remove("MailsTable").unwrap();
    let is_new = |row: &BTreeMap<_, _>| !before["MailsTable"].contains(row);
    let mut rows: Vec<_> = rows.into_iter().filter(is_new).map(shape_of_row).collect();
    rows.sort();
    // The gateway numbers its answers.
    let differ = ["date", "x-amzn-requestid", "x-amz-apigw-id", "apigw-requestid"];
    let headers = reply.headers.iter().filter(|(name, _)| !differ.contains(&name.as_str()));
    let mut body = reply.body.clone();
    if let Some(request) = body.get("request").and_then(Value::as_str).map(length_of) {
        body["request"] = json!(request);
    }
    Seen {
        status: reply.status,
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body,
        body_len: reply.body.to_string().len(),
        calls: waves(&calls).iter().map(|wave| wave.iter().map(|&name| name.to_owned()).collect()).collect(),
        units: calls.iter().map(|call| call.units).collect(),
        rows,
        others,
        events: log.take().iter().map(shape_of_line).collect(),
    }
}

/// What the stranger sees of it, and how long it takes.
#[derive(Debug, PartialEq)]
pub(super) struct Visible {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
    body_len: usize,
    calls: Vec<Vec<String>>,
}

impl From<Seen> for Visible {
    fn from(seen: Seen) -> Self {
        let Seen { status, headers, body, body_len, calls, .. } = seen;
        Self { status, headers, body, body_len, calls }
    }
}
