//! The Lambda function in front of every protected endpoint.

use authorizer::Authorizer;
use lambda_http::{Error, lambda_runtime, service_fn};
use shared::{context::Context, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["authorizer"]);
    let authorizer = Authorizer::start(&Context::of_process()?).await?;
    lambda_runtime::run(service_fn(|event| authorizer.invoke(event))).await
}
