//! The Lambda function behind `GET /.well-known/…`.

use lambda_http::Error;
use metadata::Metadata;
use shared::{context::Context, http, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["metadata"]);
    let metadata = Metadata::start(&Context::of_process()?).await?;
    let metadata = &metadata;
    http::run(|request| async move { metadata.handle(&request).await }).await
}
