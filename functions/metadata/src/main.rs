//! The Lambda function behind `GET /.well-known/…`.

use lambda_http::Error;
use metadata::Metadata;
use shared::{http, logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let metadata = Metadata::start(&Surroundings::of_process()?).await?;
    let metadata = &metadata;
    http::run(|request| async move { metadata.handle(&request).await }).await
}
