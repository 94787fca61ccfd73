//! The streams of the embedded store's tables.

use std::fmt;

use dynoxide::Database;
use serde_json::{Value, json};

use super::operations;

/// The prefix of an operation's name, as a request for it has it.
const PREFIX: &str = "DynamoDBStreams_20120810.";

/// Reads the streams of tables.
#[derive(Clone)]
pub struct Streams {
    database: Database,
}

/// A place in a stream: behind a record, or at the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(Option<String>);

/// Errors from reading a stream.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The table has no stream.
    #[error("{0} has no stream")]
    Off(String),
    /// The store refused an operation.
    #[error("{operation}: {answer}")]
    Refused {
        /// The operation.
        operation: &'static str,
        /// The store's answer.
        answer: String,
    },
    /// The thread that reads it ended.
    #[error("the reader ended")]
    Ended,
}

impl Place {
    /// The place behind this record.
    pub fn behind(record: &Value) -> Self {
        Self(sequence_number(record).map(str::to_owned))
    }
}

impl Streams {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// The next records of a table's stream, in the form of Lambda's events: at most `limit`, oldest first.
    ///
    /// # Errors
    ///
    /// [`StreamError`], if the table has no stream, or the store fails.
    pub async fn read(&self, table: &str, after: &Place, limit: usize) -> Result<Vec<Value>, StreamError> {
        let (streams, table, after) = (self.clone(), table.to_owned(), after.clone());
        let reading = tokio::task::spawn_blocking(move || streams.records(&table, &after, limit));
        reading.await.map_err(|_| StreamError::Ended)?
    }

    fn records(&self, table: &str, after: &Place, limit: usize) -> Result<Vec<Value>, StreamError> {
        let off = || StreamError::Off(table.to_owned());
        let streams = self.ask("ListStreams", &json!({ "TableName": table }))?;
        let arn = streams["Streams"][0]["StreamArn"].as_str().ok_or_else(off)?;
        let described = self.ask("DescribeStream", &json!({ "StreamArn": arn }))?;
        // The embedded store has one shard for each table.
        let shard = described["StreamDescription"]["Shards"][0]["ShardId"].as_str().ok_or_else(off)?;
        let mut from = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(number) = &after.0 {
            from["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            from["SequenceNumber"] = number.as_str().into();
        }
        let iterator = self.ask("GetShardIterator", &from)?;
        let next = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": limit });
        let mut records = self.ask("GetRecords", &next)?;
        let mut records: Vec<Value> =
            records["Records"].as_array_mut().map(std::mem::take).unwrap_or_default();
        for record in &mut records {
            record["eventSourceARN"] = arn.into();
        }
        Ok(records)
    }

    fn ask(&self, operation: &'static str, body: &Value) -> Result<Value, StreamError> {
        let target = format!("{PREFIX}{operation}");
        let answer = operations::carry_out(&self.database, &target, body.to_string().as_bytes());
        let refused = |answer: String| StreamError::Refused { operation, answer };
        if answer.status != 200 {
            return Err(refused(answer.body));
        }
        serde_json::from_str(&answer.body).map_err(|error| refused(error.to_string()))
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streams")
    }
}

/// The sequence number of a record.
pub fn sequence_number(record: &Value) -> Option<&str> {
    record.get("dynamodb")?.get("SequenceNumber")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(database: &Database, operation: &str, body: &Value) {
        let target = format!("DynamoDB_20120810.{operation}");
        let answer = operations::carry_out(database, &target, body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// A table with this stream, and three changes of one row.
    fn changed(stream: &Value) -> Streams {
        let database = Database::memory().unwrap();
        let table = json!({
            "TableName": "Things",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "k", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "k", "KeyType": "HASH" }],
            "StreamSpecification": stream,
        });
        ask(&database, "CreateTable", &table);
        for notice in ["a", "b"] {
            let item = json!({ "k": { "S": "1" }, "notice": { "S": notice } });
            ask(&database, "PutItem", &json!({ "TableName": "Things", "Item": item }));
        }
        ask(&database, "DeleteItem", &json!({ "TableName": "Things", "Key": { "k": { "S": "1" } } }));
        Streams::new(database)
    }

    #[tokio::test]
    async fn records_come_in_order_from_a_place_on_in_the_form_of_lambdas_events() {
        let streams = changed(&json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" }));
        let all = streams.read("Things", &Place::default(), 10).await.unwrap();
        let names: Vec<_> = all.iter().map(|record| record["eventName"].as_str().unwrap()).collect();
        assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
        assert_eq!(all[0]["dynamodb"]["Keys"], json!({ "k": { "S": "1" } }));
        assert_eq!(all[1]["dynamodb"]["NewImage"]["notice"], json!({ "S": "b" }));
        assert!(all[0]["eventSourceARN"].as_str().unwrap().contains("table/Things/stream/"));
        assert_eq!(streams.read("Things", &Place::default(), 2).await.unwrap(), all[..2]);
        assert_eq!(streams.read("Things", &Place::behind(&all[0]), 10).await.unwrap(), all[1..]);
        assert!(streams.read("Things", &Place::behind(&all[2]), 10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_table_without_a_stream_has_no_records() {
        let streams = changed(&json!({ "StreamEnabled": false }));
        for table in ["Things", "Others"] {
            let read = streams.read(table, &Place::default(), 10).await;
            assert!(matches!(read, Err(StreamError::Off(name)) if name == table));
        }
    }
}
