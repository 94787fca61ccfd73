//! Removes old records from the streams in a database file. The engine itself keeps every record, and the file would grow
//! by one with each write.

use dynoxide::Database;
use rusqlite::{Connection, OpenFlags};

/// The records that DynamoDB would have removed: those of more than a day ago. Their times are in seconds.
const TRIM: &str = "DELETE FROM _stream_records WHERE created_at < unixepoch() - 24 * 60 * 60";

/// Why a file's streams could not be trimmed.
#[derive(Debug, thiserror::Error)]
pub(super) enum TrimError {
    /// The engine doesn't say which file it is.
    #[error(transparent)]
    Engine(#[from] dynoxide::DynoxideError),
    /// The file refused the deletion.
    #[error(transparent)]
    File(#[from] rusqlite::Error),
}

/// Removes the records that are older than a day, and returns their number. A database in memory keeps them until the
/// process ends. The engine has no operation for this, so a second connection does it, and waits for the engine's
/// writes.
///
/// # Errors
///
/// [`TrimError`], if the file can't be opened or written.
pub(super) fn trim(database: &Database) -> Result<usize, TrimError> {
    let Some(path) = database.db_path()? else { return Ok(0) };
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    Ok(file.execute(TRIM, [])?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::{
            operations,
            streams::{Place, Streams},
        },
        *,
    };

    fn ask(database: &Database, operation: &str, body: &Value) {
        let target = format!("DynamoDB_20120810.{operation}");
        let answer = operations::carry_out(database, &target, body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn put(database: &Database, key: &str) {
        ask(database, "PutItem", &json!({ "TableName": "Things", "Item": { "k": { "S": key } } }));
    }

    async fn keys(streams: &Streams, after: &Place) -> Vec<String> {
        let records = streams.read("Things", after, 10).await.unwrap();
        let key = |record: &Value| record["dynamodb"]["Keys"]["k"]["S"].as_str().unwrap().to_owned();
        records.iter().map(key).collect()
    }

    #[tokio::test]
    async fn records_of_more_than_a_day_ago_are_gone_and_reading_goes_on() {
        let folder = std::env::temp_dir().join(format!("latchgate-trim-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("store.db");
        let database = Database::new(path.to_str().unwrap()).unwrap();
        let table = json!({
            "TableName": "Things",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "k", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "k", "KeyType": "HASH" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        });
        ask(&database, "CreateTable", &table);
        for key in ["1", "2", "3"] {
            put(&database, key);
        }
        let streams = Streams::new(database.clone());
        let all = streams.read("Things", &Place::default(), 10).await.unwrap();
        assert_eq!(trim(&database).unwrap(), 0, "they are new");
        let age = |key: &str, seconds: u32| {
            let file = Connection::open(&path).unwrap();
            let sql = "UPDATE _stream_records SET created_at = created_at - ?1 WHERE keys_json LIKE ?2";
            assert_eq!(file.execute(sql, (seconds, format!("%\"{key}\"%"))).unwrap(), 1);
        };
        age("1", 86_500);
        age("2", 86_000);
        assert_eq!(trim(&database).unwrap(), 1);
        assert_eq!(keys(&streams, &Place::default()).await, ["2", "3"]);
        assert_eq!(keys(&streams, &Place::behind(&all[0])).await, ["2", "3"], "behind a removed one");
        age("2", 86_500);
        age("3", 86_500);
        assert_eq!(trim(&database).unwrap(), 2);
        put(&database, "4");
        assert_eq!(keys(&streams, &Place::behind(&all[2])).await, ["4"], "nothing is numbered again");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_database_in_memory_has_nothing_to_trim() {
        assert_eq!(trim(&Database::memory().unwrap()).unwrap(), 0);
    }
}
