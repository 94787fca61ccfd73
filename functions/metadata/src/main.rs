//! The Lambda function behind `GET /.well-known/…`.

use lambda_http::{Error, Request, run, service_fn};
use metadata::Metadata;
use shared::{logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let metadata = Metadata::start(&Surroundings::of_process().await).await?;
    let metadata = &metadata;
    run(service_fn(|request: Request| async move { Ok::<_, Error>(metadata.handle(&request).await) })).await
}
