//! The stream of the outbox.
//!
//! DynamoDB Local has streams, so with `LATCHGATE_TEST_ENDPOINT` set the records are its own. The embedded engine has
//! none: there they are ours, one for each row.

use aws_sdk_dynamodb::types::{StreamSpecification, StreamViewType};
use serde_json::{Value, json};
use shared::store::attribute;

use super::{Api, Change, aws, stream_event, which_engine::is_dynamodb_local};

/// How often an open shard is read until its records are all there.
const READS: usize = 5;

/// The stream of a deployment's outbox.
pub(crate) struct Stream<'a> {
    api: &'a Api,
    /// The store's own stream.
    arn: Option<String>,
}

impl Api {
    /// Turns the stream of the outbox on, as it is in the stack.
    pub(crate) async fn stream(&self) -> Stream<'_> {
        let arn = if is_dynamodb_local() { Some(self.turn_stream_on().await) } else { None };
        Stream { api: self, arn }
    }

    async fn turn_stream_on(&self) -> String {
        let keys_only = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::KeysOnly)
            .build()
            .unwrap();
        let update = self.store.update_table().table_name(&self.deployment.tables["MailsTable"]);
        let updated = update.stream_specification(keys_only).send().await.unwrap();
        updated.table_description.unwrap().latest_stream_arn.unwrap()
    }
}

impl Stream<'_> {
    /// All records from the beginning on, as Lambda hands them over.
    pub(crate) async fn records(&self) -> Vec<Value> {
        let Some(arn) = &self.arn else {
            let rows = self.api.items("MailsTable").await;
            let keys: Vec<_> = rows.iter().map(|row| row[attribute::MAILBOX].as_s().unwrap()).collect();
            let mut event = stream_event(keys.into_iter().map(|key| (Change::Insert, key.as_str())));
            return event["Records"].as_array_mut().unwrap().drain(..).collect();
        };
        let description = self.ask("DescribeStream", json!({ "StreamArn": arn })).await;
        let mut records = Vec::new();
        for shard in description["StreamDescription"]["Shards"].as_array().unwrap() {
            records.extend(self.records_of(arn, &shard["ShardId"]).await);
        }
        records
    }

    async fn records_of(&self, arn: &str, shard: &Value) -> Vec<Value> {
        let beginning = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let mut iterator = self.ask("GetShardIterator", beginning).await["ShardIterator"].take();
        let mut records = Vec::new();
        for _ in 0..READS {
            let mut read = self.ask("GetRecords", json!({ "ShardIterator": iterator })).await;
            records.append(read["Records"].as_array_mut().unwrap());
            iterator = read["NextShardIterator"].take();
            if iterator.is_null() {
                break;
            }
        }
        records
    }

    async fn ask(&self, operation: &str, input: Value) -> Value {
        let target = format!("DynamoDBStreams_20120810.{operation}");
        aws::ask(&self.api.endpoint, "dynamodb", Some(&target), &input).await
    }
}
