//! DynamoDB's operations on the embedded database. A request's operation name and JSON body become a call; its result
//! becomes the JSON of the answer.

use dynoxide::{Database, DynoxideError, Result};
use serde::{Serialize, de::DeserializeOwned};

use super::answer::Answer;

/// The header that names the operation.
pub(super) const TARGET: &str = "x-amz-target";
/// The longest body that DynamoDB accepts, in bytes.
pub(super) const MAX_BODY_LEN: usize = 16 * 1024 * 1024;
/// The prefixes of an operation's name in that header.
const PREFIXES: [&str; 2] = ["DynamoDB_20120810.", "DynamoDBStreams_20120810."];

/// Carries out the operation that the target names.
pub(super) fn carry_out(database: &Database, target: &str, body: &[u8]) -> Answer {
    if body.len() > MAX_BODY_LEN {
        return too_long();
    }
    let operation = PREFIXES.iter().find_map(|prefix| target.strip_prefix(prefix));
    let result = operation.and_then(|operation| Call { operation, body }.carry_out(database));
    match result {
        None => Answer::error("UnknownOperationException", None),
        Some(Ok(body)) => Answer::success(body),
        Some(Err(error)) => Answer { status: error.status_code(), body: error.to_json() },
    }
}

/// The answer to a body that is longer than DynamoDB accepts.
pub(super) fn too_long() -> Answer {
    Answer::error("SerializationException", None)
}

struct Call<'a> {
    operation: &'a str,
    body: &'a [u8],
}

impl Call<'_> {
    /// The result of the operation. `None` if there is no such operation.
    fn carry_out(&self, database: &Database) -> Option<Result<String>> {
        Some(match self.operation {
            "BatchExecuteStatement" => self.answer(|request| database.batch_execute_statement(request)),
            "BatchGetItem" => self.answer(|request| database.batch_get_item(request)),
            "BatchWriteItem" => self.answer(|request| database.batch_write_item(request)),
            "CreateTable" => self.answer(|request| database.create_table(request)),
            "DeleteItem" => self.answer(|request| database.delete_item(request)),
            "DeleteTable" => self.answer(|request| database.delete_table(request)),
            "DescribeStream" => self.answer(|request| database.describe_stream(request)),
            "DescribeTable" => self.answer(|request| database.describe_table(request)),
            "DescribeTimeToLive" => self.answer(|request| database.describe_time_to_live(request)),
            "ExecuteStatement" => self.answer(|request| database.execute_statement(request)),
            "ExecuteTransaction" => self.answer(|request| database.execute_transaction(request)),
            "GetItem" => self.answer(|request| database.get_item(request)),
            "GetRecords" => self.answer(|request| database.get_records(request)),
            "GetShardIterator" => self.answer(|request| database.get_shard_iterator(request)),
            "ListStreams" => self.answer(|request| database.list_streams(request)),
            "ListTables" => self.answer(|request| database.list_tables(request)),
            "ListTagsOfResource" => self.answer(|request| database.list_tags_of_resource(request)),
            "PutItem" => self.answer(|request| database.put_item(request)),
            "Query" => self.answer(|request| database.query(request)),
            "Scan" => self.answer(|request| database.scan(request)),
            "TagResource" => self.answer(|request| database.tag_resource(request)),
            "TransactGetItems" => self.answer(|request| database.transact_get_items(request)),
            "TransactWriteItems" => self.answer(|request| database.transact_write_items(request)),
            "UntagResource" => self.answer(|request| database.untag_resource(request)),
            "UpdateItem" => self.answer(|request| database.update_item(request)),
            "UpdateTable" => self.answer(|request| database.update_table(request)),
            "UpdateTimeToLive" => self.answer(|request| database.update_time_to_live(request)),
            _ => return None,
        })
    }

    fn answer<Q: DeserializeOwned, A: Serialize>(
        &self,
        operation: impl FnOnce(Q) -> Result<A>,
    ) -> Result<String> {
        // serde would also accept an array of the members.
        if !self.body.trim_ascii_start().starts_with(b"{") {
            return Err(DynoxideError::SerializationException(String::new()));
        }
        let request = serde_json::from_slice(self.body).map_err(|error| self.refusal(&error))?;
        let answer = operation(request)?;
        serde_json::to_string(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
    }

    /// DynamoDB's reason for rejecting such a request. The engine marks its own messages about values.
    fn refusal(&self, error: &serde_json::Error) -> DynoxideError {
        let text = error.to_string();
        let text = text.rsplit_once(" at line ").map_or(&*text, |(text, _)| text);
        if error.is_syntax() || error.is_eof() {
            return DynoxideError::SerializationException(String::new());
        }
        if let Some(message) = text.strip_prefix("VALIDATION_REQUEST:") {
            let is_counted = matches!(self.operation, "PutItem" | "UpdateItem" | "DeleteItem");
            let count = if is_counted { "1 validation error detected: " } else { "" };
            return DynoxideError::ValidationException(format!("{count}{message}"));
        }
        let after = |marks: [&str; 2]| marks.iter().find_map(|mark| text.strip_prefix(mark));
        if let Some(message) = after(["VALIDATION:", "VALIDATION_AS_READ:"]) {
            return DynoxideError::ValidationException(message.to_owned());
        }
        if let Some(message) = after(["SERIALIZATION:", "SERIALIZATION_AS_READ:"]) {
            return DynoxideError::SerializationException(message.to_owned());
        }
        // DynamoDB blames the format for a wrong type, and the request for a missing or unknown value.
        if text.contains("missing field")
            || text.contains("unknown variant")
            || text.contains("invalid type: null")
        {
            DynoxideError::ValidationException(text.to_owned())
        } else {
            DynoxideError::SerializationException(text.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn asked(database: &Database, operation: &str, body: &Value) -> (u16, Value) {
        let target = format!("DynamoDB_20120810.{operation}");
        let answer = carry_out(database, &target, body.to_string().as_bytes());
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    fn database() -> Database {
        let database = Database::memory().unwrap();
        let table = json!({
            "TableName": "Things",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "k", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "k", "KeyType": "HASH" }],
        });
        assert_eq!(asked(&database, "CreateTable", &table).0, 200);
        database
    }

    #[test]
    fn a_failed_condition_brings_the_item_back() {
        let database = database();
        let item = json!({ "k": { "S": "a" }, "n": { "N": "1" } });
        let put = json!({ "TableName": "Things", "Item": item });
        assert_eq!(asked(&database, "PutItem", &put), (200, json!({})));
        let update = json!({
            "TableName": "Things",
            "Key": { "k": { "S": "a" } },
            "UpdateExpression": "SET n = :next",
            "ConditionExpression": "n = :now",
            "ExpressionAttributeValues": { ":now": { "N": "7" }, ":next": { "N": "8" } },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        let (status, refused) = asked(&database, "UpdateItem", &update);
        assert_eq!(status, 400);
        assert!(refused["__type"].as_str().unwrap().ends_with("#ConditionalCheckFailedException"));
        assert_eq!(refused["Item"], item);
        let get = json!({ "TableName": "Things", "Key": { "k": { "S": "a" } }, "ConsistentRead": true });
        assert_eq!(asked(&database, "GetItem", &get).1["Item"], item);
    }

    #[test]
    fn an_unsupported_operation_is_unknown() {
        let database = database();
        let unknown = json!({ "__type": "com.amazon.coral.service#UnknownOperationException" });
        for target in ["DynamoDB_20120810.DescribeEndpoint", "DynamoDB_20120810.", "Logs_20140328.Query", ""]
        {
            let answer = carry_out(&database, target, b"{}");
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!((answer.status, &body), (400, &unknown), "{target}");
        }
    }

    #[test]
    fn a_request_that_can_not_be_read_is_refused_in_dynamodbs_words() {
        let database = database();
        let refused = |operation, body: &str| {
            let answer = carry_out(&database, &format!("DynamoDB_20120810.{operation}"), body.as_bytes());
            assert_eq!(answer.status, 400, "{body}");
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            let kind = body["__type"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
            let message = body.get("message").or(body.get("Message")).cloned().unwrap_or_default();
            (kind, message.as_str().unwrap_or_default().to_owned())
        };
        for body in ["", "{", "nonsense", "\u{0}"] {
            assert_eq!(
                refused("GetItem", body),
                ("SerializationException".to_owned(), String::new()),
                "{body}"
            );
        }
        for body in ["[]", r#"{"TableName": 1, "Key": {}}"#] {
            assert_eq!(refused("GetItem", body).0, "SerializationException", "{body}");
        }
        let (kind, message) = refused("PutItem", r#"{"TableName": "Things", "Item": {"k": {"N": "x"}}}"#);
        assert_eq!(kind, "ValidationException");
        assert!(!message.contains(" at line ") && !message.contains("VALIDATION"), "{message}");
    }
}
