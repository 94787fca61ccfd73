//! A function that reads a row, built as the documentation of the SDK and the runtime shows.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = &Client::new(&aws_config::load_from_env().await);
    let (table, key, row) = (&std::env::var("TABLE")?, &std::env::var("KEY")?, &std::env::var("ROW")?);
    run(service_fn(|_: Request| async move {
        let found =
            client.get_item().table_name(table).key(key, AttributeValue::S(row.clone())).send().await?;
        let attributes = found.item.ok_or("no row")?.len();
        Ok::<_, Error>(Response::new(Body::Text(attributes.to_string())))
    }))
    .await
}
